// Descriptions of layers, losses and optimizers as Python sends them.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cnnx/core/attrs.h"

namespace cnnx::test {

using Pair = std::pair<Index, Index>;

inline std::vector<Index> list(const Pair& pair) { return {pair.first, pair.second}; }

struct ConvArguments {
  Index filters = 4;
  Pair kernel = {3, 3};
  Pair stride = {1, 1};
  std::string padding = "valid";
  std::optional<Pair> pad = std::nullopt;  // instead of `padding`
  Pair dilation = {1, 1};
  Index groups = 1;
  std::string activation = "linear";
  bool use_bias = true;
  std::string bias_initializer = "zeros";
};

inline Attrs conv2d(const ConvArguments& arguments) {
  Attrs attrs;
  attrs.set("kind", std::string("conv2d"));
  attrs.set("filters", arguments.filters);
  attrs.set("kernel_size", list(arguments.kernel));
  attrs.set("stride", list(arguments.stride));
  if (arguments.pad) {
    attrs.set("padding", list(*arguments.pad));
  } else {
    attrs.set("padding", arguments.padding);
  }
  attrs.set("dilation", list(arguments.dilation));
  attrs.set("groups", arguments.groups);
  attrs.set("activation", arguments.activation);
  attrs.set("use_bias", arguments.use_bias);
  attrs.set("kernel_initializer", std::string("he_normal"));
  attrs.set("bias_initializer", arguments.bias_initializer);
  return attrs;
}

struct DenseArguments {
  Index units = 4;
  std::string activation = "linear";
  bool use_bias = true;
  std::string bias_initializer = "zeros";
};

inline Attrs dense(const DenseArguments& arguments) {
  Attrs attrs;
  attrs.set("kind", std::string("dense"));
  attrs.set("units", arguments.units);
  attrs.set("activation", arguments.activation);
  attrs.set("use_bias", arguments.use_bias);
  attrs.set("kernel_initializer", std::string("glorot_uniform"));
  attrs.set("bias_initializer", arguments.bias_initializer);
  return attrs;
}

inline Attrs max_pool2d(const Pair& window, const Pair& stride, const Pair& padding = {0, 0}) {
  Attrs attrs;
  attrs.set("kind", std::string("max_pool2d"));
  attrs.set("pool_size", list(window));
  attrs.set("stride", list(stride));
  attrs.set("padding", list(padding));
  return attrs;
}

inline Attrs avg_pool2d(const Pair& window, const Pair& stride, const Pair& padding = {0, 0}) {
  Attrs attrs = max_pool2d(window, stride, padding);
  attrs.set("kind", std::string("avg_pool2d"));
  return attrs;
}

inline Attrs of_kind(const std::string& kind) {
  Attrs attrs;
  attrs.set("kind", kind);
  return attrs;
}

inline Attrs global_avg_pool2d() { return of_kind("global_avg_pool2d"); }
inline Attrs global_max_pool2d() { return of_kind("global_max_pool2d"); }

// Top, bottom, left, right.
inline Attrs zero_pad2d(const std::vector<Index>& sides) {
  Attrs attrs = of_kind("zero_pad2d");
  attrs.set("padding", sides);
  return attrs;
}

inline Attrs up_sample2d(const Pair& size, const std::string& interpolation = "nearest") {
  Attrs attrs = of_kind("up_sample2d");
  attrs.set("size", list(size));
  attrs.set("interpolation", interpolation);
  return attrs;
}

inline Attrs flatten() { return of_kind("flatten"); }

inline Attrs activation(const std::string& name, double alpha = 0.01) {
  Attrs attrs = of_kind("activation");
  attrs.set("activation", name);
  attrs.set("alpha", alpha);
  return attrs;
}

inline Attrs rescale(double scale, double offset) {
  Attrs attrs = of_kind("rescale");
  attrs.set("scale", scale);
  attrs.set("offset", offset);
  return attrs;
}

inline Attrs normalize(const std::vector<double>& mean, const std::vector<double>& std) {
  Attrs attrs = of_kind("normalize");
  attrs.set("mean", mean);
  attrs.set("std", std);
  return attrs;
}

inline Attrs batch_norm(const std::string& activation = "linear", double momentum = 0.9,
                        double epsilon = 1e-5) {
  Attrs attrs = of_kind("batch_norm");
  attrs.set("momentum", momentum);
  attrs.set("epsilon", epsilon);
  attrs.set("activation", activation);
  return attrs;
}

inline Attrs dropout(double rate) {
  Attrs attrs = of_kind("dropout");
  attrs.set("rate", rate);
  return attrs;
}

inline Attrs spatial_dropout2d(double rate) {
  Attrs attrs = dropout(rate);
  attrs.set("kind", std::string("spatial_dropout2d"));
  return attrs;
}

// `arguments.filters` and `arguments.groups` follow from the input instead.
inline Attrs depthwise_conv2d(const ConvArguments& arguments, Index multiplier = 1) {
  Attrs attrs = conv2d(arguments);
  attrs.set("kind", std::string("depthwise_conv2d"));
  attrs.set("depth_multiplier", multiplier);
  return attrs;
}

inline Attrs separable_conv2d(const ConvArguments& arguments, Index multiplier = 1) {
  Attrs attrs = depthwise_conv2d(arguments, multiplier);
  attrs.set("kind", std::string("separable_conv2d"));
  return attrs;
}

inline Attrs residual(std::vector<Attrs> branch, std::vector<Attrs> shortcut = {},
                      const std::string& activation = "linear") {
  Attrs attrs = of_kind("residual");
  attrs.set_list("branch", std::move(branch));
  if (!shortcut.empty()) attrs.set_list("shortcut", std::move(shortcut));
  attrs.set("activation", activation);
  return attrs;
}

inline Attrs concat_of(const std::vector<std::vector<Attrs>>& branches) {
  std::vector<Attrs> list;
  for (const std::vector<Attrs>& layers : branches) {
    Attrs branch;
    branch.set_list("layers", layers);
    list.push_back(std::move(branch));
  }
  Attrs attrs = of_kind("concat");
  attrs.set_list("branches", std::move(list));
  return attrs;
}

inline Attrs sgd(double learning_rate, double momentum = 0, bool nesterov = false,
                 double weight_decay = 0) {
  Attrs attrs = of_kind("sgd");
  attrs.set("learning_rate", learning_rate);
  attrs.set("momentum", momentum);
  attrs.set("nesterov", nesterov);
  attrs.set("weight_decay", weight_decay);
  return attrs;
}

inline Attrs adam(const std::string& kind, double learning_rate, double weight_decay = 0) {
  Attrs attrs = of_kind(kind);
  attrs.set("learning_rate", learning_rate);
  attrs.set("beta_1", 0.9);
  attrs.set("beta_2", 0.999);
  attrs.set("epsilon", 1e-8);
  attrs.set("weight_decay", weight_decay);
  return attrs;
}

inline Attrs rmsprop(double learning_rate, double momentum = 0, double weight_decay = 0) {
  Attrs attrs = of_kind("rmsprop");
  attrs.set("learning_rate", learning_rate);
  attrs.set("rho", 0.9);
  attrs.set("momentum", momentum);
  attrs.set("epsilon", 1e-8);
  attrs.set("weight_decay", weight_decay);
  return attrs;
}

inline Attrs adagrad(double learning_rate, double weight_decay = 0) {
  Attrs attrs = of_kind("adagrad");
  attrs.set("learning_rate", learning_rate);
  attrs.set("epsilon", 1e-10);
  attrs.set("weight_decay", weight_decay);
  return attrs;
}

inline Attrs lion(double learning_rate, double weight_decay = 0) {
  Attrs attrs = of_kind("lion");
  attrs.set("learning_rate", learning_rate);
  attrs.set("beta_1", 0.9);
  attrs.set("beta_2", 0.99);
  attrs.set("weight_decay", weight_decay);
  return attrs;
}

// The same description with one value added or replaced.
inline Attrs with(Attrs attrs, const std::string& name, Attrs::Value value) {
  attrs.set(name, std::move(value));
  return attrs;
}

inline Attrs cross_entropy() { return of_kind("cross_entropy"); }
inline Attrs smoothed(double label_smoothing) {
  return with(cross_entropy(), "label_smoothing", label_smoothing);
}
inline Attrs binary_cross_entropy() { return of_kind("binary_cross_entropy"); }
inline Attrs focal(double gamma) { return with(of_kind("focal"), "gamma", gamma); }
inline Attrs huber(double delta) { return with(of_kind("huber"), "delta", delta); }
inline Attrs mae() { return of_kind("mae"); }
inline Attrs mse() { return of_kind("mse"); }

}  // namespace cnnx::test
