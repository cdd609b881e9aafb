// Weights and bias with the scale and offset of a normalisation behind them multiplied in, for
// inference:  (x W + b) s + o = x (W s) + (b s + o).
#pragma once

#include <algorithm>
#include <cstring>

#include "cnnx/core/buffer.h"
#include "cnnx/layers/layer.h"
#include "cnnx/layers/packed_weights.h"

namespace cnnx {

template <class T>
class FoldedWeights {
 public:
  // Whether a run uses these instead of the layer's own.
  bool serve(const ForwardRun<T>& run) const { return !run.training && weights_.valid(); }

  // A parameter of the layer has changed: until the next fold() its own weights are in force.
  void invalidate() { weights_.invalidate(); }

  // Folds a scaling into `depth` x `outputs` weights and a bias, which may be null. False where
  // these weights and this scaling are folded already.
  bool fold(const Scaling<T>& scaling, Index depth, Index outputs, const T* weights,
            const T* bias) {
    if (weights_.valid() && same(scaling, outputs)) return false;
    keep(scaling, outputs);
    T* folded = weights_.renew(depth * outputs);
    for (Index d = 0; d < depth; ++d) {
      for (Index o = 0; o < outputs; ++o) {
        folded[d * outputs + o] = weights[d * outputs + o] * scaling.scale[o];
      }
    }
    bias_.reserve(outputs);
    for (Index o = 0; o < outputs; ++o) {
      bias_[o] = (bias == nullptr ? T{0} : bias[o] * scaling.scale[o]) + scaling.offset[o];
    }
    return true;
  }

  const T* weights() const { return weights_.data(); }
  const T* bias() const { return bias_.data(); }
  Activation activation() const { return activation_; }

 private:
  void keep(const Scaling<T>& scaling, Index outputs) {
    activation_ = scaling.activation;
    scale_.reserve(outputs);
    offset_.reserve(outputs);
    std::copy_n(scaling.scale, outputs, scale_.data());
    std::copy_n(scaling.offset, outputs, offset_.data());
  }

  // By their bits, so that NaN equals itself and the zeros differ.
  bool same(const Scaling<T>& scaling, Index outputs) const {
    const std::size_t bytes = to_size(outputs) * sizeof(T);
    return activation_.kind == scaling.activation.kind &&
           activation_.alpha == scaling.activation.alpha &&
           std::memcmp(scale_.data(), scaling.scale, bytes) == 0 &&
           std::memcmp(offset_.data(), scaling.offset, bytes) == 0;
  }

  Activation activation_;
  PackedWeights<T> weights_;
  Buffer<T> bias_, scale_, offset_;
};

}  // namespace cnnx
