// Crop, flips and shift: maps by whole pixels.
#include <cmath>

#include "cnnx/augment/arguments.h"
#include "cnnx/augment/makers.h"

namespace cnnx {
namespace {

// Padding on all sides, then a window of the image's size at a random place.
template <class T>
class Crop final : public GeometricStep<T> {
 public:
  explicit Crop(const Attrs& attrs)
      : padding_(pair_of_sizes(attrs, "padding")),
        fill_(number_within(attrs, "fill", -kMostFill, kMostFill)) {}

  void plan(const Shape& shape) const override {
    expect_image(shape, "crop");
    if (padding_.first < shape.height && padding_.second < shape.width) return;
    throw ConfigError({.subject = "crop",
                       .argument = "padding",
                       .expected = concat("less than the images' ", shape.height, "x", shape.width),
                       .got = concat("(", padding_.first, ", ", padding_.second, ")")});
  }

  Affine map(const Draws& draws, const Shape&) const override {
    const auto [u, v] = draws.pair();
    Affine map;
    map.y0 = static_cast<double>(whole_below(u, 2 * padding_.first + 1) - padding_.first);
    map.x0 = static_cast<double>(whole_below(v, 2 * padding_.second + 1) - padding_.second);
    return map;
  }

  double fill() const override { return fill_; }

 private:
  std::pair<Index, Index> padding_;
  double fill_;
};

template <class T, bool Vertical>
class Flip final : public GeometricStep<T> {
 public:
  explicit Flip(const Attrs& attrs) : p_(number_within(attrs, "p", 0, 1)) {}

  void plan(const Shape& shape) const override { expect_image(shape, Vertical ? "vflip" : "flip"); }

  bool fills() const override { return false; }

  Affine map(const Draws& draws, const Shape& shape) const override {
    Affine map;
    if (draws.pair()[0] >= p_) return map;
    if constexpr (Vertical) {
      map.yy = -1;
      map.y0 = static_cast<double>(shape.height - 1);
    } else {
      map.xx = -1;
      map.x0 = static_cast<double>(shape.width - 1);
    }
    return map;
  }

 private:
  double p_;
};

template <class T>
class Shift final : public GeometricStep<T> {
 public:
  explicit Shift(const Attrs& attrs)
      : fraction_(number_within(attrs, "fraction", 0, 1)),
        fill_(number_within(attrs, "fill", -kMostFill, kMostFill)) {}

  void plan(const Shape& shape) const override {
    expect_image(shape, "shift");
    const Index longer = std::max(shape.height, shape.width);
    if (fraction_ == 0 || fraction_ * static_cast<double>(longer) >= 0.5) return;
    const std::string least = concat("at least ", 0.5 / static_cast<double>(longer));
    throw ConfigError({.subject = "shift",
                       .argument = "fraction",
                       .message = concat(fraction_, " of images ", shape.height, "x", shape.width,
                                         " is less than half a pixel and would do nothing"),
                       .expected = least,
                       .got = concat(fraction_),
                       .hint = "expected " + least});
  }

  Affine map(const Draws& draws, const Shape& shape) const override {
    const auto [u, v] = draws.pair();
    Affine map;
    map.y0 = -nearest(between(u, -fraction_, fraction_) * static_cast<double>(shape.height));
    map.x0 = -nearest(between(v, -fraction_, fraction_) * static_cast<double>(shape.width));
    return map;
  }

  double fill() const override { return fill_; }

 private:
  double fraction_, fill_;
};

}  // namespace

template <class T>
StepPtr<T> make_crop(const Attrs& attrs) {
  return std::make_unique<Crop<T>>(attrs);
}
template <class T>
StepPtr<T> make_flip(const Attrs& attrs) {
  return std::make_unique<Flip<T, false>>(attrs);
}
template <class T>
StepPtr<T> make_vertical_flip(const Attrs& attrs) {
  return std::make_unique<Flip<T, true>>(attrs);
}
template <class T>
StepPtr<T> make_shift(const Attrs& attrs) {
  return std::make_unique<Shift<T>>(attrs);
}

template StepPtr<float> make_crop(const Attrs&);
template StepPtr<double> make_crop(const Attrs&);
template StepPtr<float> make_flip(const Attrs&);
template StepPtr<double> make_flip(const Attrs&);
template StepPtr<float> make_vertical_flip(const Attrs&);
template StepPtr<double> make_vertical_flip(const Attrs&);
template StepPtr<float> make_shift(const Attrs&);
template StepPtr<double> make_shift(const Attrs&);

}  // namespace cnnx
