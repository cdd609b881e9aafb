// The interface of optimizers: named arrays of state beside the weights, and a step.
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "cnnx/core/attrs.h"
#include "cnnx/core/index.h"
#include "cnnx/kernels/table.h"

namespace cnnx {

// Settings of the update that all optimizers share.
struct UpdateSettings {
  static constexpr double kNone = std::numeric_limits<double>::infinity();
  double clip_norm = kNone;         // largest norm of all gradients together
  double clip_value = kNone;        // largest size of one gradient, before the norm is taken
  double average_decay = 0;         // of the running average of the weights; 0: there is none
  bool decay_weights_only = false;  // no weight decay on one-dimensional parameters
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

// A number in [least, below) from a description; throws ConfigError.
double number_within(const Attrs& attrs, const std::string& name, double least,
                     double below = std::numeric_limits<double>::infinity());

}  // namespace cnnx
