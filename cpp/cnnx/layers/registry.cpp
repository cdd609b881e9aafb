// The layers there are: one row each, with the arguments that they take.
#include "cnnx/core/argument.h"
#include "cnnx/core/error.h"
#include "cnnx/layers/activations.h"
#include "cnnx/layers/builder.h"
#include "cnnx/layers/initializers.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

using enum ArgumentType;

std::vector<std::string> paddings() { return {"valid", "same"}; }
std::vector<std::string> interpolations() { return {"nearest", "bilinear"}; }

constexpr Bounds kOne{.at_least = 1}, kZero{.at_least = 0};
constexpr Bounds kShare{.at_least = 0, .below = 1};

// Arguments that several layers have.
constexpr Argument kFilters{.name = "filters", .type = integer, .bounds = kOne};
constexpr Argument kKernelSize{.name = "kernel_size", .type = integers, .bounds = kOne, .count = 2};
constexpr Argument kStride{
    .name = "stride", .type = integers, .bounds = kOne, .count = 2, .standard = 1.0};
constexpr Argument kPadding{.name = "padding",
                            .type = text,
                            .bounds = kZero,
                            .count = 2,
                            .choices = paddings,
                            .standard = "valid"};
constexpr Argument kDilation{
    .name = "dilation", .type = integers, .bounds = kOne, .count = 2, .standard = 1.0};
constexpr Argument kDepthMultiplier{
    .name = "depth_multiplier", .type = integer, .bounds = kOne, .standard = 1.0};
constexpr Argument kActivation{
    .name = "activation", .type = text, .choices = activation_names, .standard = "linear"};
constexpr Argument kUseBias{.name = "use_bias", .type = flag, .standard = true};
constexpr Argument kKernelInitializer{.name = "kernel_initializer",
                                      .type = text,
                                      .choices = initializer_names,
                                      .standard = "he_normal"};
constexpr Argument kBiasInitializer{
    .name = "bias_initializer", .type = text, .choices = initializer_names, .standard = "zeros"};
constexpr Argument kRate{.name = "rate", .type = number, .bounds = kShare};

constexpr Argument kActivationLayer[] = {
    {.name = "activation", .type = text, .choices = activation_names},
    {.name = "alpha", .type = number, .bounds = kZero, .optional = true}};
constexpr Argument kPool[] = {
    {.name = "pool_size", .type = integers, .bounds = kOne, .count = 2},
    {.name = "stride", .type = integers, .bounds = kOne, .count = 2, .optional = true},
    {.name = "padding", .type = integers, .bounds = kZero, .count = 2, .standard = 0.0}};
constexpr Argument kBatchNorm[] = {
    {.name = "momentum", .type = number, .bounds = kShare, .standard = 0.9},
    {.name = "epsilon", .type = number, .bounds = {.above = 0}, .standard = 1e-5},
    kActivation};
constexpr Argument kConcat[] = {{.name = "branches", .type = layers, .optional = true}};
constexpr Argument kConv2D[] = {
    kFilters,
    kKernelSize,
    kStride,
    kPadding,
    kDilation,
    {.name = "groups", .type = integer, .bounds = kOne, .standard = 1.0},
    kActivation,
    kUseBias,
    kKernelInitializer,
    kBiasInitializer};
constexpr Argument kDense[] = {{.name = "units", .type = integer, .bounds = kOne},
                               kActivation,
                               kUseBias,
                               kKernelInitializer,
                               kBiasInitializer};
constexpr Argument kDepthwise[] = {kKernelSize,      kStride,     kPadding, kDilation,
                                   kDepthMultiplier, kActivation, kUseBias, kKernelInitializer,
                                   kBiasInitializer};
constexpr Argument kDropout[] = {kRate};
constexpr Argument kNormalize[] = {{.name = "mean", .type = numbers, .bounds = kFinite},
                                   {.name = "std", .type = numbers, .bounds = {.above = 0}}};
constexpr Argument kRescale[] = {
    {.name = "scale", .type = number, .bounds = kFinite},
    {.name = "offset", .type = number, .bounds = kFinite, .standard = 0.0}};
constexpr Argument kResidual[] = {{.name = "branch", .type = layers},
                                  {.name = "shortcut", .type = layers, .optional = true},
                                  kActivation};
constexpr Argument kSeparable[] = {kFilters,           kKernelSize,      kStride,     kPadding,
                                   kDilation,          kDepthMultiplier, kActivation, kUseBias,
                                   kKernelInitializer, kBiasInitializer};
