// A rectangle of one value somewhere in the image.
// Zhong, Zheng, Kang, Li, Yang, "Random erasing data augmentation", 2017 (AAAI 2020).
#include <algorithm>
#include <cmath>

#include "cnnx/augment/arguments.h"
#include "cnnx/augment/makers.h"

namespace cnnx {
namespace {

template <class T>
class Erase final : public PixelStep<T> {
 public:
  explicit Erase(const Attrs& attrs)
      : p_(number_within(attrs, "p", 0, 1)),
        fill_(number_within(attrs, "fill", -kMostFill, kMostFill)) {
    area_ = range(attrs, "area", 1);
    ratio_ = range(attrs, "ratio", 1e6);
  }

  void plan(const Shape& shape) const override { expect_image(shape, "erase"); }

  void change(const Draws& draws, const Shape& shape, bool, T* image) const override {
    if (draws.pair()[0] >= p_) return;
    for (std::uint64_t attempt = 0; attempt < kAttempts; ++attempt) {
      const auto [u, v] = draws.pair(1 + 2 * attempt);
      const double pixels = between(u, area_[0], area_[1]) * static_cast<double>(shape.pixels());
      // Height over width, as likely 1/r as r.
      const double ratio = std::exp(between(v, std::log(ratio_[0]), std::log(ratio_[1])));
      const double height = nearest(std::sqrt(pixels * ratio));
      const double width = nearest(std::sqrt(pixels / ratio));
      if (height < 1 || height > static_cast<double>(shape.height)) continue;
      if (width < 1 || width > static_cast<double>(shape.width)) continue;
      const auto rows = static_cast<Index>(height);
      const auto columns = static_cast<Index>(width);
      const auto [down, right] = draws.pair(2 + 2 * attempt);
      const Index top = whole_below(down, shape.height - rows + 1);
      const Index left = whole_below(right, shape.width - columns + 1);
      for (Index y = top; y < top + rows; ++y) {
        std::fill_n(image + (y * shape.width + left) * shape.channels, columns * shape.channels,
                    static_cast<T>(fill_));
      }
      return;
    }
  }

 private:
  static constexpr std::uint64_t kAttempts = 10;  // for a rectangle that fits

  static std::array<double, 2> range(const Attrs& attrs, const char* name, double most) {
    const std::vector<double> values = attrs.numbers(name);
    if (values.size() == 2 && values[0] > 0 && values[0] <= values[1] && values[1] <= most) {
      return {values[0], values[1]};
    }
    throw ConfigError({.subject = "erase",
                       .argument = name,
                       .expected = concat("two numbers 0 < low <= high <= ", most)});
  }

  double p_, fill_;
  std::array<double, 2> area_{}, ratio_{};
};

}  // namespace

template <class T>
StepPtr<T> make_erase(const Attrs& attrs) {
  return std::make_unique<Erase<T>>(attrs);
}
template StepPtr<float> make_erase(const Attrs&);
template StepPtr<double> make_erase(const Attrs&);

}  // namespace cnnx
