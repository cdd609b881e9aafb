// How a convolution is computed. A Conv2D layer owns one algorithm, chosen when its shapes are
// known; it says how large packed weights and scratch are, packs, and runs the passes. It keeps no
// weights: whoever owns it does, in as many packed forms as it needs at a time.
#pragma once

#include <memory>

#include "cnnx/kernels/table.h"
#include "cnnx/layers/layer.h"

namespace cnnx {

template <class T>
class ConvAlgorithm {
 public:
  virtual ~ConvAlgorithm() = default;
  virtual bool whole_batch() const { return false; }
  virtual Index scratch_size(Index images) const = 0;
  virtual Index shared_size(Index /*images*/) const { return 0; }
  virtual Index accumulator_size() const = 0;

  // Elements of the packed weights that forward() and backward() read.
  virtual Index forward_packed_size() const = 0;
  virtual Index backward_packed_size() const = 0;
  // Packs weights for forward(), and for backward() unless that is null.
  virtual void pack(const T* weights, T* for_forward, T* for_backward) const = 0;

  // output = activation(conv(input) + bias), as far as kernels apply the activation; bias may be
  // null.
  virtual void forward(const ForwardRun<T>& run, const T* packed, const T* bias,
                       Activation activation) const = 0;
  // Gradients of the weights into the accumulator, and of the input where it is wanted.
  virtual void backward(const BackwardRun<T>& run, const T* packed) const = 0;
  virtual void finish(const T* accumulator, T* grad_weights) const = 0;
};

template <class T>
using ConvAlgorithmPtr = std::unique_ptr<const ConvAlgorithm<T>>;

template <class T>
ConvAlgorithmPtr<T> make_direct_conv(const ConvGeometry& geometry, const KernelTable<T>& kernels);

// Null where the shape or the instruction set does not suit it.
template <class T>
ConvAlgorithmPtr<T> make_winograd_conv(const ConvGeometry& geometry, const KernelTable<T>& kernels);

}  // namespace cnnx
