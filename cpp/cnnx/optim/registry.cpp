// The optimizers there are: one row each.
#include <limits>

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
    {"adam", make_adam<T>},
    {"adamw", make_adamw<T>},
    {"sgd", make_sgd<T>},
};

}  // namespace

double number_within(const Attrs& attrs, const std::string& name, double least, double below) {
  const double value = attrs.number(name);
  if (value >= least && value < below) return value;
  throw ConfigError(
      concat(name, ": expected a number from ", least, " to below ", below, ", got ", value));
}

template <class T>
Optimizer<T>::Optimizer(const Attrs& attrs, const KernelTable<T>& kernels)
    : learning_rate_(
          number_within(attrs, "learning_rate", 0.0, std::numeric_limits<double>::infinity())),
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
