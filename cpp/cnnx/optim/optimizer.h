// What every optimizer is to the network: named arrays of state beside the weights, and a step.
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "cnnx/core/argument.h"
#include "cnnx/core/attrs.h"
#include "cnnx/core/index.h"
#include "cnnx/kernels/table.h"

namespace cnnx {

// What the network does around every optimizer's step.
struct UpdateSettings {
  static constexpr double kNone = std::numeric_limits<double>::infinity();
  double clip_norm = kNone;         // largest norm of all gradients together
  double clip_value = kNone;        // largest size of one gradient, before the norm is taken
  double average_decay = 0;         // of the running average of the weights; 0: there is none
  bool decay_weights_only = false;  // weight decay leaves out what has one dimension
};

struct UpdateStep {
  Index number;  // the first is 1
  double learning_rate;
  bool decays = true;  // whether weight decay counts
};

template <class T>
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // State arrays as long as the weights; they start at zero.
  virtual std::vector<std::string> slots() const = 0;
  // Updates one run of weights. slots[i] is the i-th state array's part for these weights.
  virtual void update(const UpdateStep& step, Index count, const T* grad, T* const* slots,
                      T* weights) const = 0;

  double learning_rate() const { return learning_rate_; }
  const UpdateSettings& settings() const { return settings_; }

 protected:
  Optimizer(const Attrs& attrs, const KernelTable<T>& kernels);
  const UpdateKernel<T>& kernels() const { return *kernels_; }
  double decay(const UpdateStep& step) const { return step.decays ? weight_decay_ : 0.0; }

 private:
  double learning_rate_, weight_decay_;
  UpdateSettings settings_;
  const UpdateKernel<T>* kernels_;
};

template <class T>
using OptimizerPtr = std::unique_ptr<Optimizer<T>>;

// The optimizer that a description names. Throws ConfigError.
template <class T>
OptimizerPtr<T> make_optimizer(const Attrs& attrs, const KernelTable<T>& kernels);

// The rows of the registry, and what every optimizer takes beside its own arguments.
std::vector<Described> describe_optimizers();
std::span<const Argument> shared_optimizer_arguments();

}  // namespace cnnx
