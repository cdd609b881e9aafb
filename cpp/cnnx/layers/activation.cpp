// Activation: one of the element-wise functions, or softmax over the channels, as a layer.
#include <algorithm>

#include "cnnx/layers/activations.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

template <class T>
class ActivationLayer final : public Layer<T>, private FusedActivation {
 public:
  explicit ActivationLayer(const Attrs& attrs) : activation_(activation_of(attrs)) {}

  const char* kind() const override { return "Activation"; }
  LayerTraits traits() const override {
    const bool linear = activation_.kind == ActivationKind::linear;
    return {.passes_through = linear,
            .reads_input = !told_by_outputs(activation_),
            .reads_output = told_by_outputs(activation_) && !linear};
  }
  FusedActivation* fused_activation() override { return this; }

  void forward(const ForwardRun<T>& run) const override {
    std::copy_n(run.input, run.images * this->input().size(), run.output);
    this->kernels().element.activate(activation_, run.images * rows(), columns(), run.output);
  }

  void backward(const BackwardRun<T>& run) const override {
    if (run.grad_input == nullptr) return;
    std::copy_n(run.grad_output, run.images * this->input().size(), run.grad_input);
    const auto& element = this->kernels().element;
    if (told_by_outputs(activation_)) {
      element.activate_backward(activation_, run.images * rows(), columns(), run.output,
                                run.grad_input);
    } else {
      element.activate_backward_from_input(activation_, run.images * rows(), columns(), run.input,
                                           run.grad_input);
    }
  }

 protected:
  Shape plan_layer(const PlanContext&) override { return this->input(); }

 private:
  std::optional<Activation> sole() const override { return activation_; }
  ActivationKind last() const override { return activation_.kind; }
  void drop() override { activation_ = {}; }

  Index rows() const { return this->input().flat ? 1 : this->input().pixels(); }
  Index columns() const {
    return this->input().flat ? this->input().size() : this->input().channels;
  }

  Activation activation_;
};

}  // namespace

template <class T>
LayerPtr<T> make_activation(const Attrs& attrs) {
  return std::make_unique<ActivationLayer<T>>(attrs);
}
template LayerPtr<float> make_activation(const Attrs&);
template LayerPtr<double> make_activation(const Attrs&);

}  // namespace cnnx
