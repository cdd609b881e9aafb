// The registry of layers: one row each.
#include "cnnx/core/error.h"
#include "cnnx/layers/activations.h"
#include "cnnx/layers/builder.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

template <class T>
struct Row {
  const char* kind;
  LayerPtr<T> (*make)(const Attrs&);
};

template <class T>
constexpr Row<T> kRows[] = {
    {"activation", make_activation<T>},
    {"avg_pool2d", make_avg_pool2d<T>},
    {"batch_norm", make_batch_norm<T>},
    {"conv2d", make_conv2d<T>},
    {"dense", make_dense<T>},
    {"dropout", make_dropout<T>},
    {"flatten", make_flatten<T>},
    {"global_avg_pool2d", make_global_avg_pool2d<T>},
    {"global_max_pool2d", make_global_max_pool2d<T>},
    {"max_pool2d", make_max_pool2d<T>},
    {"normalize", make_normalize<T>},
    {"rescale", make_rescale<T>},
    {"spatial_dropout2d", make_spatial_dropout2d<T>},
    {"up_sample2d", make_up_sample2d<T>},
    {"zero_pad2d", make_zero_pad2d<T>},
};

// Layers that are made of others.
template <class T>
struct CompositeRow {
  const char* kind;
  Index (*append)(Builder<T>&, const Attrs&, const std::string& name, Index input);
};

template <class T>
constexpr CompositeRow<T> kComposites[] = {
    {"concat", append_concat<T>},
    {"depthwise_conv2d", append_depthwise_conv2d<T>},
    {"residual", append_residual<T>},
    {"separable_conv2d", append_separable_conv2d<T>},
};

}  // namespace

template <class T>
LayerPtr<T> make_layer(const Attrs& attrs) {
  const std::string& kind = attrs.text("kind");
  std::string choices;
  for (const Row<T>& row : kRows<T>) {
    if (kind == row.kind) return row.make(attrs);
    choices += (choices.empty() ? "" : ", ") + std::string(row.kind);
  }
  for (const CompositeRow<T>& row : kComposites<T>) choices += ", " + std::string(row.kind);
  throw ConfigError(concat("layer kind \"", kind, "\" is unknown; choose one of ", choices));
}

template <class T>
Index append_layer(Builder<T>& builder, const Attrs& attrs, const std::string& name, Index input) {
  const std::string& kind = attrs.text("kind");
  for (const CompositeRow<T>& row : kComposites<T>) {
    if (kind == row.kind) return row.append(builder, attrs, name, input);
  }
  if (kind == "activation" || told_by_outputs(activation_of(attrs))) {
    return builder.add(make_layer<T>(attrs), name, {input});
  }
  // The derivative of this activation needs what went into it: it is a layer of its own.
  Attrs linear = attrs;
  linear.set("activation", std::string("linear"));
  const Index level = builder.add(make_layer<T>(linear), name, {input});
  return builder.add(make_layer<T>(activation_attrs(attrs.text("activation"))), name, {level});
}

template LayerPtr<float> make_layer(const Attrs&);
template LayerPtr<double> make_layer(const Attrs&);
template Index append_layer(Builder<float>&, const Attrs&, const std::string&, Index);
template Index append_layer(Builder<double>&, const Attrs&, const std::string&, Index);

}  // namespace cnnx
