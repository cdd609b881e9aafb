// AvgPool2D: the mean of each window; padding does not count.
#include "cnnx/layers/makers.h"
#include "cnnx/layers/pool.h"

namespace cnnx {
namespace {

template <class T>
class AvgPool2D final : public Layer<T> {
 public:
  explicit AvgPool2D(const Attrs& attrs)
      : window_(attrs.pair("pool_size")),
        stride_(attrs.pair("stride")),
        padding_(attrs.pair("padding")) {}

  const char* kind() const override { return "AvgPool2D"; }
  LayerTraits traits() const override {
    return {.flops = g_.window() * g_.out_size(), .reads_input = false, .reads_output = false};
  }

  void forward(const ForwardRun<T>& run) const override {
    this->kernels().average_pool.forward(g_, run.images, true, run.input, run.output);
  }

  void backward(const BackwardRun<T>& run) const override {
    if (run.grad_input == nullptr) return;
    this->kernels().average_pool.backward(g_, run.images, true, run.grad_output, run.grad_input);
  }

 protected:
  Shape plan_layer(const PlanContext&) override {
    g_ = plan_pool(this->input(), window_, stride_, padding_);
    return {g_.channels, g_.out_height, g_.out_width, false};
  }

 private:
  std::pair<Index, Index> window_, stride_, padding_;
  PoolGeometry g_{};
};

}  // namespace

template <class T>
LayerPtr<T> make_avg_pool2d(const Attrs& attrs) {
  return std::make_unique<AvgPool2D<T>>(attrs);
}
template LayerPtr<float> make_avg_pool2d(const Attrs&);
template LayerPtr<double> make_avg_pool2d(const Attrs&);

}  // namespace cnnx
