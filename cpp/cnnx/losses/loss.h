// The interface of losses: a value for each image and the gradient of the outputs.
#pragma once

#include <memory>
#include <string>

#include "cnnx/core/attrs.h"
#include "cnnx/core/index.h"
#include "cnnx/kernels/table.h"

namespace cnnx {

// One image's target: a class, or a row of numbers as long as the outputs.
template <class T>
struct Target {
  Index label;   // -1 when there is a row
  const T* row;  // null when there is a label

  // What output i should be; a label stands for its one-hot row.
  T wanted(Index i) const { return row != nullptr ? row[i] : static_cast<T>(i == label); }
};

// The index of the largest element, the first one in a tie: the predicted class. Where there are
// many, as when the outputs are a map, those of a block are compared together first: few blocks
// hold one that is larger than all before.
template <class T>
Index argmax(Index count, const T* values) {
  constexpr Index kBlock = 16;
  Index best = 0;
  Index i = 1;
  const auto scan = [&](Index end) {
    for (; i < end; ++i) {
      if (values[i] > values[best]) best = i;
    }
  };
  while (i + kBlock <= count) {
    const T most = values[best];
    int larger = 0;
    for (Index k = 0; k < kBlock; ++k) larger |= values[i + k] > most;
    if (larger) {
      scan(i + kBlock);
    } else {
      i += kBlock;
    }
  }
  scan(count);
  return best;
}

template <class T>
class Loss {
 public:
  virtual ~Loss() = default;
  // The loss of one image; outputs and grad have `count` elements. grad = scale * d loss / d
  // outputs where grad is not null.
  virtual double evaluate(Index count, const T* outputs, Target<T> target, T scale,
                          T* grad) const = 0;
  // The final activation that is part of the loss, which is then given the inputs of it.
  virtual ActivationKind takes_activation() const { return ActivationKind::linear; }
  // The number of classes for a number of outputs; labels are smaller. With a single class there
  // is no accuracy.
  virtual Index classes(Index outputs) const { return outputs; }
  // Whether the outputs name the target's class.
  virtual bool correct(Index count, const T* outputs, Target<T> target) const {
    const Index wanted = target.row == nullptr ? target.label : argmax(count, target.row);
    return argmax(count, outputs) == wanted;
  }
  // Throws ConfigError where arguments do not fit a network of so many outputs.
  virtual void check(Index /*outputs*/) const {}
};

template <class T>
using LossPtr = std::unique_ptr<Loss<T>>;

// The loss that a description names. Throws ConfigError.
template <class T>
LossPtr<T> make_loss(const Attrs& attrs);

}  // namespace cnnx
