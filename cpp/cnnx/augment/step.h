// The interface of augmentations of single images: a random map of the positions of pixels, or a
// random change of their values.
#pragma once

#include <memory>

#include "cnnx/augment/affine.h"
#include "cnnx/augment/draws.h"
#include "cnnx/core/attrs.h"
#include "cnnx/core/shape.h"

namespace cnnx {

template <class T>
class Step {
 public:
  virtual ~Step() = default;
  // Checks the arguments against the images' shape. Throws ConfigError.
  virtual void plan(const Shape& shape) const = 0;
};

// Moves pixels. Consecutive ones become one map.
template <class T>
class GeometricStep : public Step<T> {
 public:
  virtual Affine map(const Draws& draws, const Shape& shape) const = 0;
  // Whether pixels may come from outside the image, and what stands there then.
  virtual bool fills() const { return true; }
  virtual double fill() const { return 0; }
};

// Changes values of a channels-last image in place.
template <class T>
class PixelStep : public Step<T> {
 public:
  // Values that were bytes stay within 0 to 255.
  virtual void change(const Draws& draws, const Shape& shape, bool bytes, T* image) const = 0;
};

template <class T>
using StepPtr = std::unique_ptr<Step<T>>;

// The step that a description names; null when it names none of them. Throws ConfigError.
template <class T>
StepPtr<T> make_step(const Attrs& attrs);

}  // namespace cnnx
