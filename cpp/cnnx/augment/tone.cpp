// Brightness and contrast: y = m + f (x - m) with a random f, and m = 0 or the image's mean.
#include "cnnx/augment/arguments.h"
#include "cnnx/augment/makers.h"

namespace cnnx {
namespace {

// Loops of known length become vector code where others do not.
constexpr Index kLanes = 8;

// Summed in lanes, which is faster than one number after another, and always the same lanes.
template <class T>
double mean_of(Index count, const T* values) {
  double sums[kLanes] = {};
  Index i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (Index lane = 0; lane < kLanes; ++lane) sums[lane] += static_cast<double>(values[i + lane]);
  }
  double sum = 0;
  for (; i < count; ++i) sum += static_cast<double>(values[i]);
  for (const double part : sums) sum += part;
  return sum / static_cast<double>(count);
}

template <class T, bool Bytes>
void stretch(Index count, T mean, T factor, T* values) {
  const auto one = [&](T value) {
    const T made = mean + factor * (value - mean);
    if constexpr (!Bytes) return made;
    const T above = made > T{0} ? made : T{0};
    return above < T{255} ? above : T{255};
  };
  Index i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (Index lane = 0; lane < kLanes; ++lane) values[i + lane] = one(values[i + lane]);
  }
  for (; i < count; ++i) values[i] = one(values[i]);
}

template <class T, bool AboutMean>
class Tone final : public PixelStep<T> {
 public:
  explicit Tone(const Attrs& attrs) : amount_(number_within(attrs, "amount", 0, 1)) {}

  void plan(const Shape&) const override {}

  void change(const Draws& draws, const Shape& shape, bool bytes, T* image) const override {
    const T factor = static_cast<T>(between(draws.pair()[0], 1 - amount_, 1 + amount_));
    const Index count = shape.size();
    const T mean = AboutMean ? static_cast<T>(mean_of(count, image)) : T{0};
    if (bytes) {
      stretch<T, true>(count, mean, factor, image);
    } else {
      stretch<T, false>(count, mean, factor, image);
    }
  }

 private:
  double amount_;
};

}  // namespace

template <class T>
StepPtr<T> make_brightness(const Attrs& attrs) {
  return std::make_unique<Tone<T, false>>(attrs);
}
template <class T>
StepPtr<T> make_contrast(const Attrs& attrs) {
  return std::make_unique<Tone<T, true>>(attrs);
}

template StepPtr<float> make_brightness(const Attrs&);
template StepPtr<double> make_brightness(const Attrs&);
template StepPtr<float> make_contrast(const Attrs&);
template StepPtr<double> make_contrast(const Attrs&);

}  // namespace cnnx
