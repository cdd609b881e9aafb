// GlobalMaxPool2D: each map becomes its largest value, which remembers where it stood.
#include <limits>

#include "cnnx/core/error.h"
#include "cnnx/layers/makers.h"
#include "cnnx/layers/pool.h"

namespace cnnx {
namespace {

template <class T>
class GlobalMaxPool2D final : public Layer<T> {
 public:
  const char* kind() const override { return "GlobalMaxPool2D"; }
  LayerTraits traits() const override {
    return {.reads_input = false,
            .reads_output = !taken_.linear(),
            .saved_bytes = channels() * Index{sizeof(std::uint32_t)}};
  }
  FusedActivation* fused_activation() override { return &taken_; }

  void forward(const ForwardRun<T>& run) const override {
    this->kernels().global_pool.max(run.images, pixels(), channels(), run.input, run.output,
                                    reinterpret_cast<std::uint32_t*>(run.saved));
  }

  void backward(const BackwardRun<T>& run) const override {
    if (run.grad_input == nullptr) return;
    this->kernels().element.activate_backward(taken_.get(), run.images, channels(), run.output,
                                              run.grad_output);
    this->kernels().global_pool.max_backward(run.images, pixels(), channels(), run.grad_output,
                                             reinterpret_cast<const std::uint32_t*>(run.saved),
                                             run.grad_input);
  }

 protected:
  Shape plan_layer(const PlanContext&) override {
    expect_maps(this->input());
    constexpr Index kMost = std::numeric_limits<std::int32_t>::max();
    if (pixels() > kMost) {
      throw ShapeError({.message = concat("maps of up to ", kMost, " pixels are possible, got ",
                                          this->input().str()),
                        .expected = concat("maps of up to ", kMost, " pixels"),
                        .got = this->input().str(),
                        .hint = "pool or stride before it"});
    }
    return Shape::features(channels());
  }

 private:
  Index pixels() const { return this->input().pixels(); }
  Index channels() const { return this->input().channels; }

  TakenActivation taken_;
};

}  // namespace

template <class T>
LayerPtr<T> make_global_max_pool2d(const Attrs&) {
  return std::make_unique<GlobalMaxPool2D<T>>();
}
template LayerPtr<float> make_global_max_pool2d(const Attrs&);
template LayerPtr<double> make_global_max_pool2d(const Attrs&);

}  // namespace cnnx
