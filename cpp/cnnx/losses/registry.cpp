// The losses there are: one row each, with the arguments that they take.
#include "cnnx/core/argument.h"
#include "cnnx/core/error.h"
#include "cnnx/losses/makers.h"

namespace cnnx {
namespace {

using enum ArgumentType;

constexpr Argument kCrossEntropy[] = {{.name = "label_smoothing",
                                       .type = number,
                                       .bounds = {.at_least = 0, .below = 1},
                                       .standard = 0.0}};
constexpr Argument kFocal[] = {
    {.name = "gamma", .type = number, .bounds = {.at_least = 0}, .standard = 2.0},
    {.name = "alpha", .type = numbers, .bounds = {.at_least = 0}, .optional = true}};
constexpr Argument kHuber[] = {
    {.name = "delta", .type = number, .bounds = {.above = 0}, .standard = 1.0}};

template <class T>
struct Row {
  const char* kind;
  std::span<const Argument> arguments;
  LossPtr<T> (*make)(const Attrs&);
};

template <class T>
constexpr Row<T> kRows[] = {
    {"binary_cross_entropy", {}, make_binary_cross_entropy<T>},
    {"cross_entropy", kCrossEntropy, make_cross_entropy<T>},
    {"focal", kFocal, make_focal<T>},
    {"huber", kHuber, make_huber<T>},
    {"mae", {}, make_mae<T>},
    {"mse", {}, make_mse<T>},
};

}  // namespace

template <class T>
LossPtr<T> make_loss(const Attrs& attrs) {
  const std::string& kind = attrs.text("kind");
  std::vector<std::string> kinds;
  for (const Row<T>& row : kRows<T>) {
    if (kind == row.kind) return row.make(checked(attrs, row.arguments));
    kinds.push_back(row.kind);
  }
  throw ConfigError(unknown_name("loss", kind, listed(kinds)));
}

std::vector<Described> describe_losses() {
  std::vector<Described> described;
  for (const Row<float>& row : kRows<float>) {
    described.push_back({.kind = row.kind, .arguments = row.arguments});
  }
  return described;
}

template LossPtr<float> make_loss(const Attrs&);
template LossPtr<double> make_loss(const Attrs&);

}  // namespace cnnx
