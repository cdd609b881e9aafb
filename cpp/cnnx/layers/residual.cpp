// Residual: the sum of a branch and a shortcut around it.
// He, Zhang, Ren, Sun, "Deep residual learning for image recognition", CVPR 2016.
#include <algorithm>

#include "cnnx/core/error.h"
#include "cnnx/layers/activations.h"
#include "cnnx/layers/feature_order.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

// The sum of two levels.
template <class T>
class Add final : public Layer<T> {
 public:
  const char* kind() const override { return "Residual"; }
  LayerTraits traits() const override {
    return {.reads_input = false,
            .reads_output = !activation_.linear(),
            .adds_gradients = true,
            .hands_gradient_on = true};
  }
  FusedActivation* fused_activation() override { return &activation_; }

  void forward(const ForwardRun<T>& run) const override {
    const Index count = run.images * this->input().size();
    this->kernels().element.sum(activation_.get(), count, run.inputs[0], run.inputs[1], run.output);
  }

  void backward(const BackwardRun<T>& run) const override {
    const Index count = run.images * this->input().size();
    this->kernels().element.activate_backward(activation_.get(), 1, count, run.output,
                                              run.grad_output);
    for (Index i = 0; i < 2; ++i) {
      const GradientTarget<T>& target = run.targets[i];
      if (target.to == nullptr || target.to == run.grad_output) continue;
      if (target.add) {
        this->kernels().element.add(count, target.to, run.grad_output);
      } else {
        std::copy_n(run.grad_output, count, target.to);
      }
    }
  }

 protected:
  Shape plan_layer(const PlanContext&) override {
    const Shape& branch = this->inputs()[0];
    const Shape& shortcut = this->inputs()[1];
    if (branch != shortcut) {
      throw ShapeError(
          {.message = concat("the branch gives ", branch.str(), ", the shortcut ", shortcut.str()),
           .expected = branch.str(),
           .got = shortcut.str(),
           .hint = "give it a shortcut that brings the input to the branch's shape, "
                   "for instance [layers.Conv2D(filters, 1, stride=...)]"});
    }
    return branch;
  }

 private:
  OwnActivation activation_{{}, /*can_leave=*/false};
};

}  // namespace

template <class T>
Index append_residual(Builder<T>& builder, const Attrs& attrs, const std::string& name,
                      const std::vector<Index>& inputs) {
  const Index input = inputs[0];
  Index branch = builder.chain(attrs.list("branch"), name + ".branch", input);
  if (branch == input) throw ConfigError({.argument = "branch", .expected = "at least one layer"});
  Index shortcut = attrs.has_list("shortcut")
                       ? builder.chain(attrs.list("shortcut"), name + ".shortcut", input)
                       : input;
  if (builder.shape(branch) != builder.shape(shortcut)) {
    branch = in_feature_order(builder, name, branch);
    shortcut = in_feature_order(builder, name, shortcut);
  }
  const Index sum = builder.add(std::make_unique<Add<T>>(), name, {branch, shortcut});
  const std::string activation = attrs.text_or("activation", "linear");
  if (activation == "linear") return sum;
  return builder.append(activation_attrs(activation), name, {sum});
}
template Index append_residual(Builder<float>&, const Attrs&, const std::string&,
                               const std::vector<Index>&);
template Index append_residual(Builder<double>&, const Attrs&, const std::string&,
                               const std::vector<Index>&);

}  // namespace cnnx
