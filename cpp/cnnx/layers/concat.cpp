// Concat: the channels of several inputs, or of several branches, one after another.
#include <algorithm>

#include "cnnx/core/error.h"
#include "cnnx/layers/feature_order.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

template <class T>
class Concat final : public Layer<T> {
 public:
  const char* kind() const override { return "Concat"; }
  LayerTraits traits() const override {
    return {.reads_input = false, .reads_output = false, .adds_gradients = true};
  }

  void forward(const ForwardRun<T>& run) const override {
    const Index rows = run.images * this->output().pixels();
    Index at = 0;
    for (std::size_t i = 0; i < this->inputs().size(); ++i) {
      const Index channels = this->inputs()[i].channels;
      for (Index row = 0; row < rows; ++row) {
        std::copy_n(run.inputs[i] + row * channels, channels,
                    run.output + row * this->output().channels + at);
      }
      at += channels;
    }
  }

  void backward(const BackwardRun<T>& run) const override {
    const Index rows = run.images * this->output().pixels();
    Index at = 0;
    for (std::size_t i = 0; i < this->inputs().size(); ++i) {
      const Index channels = this->inputs()[i].channels;
      const GradientTarget<T>& target = run.targets[i];
      for (Index row = 0; row < rows && target.to != nullptr; ++row) {
        const T* from = run.grad_output + row * this->output().channels + at;
        T* to = target.to + row * channels;
        if (target.add) {
          this->kernels().element.add(channels, to, from);
        } else {
          std::copy_n(from, channels, to);
        }
      }
      at += channels;
    }
  }

 protected:
  Shape plan_layer(const PlanContext&) override {
    Shape sum = this->input();
    for (std::size_t i = 1; i < this->inputs().size(); ++i) {
      const Shape& next = this->inputs()[i];
      if (next.height != sum.height || next.width != sum.width || next.flat != sum.flat) {
        throw ShapeError({.message = cnnx::concat("branch ", i, " gives ", next.str(),
                                                  ", branch 0 ", this->input().str()),
                          .expected = this->input().str(),
                          .got = next.str(),
                          .hint = "branches may differ in their channels only"});
      }
      sum.channels += next.channels;
    }
    checked_product({sum.channels, sum.height, sum.width}, "output");
    return sum;
  }
};

}  // namespace

template <class T>
Index append_concat(Builder<T>& builder, const Attrs& attrs, const std::string& name,
                    const std::vector<Index>& inputs) {
  // Several inputs are its branches; one is sent through those that the description has.
  std::vector<Index> levels = inputs;
  if (attrs.has_list("branches")) {
    if (inputs.size() > 1) {
      throw ConfigError({.argument = "branches",
                         .message = cnnx::concat("do not go with ", inputs.size(), " inputs"),
                         .hint = "give it either branches or several inputs"});
    }
    levels.clear();
    for (const Attrs& branch : attrs.list("branches")) {
      const std::string prefix = cnnx::concat(name, ".branches.", levels.size());
      levels.push_back(builder.chain(branch.list("layers"), prefix, inputs[0]));
    }
  }
  for (Index& level : levels) level = in_feature_order(builder, name, level);
  if (levels.size() < 2 || levels.size() > kMostInputs) {
    throw ConfigError({.argument = "branches",
                       .expected = cnnx::concat("2 to ", kMostInputs),
                       .got = cnnx::concat(levels.size())});
  }
  return builder.add(std::make_unique<Concat<T>>(), name, std::move(levels));
}
template Index append_concat(Builder<float>&, const Attrs&, const std::string&,
                             const std::vector<Index>&);
template Index append_concat(Builder<double>&, const Attrs&, const std::string&,
                             const std::vector<Index>&);

}  // namespace cnnx
