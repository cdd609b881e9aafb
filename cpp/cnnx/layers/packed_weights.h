// Weights in the form that kernels read: made once, and kept until a parameter that they come from
// changes. A layer may have several, such as for training and for inference, each valid or not.
#pragma once

#include "cnnx/core/buffer.h"

namespace cnnx {

template <class T>
class PackedWeights {
 public:
  bool valid() const { return valid_; }

  // A parameter has changed: the weights are made anew before they are used again.
  void invalidate() { valid_ = false; }

  // Room for `size` elements, which the caller fills; they are valid from now on.
  T* renew(Index size) {
    buffer_.reserve(size);
    valid_ = true;
    return buffer_.data();
  }

  const T* data() const { return buffer_.data(); }

 private:
  bool valid_ = false;
  Buffer<T> buffer_;
};

}  // namespace cnnx