constexpr Argument kUpSample[] = {
    {.name = "size", .type = integers, .bounds = kOne, .count = 2},
    {.name = "interpolation", .type = text, .choices = interpolations, .standard = "nearest"}};
constexpr Argument kZeroPad[] = {
    {.name = "padding", .type = integers, .bounds = kZero, .count = 4}};

// A layer: one that is made at once, or one that is made of others.
template <class T>
struct Row {
  const char* kind;
  std::span<const Argument> arguments;
  LayerPtr<T> (*make)(const Attrs&) = nullptr;
  Index (*append)(Builder<T>&, const Attrs&, const std::string& name,
                  const std::vector<Index>& inputs) = nullptr;
  std::size_t most_inputs = 1;
};

template <class T>
constexpr Row<T> kRows[] = {
    {"activation", kActivationLayer, make_activation<T>},
    {"avg_pool2d", kPool, make_avg_pool2d<T>},
    {"batch_norm", kBatchNorm, make_batch_norm<T>},
    {"concat", kConcat, nullptr, append_concat<T>, kMostInputs},
    {"conv2d", kConv2D, make_conv2d<T>},
    {"dense", kDense, make_dense<T>},
    {"depthwise_conv2d", kDepthwise, nullptr, append_depthwise_conv2d<T>},
    {"dropout", kDropout, make_dropout<T>},
    {"flatten", {}, make_flatten<T>},
    {"global_avg_pool2d", {}, make_global_avg_pool2d<T>},
    {"global_max_pool2d", {}, make_global_max_pool2d<T>},
    {"max_pool2d", kPool, make_max_pool2d<T>},
    {"normalize", kNormalize, make_normalize<T>},
    {"rescale", kRescale, make_rescale<T>},
    {"residual", kResidual, nullptr, append_residual<T>},
    {"separable_conv2d", kSeparable, nullptr, append_separable_conv2d<T>},
    {"spatial_dropout2d", kDropout, make_spatial_dropout2d<T>},
    {"up_sample2d", kUpSample, make_up_sample2d<T>},
    {"zero_pad2d", kZeroPad, make_zero_pad2d<T>},
};

// The row that a description names.
template <class T>
const Row<T>& find(const Attrs& attrs) {
  const std::string& kind = attrs.text("kind");
  std::vector<std::string> kinds;
  for (const Row<T>& row : kRows<T>) {
    if (kind == row.kind) return row;
    kinds.push_back(row.kind);
  }
  throw ConfigError(unknown_name("kind", kind, listed(kinds)));
}

void check_inputs(std::size_t got, std::size_t most) {
  if (got >= 1 && got <= most) return;
  throw ConfigError({.argument = "inputs",
                     .expected = most == 1 ? "one" : concat("1 to ", most),
                     .got = concat(got)});
}

}  // namespace

template <class T>
LayerPtr<T> make_layer(const Attrs& attrs) {
  const Row<T>& row = find<T>(attrs);
  return row.make(checked(attrs, row.arguments));
}

template <class T>
Index append_layer(Builder<T>& builder, const Attrs& given, const std::string& name,
                   std::vector<Index> inputs) {
  const Row<T>& row = find<T>(given);
  const Attrs attrs = checked(given, row.arguments);
  check_inputs(inputs.size(), row.most_inputs);
  if (row.append != nullptr) return row.append(builder, attrs, name, inputs);
  if (row.make == make_activation<T> || told_by_outputs(activation_of(attrs))) {
    return builder.add(make_layer<T>(attrs), name, std::move(inputs));
  }
  // The derivative of this activation needs what went into it: it is a layer of its own.
  Attrs linear = attrs;
  linear.set("activation", std::string("linear"));
  const Index level = builder.add(make_layer<T>(linear), name, std::move(inputs));
  return builder.add(make_layer<T>(activation_attrs(attrs.text("activation"))), name, {level});
}

std::vector<Described> describe_layers() {
  std::vector<Described> described;
  for (const Row<float>& row : kRows<float>) {
    described.push_back({.kind = row.kind,
                         .least_inputs = 1,
                         .most_inputs = row.most_inputs,
                         .arguments = row.arguments});
  }
  return described;
}

template LayerPtr<float> make_layer(const Attrs&);
template LayerPtr<double> make_layer(const Attrs&);
template Index append_layer(Builder<float>&, const Attrs&, const std::string&, std::vector<Index>);
template Index append_layer(Builder<double>&, const Attrs&, const std::string&, std::vector<Index>);

}  // namespace cnnx
