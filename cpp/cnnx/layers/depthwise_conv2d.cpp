// DepthwiseConv2D and SeparableConv2D: convolutions of each channel with its own filters, and those
// followed by one that mixes channels. Both are made of Conv2D. Howard et al., "MobileNets:
// efficient convolutional neural networks for mobile vision applications", 2017; Chollet,
// "Xception: deep learning with depthwise separable convolutions", CVPR 2017.
#include "cnnx/core/error.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

// The depthwise convolution that `attrs` describes.
template <class T>
Attrs depthwise(const Builder<T>& builder, const Attrs& attrs, const char* kind,
                const std::string& name, Index input) {
  const Shape& shape = builder.shape(input);
  if (shape.flat) {
    throw ShapeError({.layer = name,
                      .layer_name = kind,
                      .expected = "input (channels, height, width)",
                      .got = shape.str(),
                      .hint = "place it before Flatten and Dense"});
  }
  Attrs conv = attrs;
  conv.set("kind", std::string("conv2d"));
  conv.set("spelling", std::string(kind));
  conv.set("groups", shape.channels);
  try {
    conv.set("filters",
             checked_product({shape.channels, attrs.integer("depth_multiplier")}, "filters"));
  } catch (ShapeError& error) {
    error.set_layer(name, kind);
    throw;
  }
  return conv;
}

}  // namespace

template <class T>
Index append_depthwise_conv2d(Builder<T>& builder, const Attrs& attrs, const std::string& name,
                              const std::vector<Index>& inputs) {
  const Index input = inputs[0];
  return builder.append(depthwise(builder, attrs, "DepthwiseConv2D", name, input), name, {input});
}

template <class T>
Index append_separable_conv2d(Builder<T>& builder, const Attrs& attrs, const std::string& name,
                              const std::vector<Index>& inputs) {
  const Index input = inputs[0];
  Attrs spatial = depthwise(builder, attrs, "SeparableConv2D", name, input);
  spatial.set("activation", std::string("linear"));
  spatial.set("use_bias", false);
  const Index level = builder.append(spatial, name + ".depthwise", {input});
  Attrs mixing = attrs;
  mixing.set("kind", std::string("conv2d"));
  mixing.set("spelling", std::string("SeparableConv2D"));
  mixing.set("kernel_size", std::vector<Index>{1, 1});
  mixing.set("stride", std::vector<Index>{1, 1});
  mixing.set("dilation", std::vector<Index>{1, 1});
  mixing.set("padding", std::string("valid"));
  mixing.set("groups", Index{1});
  return builder.append(mixing, name + ".pointwise", {level});
}

template Index append_depthwise_conv2d(Builder<float>&, const Attrs&, const std::string&,
                                       const std::vector<Index>&);
template Index append_depthwise_conv2d(Builder<double>&, const Attrs&, const std::string&,
                                       const std::vector<Index>&);
template Index append_separable_conv2d(Builder<float>&, const Attrs&, const std::string&,
                                       const std::vector<Index>&);
template Index append_separable_conv2d(Builder<double>&, const Attrs&, const std::string&,
                                       const std::vector<Index>&);

}  // namespace cnnx
