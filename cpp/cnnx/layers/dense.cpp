// Dense: output = activation(input W + b), over the whole batch at once.
#include <algorithm>

#include "cnnx/core/error.h"
#include "cnnx/core/parallel.h"
#include "cnnx/layers/activations.h"
#include "cnnx/layers/folded_weights.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

template <class T>
class Dense final : public Layer<T> {
 public:
  explicit Dense(const Attrs& attrs)
      : units_(attrs.integer("units")),
        activation_(activation_of(attrs), /*can_leave=*/false),
        use_bias_(attrs.flag("use_bias")),
        kernel_initializer_(attrs.text("kernel_initializer")),
        bias_initializer_(attrs.text("bias_initializer")) {}

  const char* kind() const override { return "Dense"; }
  LayerTraits traits() const override {
    return {.flops = 2 * this->input().size() * units_,
            .whole_batch = true,
            .folds = activation_.linear()};
  }
  FusedActivation* fused_activation() override { return &activation_; }
  void pack(const Scaling<T>* folded) override {
    if (folded == nullptr) {
      folded_.invalidate();
    } else {
      folded_.fold(*folded, this->input().size(), units_, weights().value, bias());
    }
  }

  Index scratch_size(Index images) const override {
    const DenseGeometry g = geometry(images);
    const auto& dense = this->kernels().dense;
    return std::max({dense.scratch_size(g, DensePass::forward),
                     dense.scratch_size(g, DensePass::backward_data),
                     dense.scratch_size(g, DensePass::backward_weights)});
  }

  void forward(const ForwardRun<T>& run) const override {
    const DenseGeometry g = geometry(run.images);
    const auto& dense = this->kernels().dense;
    const bool folded = folded_.serve(run);
    const T* weights_now = folded ? folded_.weights() : weights().value;
    const T* bias_now = folded ? folded_.bias() : bias();
    const Activation activation = folded ? folded_.activation() : activation_.get();
    parallel_for(dense.tasks(g, DensePass::forward), work(g), [&](Index task, int thread) {
      dense.forward(g, task, run.input, weights_now, bias_now, activation, run.output,
                    run.scratch + thread * run.scratch_stride);
    });
    if (!applied_by_kernel(activation)) {
      constexpr Index kRows = 16;
      parallel_for(ceil_div(g.rows, kRows), g.rows * g.outputs * 16, [&](Index task, int) {
        const Index first = task * kRows;
        this->kernels().element.activate(activation, std::min(kRows, g.rows - first), g.outputs,
                                         run.output + first * g.outputs);
      });
    }
  }

  void backward(const BackwardRun<T>& run) const override {
    const DenseGeometry g = geometry(run.images);
    const auto& table = this->kernels();
    table.element.activate_backward(activation_.get(), g.rows, g.outputs, run.output,
                                    run.grad_output);
    if (run.weights_wanted) {
      parallel_for(
          table.dense.tasks(g, DensePass::backward_weights), work(g), [&](Index task, int thread) {
            table.dense.backward_weights(g, task, run.input, run.grad_output, weights().grad,
                                         run.accumulate, run.scratch + thread * run.scratch_stride);
          });
    }
    if (use_bias_ && run.weights_wanted) {
      table.element.column_sums(g.rows, g.outputs, run.grad_output, this->parameters_[1].grad,
                                run.accumulate);
    }
    if (run.grad_input != nullptr) {
      parallel_for(
          table.dense.tasks(g, DensePass::backward_data), work(g), [&](Index task, int thread) {
            table.dense.backward_data(g, task, run.grad_output, weights().value, run.grad_input,
                                      run.scratch + thread * run.scratch_stride);
          });
    }
  }

 protected:
  Shape plan_layer(const PlanContext&) override {
    const Shape& in = this->input();
    if (!in.flat) {
      throw ShapeError({.expected = "flat input (features,)",
                        .got = in.str(),
                        .hint = "add layers.Flatten() before it"});
    }
    checked_product({in.size(), units_}, "weights");
    this->parameters_.clear();
    this->parameters_.push_back({"weight",
                                 {units_, in.size()},
                                 {units_, in.channels, in.height, in.width},
                                 kernel_initializer_,
                                 in.size(),
                                 units_});
    if (use_bias_) {
      this->parameters_.push_back(
          {"bias", {units_}, {units_, 1, 1, 1}, bias_initializer_, in.size(), units_});
    }
    return Shape::features(units_);
  }

 private:
  const Parameter<T>& weights() const { return this->parameters_[0]; }
  const T* bias() const { return use_bias_ ? this->parameters_[1].value : nullptr; }
  DenseGeometry geometry(Index images) const {
    return {.rows = images, .inputs = this->input().size(), .outputs = units_};
  }
  static Index work(const DenseGeometry& g) { return g.rows * g.inputs * g.outputs; }

  Index units_;
  OwnActivation activation_;
  bool use_bias_;
  std::string kernel_initializer_, bias_initializer_;
  FoldedWeights<T> folded_;
};

}  // namespace

template <class T>
LayerPtr<T> make_dense(const Attrs& attrs) {
  return std::make_unique<Dense<T>>(attrs);
}
template LayerPtr<float> make_dense(const Attrs&);
template LayerPtr<double> make_dense(const Attrs&);

}  // namespace cnnx
