// Rotation and scale about the image's centre: maps to places between the pixels.
#include <cmath>
#include <numbers>

#include "cnnx/augment/arguments.h"
#include "cnnx/augment/makers.h"

namespace cnnx {
namespace {

Affine about_centre(const Affine& map, const Shape& shape) {
  return map.about(static_cast<double>(shape.height - 1) / 2,
                   static_cast<double>(shape.width - 1) / 2);
}

// Counter-clockwise by an angle, with y pointing down: the inverse turns places the other way.
template <class T>
class Rotation final : public GeometricStep<T> {
 public:
  explicit Rotation(const Attrs& attrs)
      : degrees_(number_within(attrs, "degrees", 0, 180)),
        fill_(number_within(attrs, "fill", -kMostFill, kMostFill)) {}

  void plan(const Shape& shape) const override { expect_image(shape, "rotate"); }

  Affine map(const Draws& draws, const Shape& shape) const override {
    const double angle = between(draws.pair()[0], -degrees_, degrees_) * (std::numbers::pi / 180.0);
    const double cosine = std::cos(angle), sine = std::sin(angle);
    return about_centre({cosine, sine, 0, -sine, cosine, 0}, shape);
  }

  double fill() const override { return fill_; }

 private:
  double degrees_, fill_;
};

template <class T>
class Scale final : public GeometricStep<T> {
 public:
  explicit Scale(const Attrs& attrs)
      : low_(number_within(attrs, "low", kLeast, kMost)),
        high_(number_within(attrs, "high", low_, kMost)),
        fill_(number_within(attrs, "fill", -kMostFill, kMostFill)) {}

  void plan(const Shape& shape) const override { expect_image(shape, "scale"); }

  Affine map(const Draws& draws, const Shape& shape) const override {
    const double factor = between(draws.pair()[0], low_, high_);
    return about_centre({1 / factor, 0, 0, 0, 1 / factor, 0}, shape);
  }

  double fill() const override { return fill_; }

 private:
  static constexpr double kLeast = 0.01, kMost = 100;
  double low_, high_, fill_;
};

}  // namespace

template <class T>
StepPtr<T> make_rotation(const Attrs& attrs) {
  return std::make_unique<Rotation<T>>(attrs);
}
template <class T>
StepPtr<T> make_scale(const Attrs& attrs) {
  return std::make_unique<Scale<T>>(attrs);
}

template StepPtr<float> make_rotation(const Attrs&);
template StepPtr<double> make_rotation(const Attrs&);
template StepPtr<float> make_scale(const Attrs&);
template StepPtr<double> make_scale(const Attrs&);

}  // namespace cnnx
