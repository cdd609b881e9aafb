// The update of a network's weights: the optimizer with its state, and what surrounds each of its
// steps: clipping of gradients before, the moving average of the weights after.
#pragma once

#include <string>
#include <vector>

#include "cnnx/core/attrs.h"
#include "cnnx/core/buffer.h"
#include "cnnx/optim/optimizer.h"

namespace cnnx {

// A parameter's place among the weights.
struct UpdatePart {
  Index first, count;
  bool decays;  // is more than a bias or a scale: has more than one dimension
};

template <class T>
class Updater {
 public:
  // `size`: of the arrays of all weights. All state is reset.
  void set_optimizer(const Attrs& attrs, const KernelTable<T>& kernels, Index size);
  // Which parts a step changes; the others stay as they are and do not count in the norm.
  void plan(const std::vector<UpdatePart>& parts);

  bool ready() const { return optimizer_ != nullptr; }
  const Optimizer<T>& optimizer() const { return *optimizer_; }
  Index step() const { return step_; }
  void set_step(Index step) { step_ = step; }
  // The arrays of state: the optimizer's, then "average" where there is one.
  std::vector<std::string> slots() const;
  T* slot(Index i) { return slots_[static_cast<std::size_t>(i)].data(); }
  const T* slot(Index i) const { return slots_[static_cast<std::size_t>(i)].data(); }

  // One step; gradients are clipped in place.
  void update(double learning_rate, T* weights, T* grads);

  // The average, to be swapped with the weights; ConfigError where there is none.
  T* swap_average();
  // Throws ConfigError while they are swapped.
  void require_unswapped(const char* action) const;

 private:
  // What one task updates; follows from the parts alone.
  struct Block {
    Index first, count;
    bool decays;
  };

  bool averages() const { return optimizer_->settings().average_decay > 0; }
  T clip_scale(const T* grads);

  OptimizerPtr<T> optimizer_;
  const UpdateKernel<T>* kernels_ = nullptr;
  std::vector<UpdatePart> parts_;
  std::vector<Block> blocks_;
  Index work_ = 0;       // elements in all blocks
  Buffer<double> sums_;  // of the squared gradients of each block
  std::vector<Buffer<T>> slots_;
  Index step_ = 0;
  bool swapped_ = false;
};

}  // namespace cnnx
