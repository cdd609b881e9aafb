// Flatten: maps become features in C, H, W order. In memory nothing moves: the features stay
// channels-last, and the dense layer that follows keeps its weights in that order.
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

template <class T>
class Flatten final : public Layer<T> {
 public:
  const char* kind() const override { return "Flatten"; }
  LayerTraits traits() const override {
    return {.passes_through = true, .reads_input = false, .reads_output = false};
  }
  void forward(const ForwardRun<T>&) const override {}
  void backward(const BackwardRun<T>&) const override {}

 protected:
  Shape plan_layer(const PlanContext&) override {
    Shape shape = this->input();
    shape.flat = true;
    return shape;
  }
};

}  // namespace

template <class T>
LayerPtr<T> make_flatten(const Attrs&) {
  return std::make_unique<Flatten<T>>();
}
template LayerPtr<float> make_flatten(const Attrs&);
template LayerPtr<double> make_flatten(const Attrs&);

}  // namespace cnnx
