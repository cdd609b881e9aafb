// Conv2D: pad, slide, multiply, add the bias, apply the activation.
#include <algorithm>
#include <vector>

#include "cnnx/core/error.h"
#include "cnnx/core/parallel.h"
#include "cnnx/layers/activations.h"
#include "cnnx/layers/conv/algorithm.h"
#include "cnnx/layers/folded_weights.h"
#include "cnnx/layers/makers.h"
#include "cnnx/layers/packed_weights.h"

namespace cnnx {
namespace {

// Padding as the user gave it: "valid", "same", or rows and columns on each side.
struct Padding {
  bool same = false;
  Index rows = 0, columns = 0;
};

Padding parse_padding(const Attrs& attrs) {
  if (!attrs.is_text("padding")) {
    const auto [rows, columns] = attrs.pair("padding");
    return {false, rows, columns};
  }
  return {attrs.text("padding") == "same", 0, 0};
}

template <class T>
class Conv2D final : public Layer<T> {
 public:
  explicit Conv2D(const Attrs& attrs)
      : kind_(attrs.text_or("spelling", "Conv2D")),
        filters_(attrs.integer("filters")),
        kernel_(attrs.pair("kernel_size")),
        stride_(attrs.pair("stride")),
        dilation_(attrs.pair("dilation")),
        padding_(parse_padding(attrs)),
        groups_(attrs.integer("groups")),
        activation_(activation_of(attrs)),
        use_bias_(attrs.flag("use_bias")),
        kernel_initializer_(attrs.text("kernel_initializer")),
        bias_initializer_(attrs.text("bias_initializer")) {}

  // Layers that are made of this one give it their name for messages.
  const char* kind() const override { return kind_.c_str(); }
  LayerTraits traits() const override {
    return {.flops = 2 * g_.depth() * g_.out_size(),
            .whole_batch = algorithm_->whole_batch(),
            .reads_output = activation_.derived_here(),
            .folds = activation_.linear(),
            .accumulator_size = algorithm_->accumulator_size() + (use_bias_ ? g_.out_channels : 0)};
  }
  FusedActivation* fused_activation() override { return &activation_; }
  Index scratch_size(Index images) const override { return algorithm_->scratch_size(images); }
  Index shared_size(Index images) const override { return algorithm_->shared_size(images); }
  void pack(const Scaling<T>* folded) override {
    if (folded == nullptr) {
      folded_.invalidate();
      algorithm_->pack(weights().value, forward_weights_.renew(algorithm_->forward_packed_size()),
                       backward_weights_.renew(algorithm_->backward_packed_size()));
    } else if (folded_.fold(*folded, g_.depth(), g_.out_channels, weights().value, bias())) {
      algorithm_->pack(folded_.weights(),
                       folded_forward_weights_.renew(algorithm_->forward_packed_size()), nullptr);
    }
  }

  void forward(const ForwardRun<T>& run) const override {
    const bool folded = folded_.serve(run);
    const Activation activation = folded ? folded_.activation() : activation_.get();
    algorithm_->forward(run, (folded ? folded_forward_weights_ : forward_weights_).data(),
                        folded ? folded_.bias() : bias(), activation);
    if (applied_by_kernel(activation)) return;
    each_image(run.images, [&](Index image) {
      this->kernels().element.activate(activation, g_.out_pixels(), g_.out_channels,
                                       run.output + image * g_.out_size());
    });
  }

  void backward(const BackwardRun<T>& run) const override {
    if (activation_.derived_here()) activate_backward(run);
    algorithm_->backward(run, backward_weights_.data());
    if (use_bias_ && run.weights_wanted) {
      this->kernels().element.column_sums(
          run.images * g_.out_pixels(), g_.out_channels, run.grad_output,
          run.accumulator + algorithm_->accumulator_size(), run.accumulate);
    }
  }

  void finish_gradients(const T* accumulator) const override {
    algorithm_->finish(accumulator, weights().grad);
    if (use_bias_) {
      std::copy_n(accumulator + algorithm_->accumulator_size(), g_.out_channels,
                  this->parameters_[1].grad);
    }
  }

