// The optimizers there are: one row each, with the arguments that they take.
#include "cnnx/core/argument.h"
#include "cnnx/core/error.h"
#include "cnnx/optim/makers.h"

namespace cnnx {
namespace {

using enum ArgumentType;

constexpr Bounds kAboveZero{.above = 0}, kShare{.at_least = 0, .below = 1};

constexpr Argument learning_rate(double standard) {
  return {.name = "learning_rate", .type = number, .bounds = {.at_least = 0}, .standard = standard};
}
constexpr Argument weight_decay(double standard = 0) {
  return {.name = "weight_decay", .type = number, .bounds = {.at_least = 0}, .standard = standard};
}
constexpr Argument share(const char* name, double standard) {
  return {.name = name, .type = number, .bounds = kShare, .standard = standard};
}
constexpr Argument epsilon(double standard) {
  return {.name = "epsilon", .type = number, .bounds = kAboveZero, .standard = standard};
}

// What every optimizer takes beside its own.
constexpr Argument kShared[] = {
    {.name = "clip_norm", .type = number, .bounds = kAboveZero, .optional = true},
    {.name = "clip_value", .type = number, .bounds = kAboveZero, .optional = true},
    {.name = "ema", .type = number, .bounds = {.above = 0, .below = 1}, .optional = true},
    {.name = "decay_weights_only", .type = flag, .standard = false}};

constexpr Argument kAdagrad[] = {learning_rate(0.01), epsilon(1e-10), weight_decay()};
constexpr Argument kAdam[] = {learning_rate(0.001), share("beta_1", 0.9), share("beta_2", 0.999),
                              epsilon(1e-8), weight_decay()};
constexpr Argument kAdamW[] = {learning_rate(0.001), share("beta_1", 0.9), share("beta_2", 0.999),
                               epsilon(1e-8), weight_decay(0.01)};
constexpr Argument kLion[] = {learning_rate(0.0001), share("beta_1", 0.9), share("beta_2", 0.99),
                              weight_decay()};
constexpr Argument kRmsprop[] = {learning_rate(0.01), share("rho", 0.99), share("momentum", 0),
                                 epsilon(1e-8), weight_decay()};
constexpr Argument kSgd[] = {learning_rate(0.01),
                             share("momentum", 0),
                             {.name = "nesterov", .type = flag, .standard = false},
                             weight_decay()};

template <class T>
struct Row {
  const char* kind;
  std::span<const Argument> arguments;
  OptimizerPtr<T> (*make)(const Attrs&, const KernelTable<T>&);
};

template <class T>
constexpr Row<T> kRows[] = {
    {"adagrad", kAdagrad, make_adagrad<T>}, {"adam", kAdam, make_adam<T>},
    {"adamw", kAdamW, make_adamw<T>},       {"lion", kLion, make_lion<T>},
    {"rmsprop", kRmsprop, make_rmsprop<T>}, {"sgd", kSgd, make_sgd<T>},
};

UpdateSettings update_settings(const Attrs& attrs) {
  UpdateSettings settings;
  if (attrs.has("clip_norm")) settings.clip_norm = attrs.number("clip_norm");
  if (attrs.has("clip_value")) settings.clip_value = attrs.number("clip_value");
  if (attrs.has("ema")) settings.average_decay = attrs.number("ema");
  settings.decay_weights_only = attrs.flag("decay_weights_only");
  return settings;
}

}  // namespace

template <class T>
Optimizer<T>::Optimizer(const Attrs& attrs, const KernelTable<T>& kernels)
    : learning_rate_(attrs.number("learning_rate")),
      weight_decay_(attrs.number("weight_decay")),
      settings_(update_settings(attrs)),
      kernels_(&kernels.update) {}

template <class T>
OptimizerPtr<T> make_optimizer(const Attrs& attrs, const KernelTable<T>& kernels) {
  const std::string& kind = attrs.text("kind");
  std::vector<std::string> kinds;
  for (const Row<T>& row : kRows<T>) {
    if (kind == row.kind) {
      return row.make(checked(checked(attrs, row.arguments), kShared), kernels);
    }
    kinds.push_back(row.kind);
  }
  throw ConfigError(unknown_name("optimizer", kind, listed(kinds)));
}

std::vector<Described> describe_optimizers() {
  std::vector<Described> described;
  for (const Row<float>& row : kRows<float>) {
    described.push_back({.kind = row.kind, .arguments = row.arguments});
  }
  return described;
}

std::span<const Argument> shared_optimizer_arguments() { return kShared; }

template class Optimizer<float>;
template class Optimizer<double>;
template OptimizerPtr<float> make_optimizer(const Attrs&, const KernelTable<float>&);
template OptimizerPtr<double> make_optimizer(const Attrs&, const KernelTable<double>&);

}  // namespace cnnx
