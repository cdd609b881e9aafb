// What one run of a layer is given: images, memory, and where they stand in their batch.
#pragma once

#include <cstddef>

#include "cnnx/core/index.h"
#include "cnnx/kernels/table.h"

namespace cnnx {

// What follows a layer's sums in inference: outputs times scale plus offset, for each channel, and
// an activation.
template <class T>
struct Scaling {
  const T* scale;
  const T* offset;
  Activation activation;
};

template <class T>
struct ForwardRun {
  Index images;
  const T* input;
  T* output;
  std::byte* saved;      // the traits' saved_bytes per image; kept until backward
  T* scratch;            // scratch_size() of them for each thread
  Index scratch_stride;  // from one thread's scratch to the next (whole-batch layers)
  T* shared;             // shared_size() of them for all threads together (whole-batch layers)
  const T* const* inputs = nullptr;  // of a layer with several
  Index first_image = 0;             // place of the first image in its batch
  Index step = 0;                    // steps of the optimizer before this batch
  bool training = false;
};

// Where the gradient of one of several inputs goes.
template <class T>
struct GradientTarget {
  T* to;     // null: not wanted
  bool add;  // another layer's gradient is there already
};

template <class T>
struct BackwardRun {
  Index images;
  const T* input;
  const T* output;
  const std::byte* saved;
  T* grad_output;   // may be overwritten
  T* grad_input;    // null: not wanted
  T* accumulator;   // accumulator_size of them, on their way to the parameters' gradients
  bool accumulate;  // add to the accumulator instead of starting it
  T* scratch;
  Index scratch_stride;
  T* shared;
  const GradientTarget<T>* targets = nullptr;  // of a layer with several inputs
  Index first_image = 0;
  Index step = 0;
  bool weights_wanted = true;  // false: the weights are frozen
};

}  // namespace cnnx