 protected:
  Shape plan_layer(const PlanContext& context) override {
    check_input();
    const Shape& in = this->input();
    g_ = {};
    g_.in_channels = in.channels;
    g_.in_height = in.height;
    g_.in_width = in.width;
    g_.out_channels = filters_;
    g_.kernel_height = kernel_.first;
    g_.kernel_width = kernel_.second;
    g_.stride_height = stride_.first;
    g_.stride_width = stride_.second;
    g_.dilation_height = dilation_.first;
    g_.dilation_width = dilation_.second;
    g_.groups = groups_;
    const Index rows = padding_.same
                           ? same_padding(in.height, kernel_.first, stride_.first, dilation_.first)
                           : 2 * padding_.rows;
    const Index columns =
        padding_.same ? same_padding(in.width, kernel_.second, stride_.second, dilation_.second)
                      : 2 * padding_.columns;
    g_.pad_top = rows / 2;
    g_.pad_left = columns / 2;
    g_.out_height = output_size(in.height, kernel_.first, stride_.first, dilation_.first, rows);
    g_.out_width = output_size(in.width, kernel_.second, stride_.second, dilation_.second, columns);
    if (g_.out_height < 1 || g_.out_width < 1) {
      throw ShapeError({.message = concat(
                            "kernel ", kernel_.first, "x", kernel_.second,
                            dilation_ == std::pair<Index, Index>{1, 1}
                                ? std::string()
                                : concat(" with dilation ", dilation_.first, "x", dilation_.second),
                            " does not fit input ", in.height, "x", in.width, " with padding ",
                            padding_.rows, "x", padding_.columns),
                        .got = in.str(),
                        .hint = "use padding=\"same\" or a smaller kernel"});
    }
    checked_product({g_.out_channels, g_.out_height, g_.out_width}, "output");
    add_parameters();
    if (!context.exact_conv) algorithm_ = make_winograd_conv<T>(g_, this->kernels());
    if (!algorithm_) algorithm_ = make_direct_conv<T>(g_, this->kernels());
    return {g_.out_channels, g_.out_height, g_.out_width, false};
  }

 private:
  const Parameter<T>& weights() const { return this->parameters_[0]; }
  const T* bias() const { return use_bias_ ? this->parameters_[1].value : nullptr; }

  void activate_backward(const BackwardRun<T>& run) const {
    each_image(run.images, [&](Index image) {
      this->kernels().element.activate_backward(activation_.get(), g_.out_pixels(), g_.out_channels,
                                                run.output + image * g_.out_size(),
                                                run.grad_output + image * g_.out_size());
    });
  }

  // With threads when the layer has the whole batch to itself.
  template <class Body>
  void each_image(Index images, Body&& body) const {
    if (algorithm_->whole_batch()) {
      parallel_for(images, images * g_.out_size(), [&](Index image, int) { body(image); });
    } else {
      for (Index image = 0; image < images; ++image) body(image);
    }
  }

  void check_input() const {
    const Shape& in = this->input();
    if (in.flat) {
      throw ShapeError({.expected = "input (channels, height, width)",
                        .got = in.str(),
                        .hint = "place it before Flatten and Dense"});
    }
    if (in.channels % groups_ != 0 || filters_ % groups_ != 0) {
      throw ShapeError({.message = concat("groups=", groups_, " must divide both the ", in.channels,
                                          " input channels and the ", filters_, " filters"),
                        .got = concat(groups_)});
    }
    // No sum of positions may leave the range of Index; far beyond any image.
    constexpr Index kLargest = Index{1} << 30;
    for (const Index size : {kernel_.first, kernel_.second, stride_.first, stride_.second,
                             dilation_.first, dilation_.second, padding_.rows, padding_.columns}) {
      if (size > kLargest) {
        throw ShapeError({.message = concat("sizes up to ", kLargest, " are possible, got ", size),
                          .expected = concat("sizes up to ", kLargest),
                          .got = concat(size)});
      }
    }
    checked_product({kernel_.first, dilation_.first}, "kernel");
    checked_product({kernel_.second, dilation_.second}, "kernel");
  }

  void add_parameters() {
    const Index in = g_.group_in();
    checked_product({filters_, in, kernel_.first, kernel_.second}, "weights");
    const Index area = kernel_.first * kernel_.second;
    this->parameters_.clear();
    this->parameters_.push_back({"weight",
                                 {filters_, in, kernel_.first, kernel_.second},
                                 {filters_, in, kernel_.first, kernel_.second},
                                 kernel_initializer_,
                                 in * area,
                                 filters_ / groups_ * area});
    if (use_bias_) {
      this->parameters_.push_back(
          {"bias", {filters_}, {filters_, 1, 1, 1}, bias_initializer_, in * area, filters_});
    }
  }

  std::string kind_;
  Index filters_;
  std::pair<Index, Index> kernel_, stride_, dilation_;
  Padding padding_;
  Index groups_;
  OwnActivation activation_;
  bool use_bias_;
  std::string kernel_initializer_, bias_initializer_;
  ConvGeometry g_{};
  ConvAlgorithmPtr<T> algorithm_;
  // Of the layer's own weights, and of those with a normalisation folded in.
  PackedWeights<T> forward_weights_, backward_weights_, folded_forward_weights_;
  FoldedWeights<T> folded_;
};

}  // namespace

template <class T>
LayerPtr<T> make_conv2d(const Attrs& attrs) {
  return std::make_unique<Conv2D<T>>(attrs);
}
template LayerPtr<float> make_conv2d(const Attrs&);
template LayerPtr<double> make_conv2d(const Attrs&);

}  // namespace cnnx
