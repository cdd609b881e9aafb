// The registry of optimizers: one row each.
#include "cnnx/core/error.h"
#include "cnnx/optim/makers.h"

namespace cnnx {
namespace {

template <class T>
struct Row {
  const char* kind;
  OptimizerPtr<T> (*make)(const Attrs&, const KernelTable<T>&);
};

template <class T>
constexpr Row<T> kRows[] = {
    {"adagrad", make_adagrad<T>}, {"adam", make_adam<T>},       {"adamw", make_adamw<T>},
    {"lion", make_lion<T>},       {"rmsprop", make_rmsprop<T>}, {"sgd", make_sgd<T>},
};

// A limit above 0 that may be absent.
double limit(const Attrs& attrs, const std::string& name) {
  if (!attrs.has(name)) return UpdateSettings::kNone;
  const double value = attrs.number(name);
  if (value > 0 && value < UpdateSettings::kNone) return value;
  throw ConfigError(concat(name, ": expected a number above 0, got ", value));
}

UpdateSettings update_settings(const Attrs& attrs) {
  UpdateSettings settings;
  settings.clip_norm = limit(attrs, "clip_norm");
  settings.clip_value = limit(attrs, "clip_value");
  if (attrs.has("ema")) {
    settings.average_decay = limit(attrs, "ema");
    if (settings.average_decay >= 1) {
      throw ConfigError(
          concat("ema: expected a number between 0 and 1, got ", settings.average_decay));
    }
  }
  settings.decay_weights_only = attrs.has("decay_weights_only") && attrs.flag("decay_weights_only");
  return settings;
}

}  // namespace

double number_within(const Attrs& attrs, const std::string& name, double least, double below) {
  const double value = attrs.number(name);
  if (value >= least && value < below) return value;
  throw ConfigError(
      concat(name, ": expected a number from ", least, " to below ", below, ", got ", value));
}

template <class T>
Optimizer<T>::Optimizer(const Attrs& attrs, const KernelTable<T>& kernels)
    : learning_rate_(number_within(attrs, "learning_rate", 0.0)),
      weight_decay_(number_within(attrs, "weight_decay", 0.0)),
      settings_(update_settings(attrs)),
      kernels_(&kernels.update) {}

template <class T>
OptimizerPtr<T> make_optimizer(const Attrs& attrs, const KernelTable<T>& kernels) {
  const std::string& kind = attrs.text("kind");
  std::string choices;
  for (const Row<T>& row : kRows<T>) {
    if (kind == row.kind) return row.make(attrs, kernels);
    choices += (choices.empty() ? "" : ", ") + std::string(row.kind);
  }
  throw ConfigError(concat("optimizer: \"", kind, "\" is unknown; choose one of ", choices));
}

template class Optimizer<float>;
template class Optimizer<double>;
template OptimizerPtr<float> make_optimizer(const Attrs&, const KernelTable<float>&);
template OptimizerPtr<double> make_optimizer(const Attrs&, const KernelTable<double>&);

}  // namespace cnnx
