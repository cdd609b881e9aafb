// A layer that measures: it must see its whole input before it runs, and the whole gradient of its
// output before it goes back. Slices come in order within a lane; `first` begins a lane anew.
#pragma once

#include "cnnx/core/index.h"
#include "cnnx/layers/run.h"

namespace cnnx {

template <class T>
class Measuring {
 public:
  virtual ~Measuring() = default;
  Measuring(const Measuring&) = delete;
  Measuring& operator=(const Measuring&) = delete;

  virtual void reserve_lanes(Index lanes) = 0;
  virtual void measure(Index lane, bool first, Index images, const T* input) = 0;
  virtual void finish_measure(Index lanes) = 0;
  virtual void measure_gradients(Index lane, bool first, const BackwardRun<T>& run) = 0;
  virtual void finish_gradient_measure(Index lanes) = 0;
  // Called when a training step has succeeded: running averages move on.
  virtual void end_step() = 0;

 protected:
  Measuring() = default;
};

}  // namespace cnnx
