// Weights and bias with the scale and offset of a normalisation behind them multiplied in, for
// inference:  (x W + b) s + o = x (W s) + (b s + o).
#pragma once

#include "cnnx/core/buffer.h"
#include "cnnx/layers/layer.h"

namespace cnnx {

template <class T>
class FoldedWeights {
 public:
  // Folds a scaling into `depth` x `outputs` weights and a bias, which may be null; without one,
  // the layer's own are in force again.
  void set(const Scaling<T>* scaling, Index depth, Index outputs, const T* weights, const T* bias) {
    in_force_ = scaling != nullptr;
    if (!in_force_) return;
    activation_ = scaling->activation;
    weights_.reserve(depth * outputs);
    bias_.reserve(outputs);
    for (Index d = 0; d < depth; ++d) {
      for (Index o = 0; o < outputs; ++o) {
        weights_[d * outputs + o] = weights[d * outputs + o] * scaling->scale[o];
      }
    }
    for (Index o = 0; o < outputs; ++o) {
      bias_[o] = (bias == nullptr ? T{0} : bias[o] * scaling->scale[o]) + scaling->offset[o];
    }
  }

  const T* weights(const T* own) const { return in_force_ ? weights_.data() : own; }
  const T* bias(const T* own) const { return in_force_ ? bias_.data() : own; }
  Activation activation(Activation own) const { return in_force_ ? activation_ : own; }

 private:
  bool in_force_ = false;
  Activation activation_;
  Buffer<T> weights_, bias_;
};

}  // namespace cnnx
