// MaxPool2D: the largest value of each window, and where it stood.
#include "cnnx/layers/makers.h"
#include "cnnx/layers/pool.h"

namespace cnnx {
namespace {

template <class T>
class MaxPool2D final : public Layer<T> {
 public:
  explicit MaxPool2D(const Attrs& attrs)
      : window_(attrs.pair("pool_size")),
        stride_(attrs.pair("stride")),
        padding_(attrs.pair("padding")) {}

  const char* kind() const override { return "MaxPool2D"; }
  LayerTraits traits() const override {
    return {.reads_input = false,
            .reads_output = !taken_.linear(),
            .saved_bytes = g_.out_size() * g_.place_bytes()};
  }
  FusedActivation* fused_activation() override { return &taken_; }

  void forward(const ForwardRun<T>& run) const override {
    this->kernels().max_pool.forward(g_, run.images, run.input, run.output, run.saved);
  }

  void backward(const BackwardRun<T>& run) const override {
    if (run.grad_input == nullptr) return;
    this->kernels().element.activate_backward(taken_.get(),
                                              run.images * g_.out_height * g_.out_width,
                                              g_.channels, run.output, run.grad_output);
    this->kernels().max_pool.backward(g_, run.images, run.grad_output, run.saved, run.grad_input);
  }

 protected:
  Shape plan_layer(const PlanContext&) override {
    g_ = plan_pool(this->input(), window_, stride_, padding_);
    return {g_.channels, g_.out_height, g_.out_width, false};
  }

 private:
  std::pair<Index, Index> window_, stride_, padding_;
  PoolGeometry g_{};
  TakenActivation taken_;
};

}  // namespace

template <class T>
LayerPtr<T> make_max_pool2d(const Attrs& attrs) {
  return std::make_unique<MaxPool2D<T>>(attrs);
}
template LayerPtr<float> make_max_pool2d(const Attrs&);
template LayerPtr<double> make_max_pool2d(const Attrs&);

}  // namespace cnnx
