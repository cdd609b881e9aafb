// SpatialDropout2D: random channels of an image become zero as a whole.
// Tompson, Goroshin, Jain, LeCun, Bregler, "Efficient object localization using convolutional
// networks", CVPR 2015.
#include "cnnx/core/error.h"
#include "cnnx/core/random.h"
#include "cnnx/layers/dropout_rate.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

template <class T>
class SpatialDropout2D final : public Layer<T> {
 public:
  explicit SpatialDropout2D(const Attrs& attrs) : rate_(attrs) {}

  const char* kind() const override { return "SpatialDropout2D"; }
  bool reads_input() const override { return false; }
  bool reads_output() const override { return false; }
  bool passes_through() const override { return rate_.keeps_all(); }
  bool passes_through_in_inference() const override { return true; }
  // A factor for each channel, and as many offsets of zero.
  Index scratch_size(Index) const override { return 2 * this->input().channels; }

  void forward(const ForwardRun<T>& run) override {
    apply(run.step, run.first_image, run.images, run.scratch, run.input, run.output);
  }
  void backward(const BackwardRun<T>& run) override {
    if (run.grad_input == nullptr) return;
    apply(run.step, run.first_image, run.images, run.scratch, run.grad_output, run.grad_input);
  }

 protected:
  Shape plan_layer(const PlanContext& context) override {
    if (this->input().flat) {
      throw ShapeError(concat(this->label(), ": expected input (channels, height, width), got ",
                              this->input().str(), "; use layers.Dropout for features"));
    }
    seed_ = context.seed;
    number_ = context.number;
    return this->input();
  }

 private:
  void apply(Index step, Index first, Index images, T* scratch, const T* from, T* to) const {
    const Shape& in = this->input();
    const Random random(
        seed_, static_cast<Stream>(static_cast<std::uint32_t>(Stream::dropout) | number_ << 8),
        static_cast<std::uint32_t>(step));
    T* factors = scratch;
    T* offsets = scratch + in.channels;
    std::fill_n(offsets, in.channels, T{0});
    for (Index image = 0; image < images; ++image) {
      for (Index c = 0; c < in.channels; ++c) {
        const auto at = static_cast<std::uint64_t>((first + image) * in.channels + c);
        const bool kept = (random.bits(at)[0] & 0xFFFF) < rate_.below();
        factors[c] = kept ? static_cast<T>(rate_.scale()) : T{0};
      }
      this->kernels().norm.scale({}, in.pixels(), in.channels, from + image * in.size(), factors,
                                 offsets, to + image * in.size());
    }
  }

  DropoutRate rate_;
  std::uint64_t seed_ = 0;
  std::uint32_t number_ = 0;
};

}  // namespace

template <class T>
LayerPtr<T> make_spatial_dropout2d(const Attrs& attrs) {
  return std::make_unique<SpatialDropout2D<T>>(attrs);
}
template LayerPtr<float> make_spatial_dropout2d(const Attrs&);
template LayerPtr<double> make_spatial_dropout2d(const Attrs&);

}  // namespace cnnx
