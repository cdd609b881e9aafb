// What every optimizer is to the network: named arrays of state beside the weights, and a step.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cnnx/core/attrs.h"
#include "cnnx/core/index.h"
#include "cnnx/kernels/table.h"

namespace cnnx {

template <class T>
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // State arrays as long as the weights; they start at zero.
  virtual std::vector<std::string> slots() const = 0;
  // Updates one run of weights in step `step` (the first is 1). slots[i] is the i-th state array's
  // part for these weights.
  virtual void update(Index step, double learning_rate, Index count, const T* grad, T* const* slots,
                      T* weights) const = 0;

  double learning_rate() const { return learning_rate_; }

 protected:
  Optimizer(const Attrs& attrs, const KernelTable<T>& kernels);
  const UpdateKernel<T>& kernels() const { return *kernels_; }

 private:
  double learning_rate_;
  const UpdateKernel<T>* kernels_;
};

template <class T>
using OptimizerPtr = std::unique_ptr<Optimizer<T>>;

// The optimizer that a description names. Throws ConfigError.
template <class T>
OptimizerPtr<T> make_optimizer(const Attrs& attrs, const KernelTable<T>& kernels);

// A number in [least, below) from a description; throws ConfigError.
double number_within(const Attrs& attrs, const std::string& name, double least, double below);

}  // namespace cnnx
