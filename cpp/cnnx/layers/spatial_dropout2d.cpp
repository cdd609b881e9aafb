// SpatialDropout2D: random channels of an image become zero as a whole.
// Tompson, Goroshin, Jain, LeCun, Bregler, "Efficient object localization using convolutional
// networks", CVPR 2015.
#include <algorithm>

#include "cnnx/core/error.h"
#include "cnnx/layers/dropout_layer.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

template <class T>
class SpatialDropout2D final : public DropoutLayer<T> {
 public:
  explicit SpatialDropout2D(const Attrs& attrs) : DropoutLayer<T>(attrs) {}

  const char* kind() const override { return "SpatialDropout2D"; }
  // A factor for each channel, and as many offsets of zero.
  Index scratch_size(Index) const override { return 2 * this->input().channels; }

 protected:
  using typename DropoutLayer<T>::Part;

  Shape plan_layer(const PlanContext& context) override {
    if (this->input().flat) {
      throw ShapeError({.expected = "input (channels, height, width)",
                        .got = this->input().str(),
                        .hint = "use layers.Dropout for features"});
    }
    return DropoutLayer<T>::plan_layer(context);
  }

  void apply(const Part& part, T* scratch, const T* from, T* to) const override {
    const Shape& in = this->input();
    const Random random(this->seed(), static_cast<Stream>(this->stream()),
                        static_cast<std::uint32_t>(part.step));
    T* factors = scratch;
    T* offsets = scratch + in.channels;
    std::fill_n(offsets, in.channels, T{0});
    for (Index image = 0; image < part.images; ++image) {
      for (Index c = 0; c < in.channels; ++c) {
        const auto at = static_cast<std::uint64_t>((part.first + image) * in.channels + c);
        const bool kept = (random.bits(at)[0] & 0xFFFF) < this->rate().below();
        factors[c] = kept ? static_cast<T>(this->rate().scale()) : T{0};
      }
      this->kernels().norm.scale({}, in.pixels(), in.channels, from + image * in.size(), factors,
                                 offsets, to + image * in.size());
    }
  }
};

}  // namespace

template <class T>
LayerPtr<T> make_spatial_dropout2d(const Attrs& attrs) {
  return std::make_unique<SpatialDropout2D<T>>(attrs);
}
template LayerPtr<float> make_spatial_dropout2d(const Attrs&);
template LayerPtr<double> make_spatial_dropout2d(const Attrs&);

}  // namespace cnnx
