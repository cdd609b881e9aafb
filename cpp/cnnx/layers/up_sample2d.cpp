// UpSample2D: maps made larger by whole factors, by repeated pixels or between them.
#include "cnnx/layers/makers.h"
#include "cnnx/layers/pool.h"

namespace cnnx {
namespace {

template <class T>
class UpSample2D final : public Layer<T> {
 public:
  explicit UpSample2D(const Attrs& attrs)
      : size_(attrs.pair("size")), bilinear_(attrs.text("interpolation") == "bilinear") {}

  const char* kind() const override { return "UpSample2D"; }
  LayerTraits traits() const override {
    return {
        .flops = (bilinear_ ? 8 : 1) * g_.out_size(), .reads_input = false, .reads_output = false};
  }

  void forward(const ForwardRun<T>& run) const override {
    if (bilinear_) {
      this->kernels().bilinear.forward(g_, run.images, run.input, run.output);
    } else {  // a sum over windows, transposed
      this->kernels().average_pool.backward(windows_, run.images, false, run.input, run.output);
    }
  }

  void backward(const BackwardRun<T>& run) const override {
    if (run.grad_input == nullptr) return;
    if (bilinear_) {
      this->kernels().bilinear.backward(g_, run.images, run.grad_output, run.grad_input);
    } else {
      this->kernels().average_pool.forward(windows_, run.images, false, run.grad_output,
                                           run.grad_input);
    }
  }

 protected:
  Shape plan_layer(const PlanContext&) override {
    const Shape& in = this->input();
    expect_maps(in);
    checked_product({in.channels, in.height, in.width, size_.first, size_.second}, "output");
    g_ = {in.channels, in.height, in.width, size_.first, size_.second};
    windows_ = {in.channels,  g_.out_height(), g_.out_width(), in.height, in.width, size_.first,
                size_.second, size_.first,     size_.second,   0,         0};
    return {in.channels, g_.out_height(), g_.out_width(), false};
  }

 private:
  std::pair<Index, Index> size_;
  bool bilinear_;
  UpSampleGeometry g_{};
  PoolGeometry windows_{};  // of a pool that goes the other way
};

}  // namespace

template <class T>
LayerPtr<T> make_up_sample2d(const Attrs& attrs) {
  return std::make_unique<UpSample2D<T>>(attrs);
}
template LayerPtr<float> make_up_sample2d(const Attrs&);
template LayerPtr<double> make_up_sample2d(const Attrs&);

}  // namespace cnnx
