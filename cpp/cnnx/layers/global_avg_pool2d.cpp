// GlobalAvgPool2D: each map becomes its mean.
#include "cnnx/layers/makers.h"
#include "cnnx/layers/pool.h"

namespace cnnx {
namespace {

template <class T>
class GlobalAvgPool2D final : public Layer<T> {
 public:
  const char* kind() const override { return "GlobalAvgPool2D"; }
  LayerTraits traits() const override {
    return {.flops = this->input().size(), .reads_input = false, .reads_output = false};
  }

  void forward(const ForwardRun<T>& run) const override {
    this->kernels().global_pool.average(run.images, this->input().pixels(), this->input().channels,
                                        run.input, run.output);
  }

  void backward(const BackwardRun<T>& run) const override {
    if (run.grad_input == nullptr) return;
    this->kernels().global_pool.average_backward(run.images, this->input().pixels(),
                                                 this->input().channels, run.grad_output,
                                                 run.grad_input);
  }

 protected:
  Shape plan_layer(const PlanContext&) override {
    expect_maps(this->input());
    return Shape::features(this->input().channels);
  }
};

}  // namespace

template <class T>
LayerPtr<T> make_global_avg_pool2d(const Attrs&) {
  return std::make_unique<GlobalAvgPool2D<T>>();
}
template LayerPtr<float> make_global_avg_pool2d(const Attrs&);
template LayerPtr<double> make_global_avg_pool2d(const Attrs&);

}  // namespace cnnx
