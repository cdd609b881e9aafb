// What every loss is to the network: a value for each image and the gradient of the outputs.
#pragma once

#include <memory>
#include <string>

#include "cnnx/core/attrs.h"
#include "cnnx/core/index.h"

namespace cnnx {

// One image's target: a class, or a row of numbers as long as the outputs.
template <class T>
struct Target {
  Index label;   // -1 when there is a row
  const T* row;  // null when there is a label
};

template <class T>
class Loss {
 public:
  virtual ~Loss() = default;
  // The loss of one image; outputs and grad have `count` elements. grad = scale * d loss / d
  // outputs where grad is not null.
  virtual double evaluate(Index count, const T* outputs, Target<T> target, T scale,
                          T* grad) const = 0;
  // True when the loss takes a final softmax into itself and wants what goes into it.
  virtual bool takes_logits() const { return false; }
};

template <class T>
using LossPtr = std::unique_ptr<Loss<T>>;

// The loss that a description names. Throws ConfigError.
template <class T>
LossPtr<T> make_loss(const Attrs& attrs);

// The place of the largest element, the first of equals: the predicted class.
template <class T>
Index argmax(Index count, const T* values) {
  Index best = 0;
  for (Index i = 1; i < count; ++i) {
    if (values[i] > values[best]) best = i;
  }
  return best;
}

}  // namespace cnnx
