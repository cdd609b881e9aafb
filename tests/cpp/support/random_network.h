// Random networks of every kind of layer.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cnnx/core/shape.h"
#include "support/descriptions.h"
#include "support/draw.h"

namespace cnnx::test {

struct NetworkCase {
  Shape input;
  std::vector<Attrs> layers;
  std::string text;                  // for messages
  bool training_is_special = false;  // training does something else than inference
};

// Layers on maps, then perhaps a Flatten and layers on features.
class NetworkDraw {
 public:
  explicit NetworkDraw(Draw& draw) : draw_(draw) {}

  NetworkCase network() {
    case_ = {{draw_.integer(1, 4), draw_.integer(4, 11), draw_.integer(4, 11), false}, {}, ""};
    layers_ = &case_.layers;
    case_.text = case_.input.str();
    channels_ = case_.input.channels;
    rows_ = case_.input.height;
    columns_ = case_.input.width;
    const Index maps = draw_.integer(0, 4);
    for (Index i = 0; i < maps; ++i) add_map_layer();
    add("flatten", flatten());
    features_ = channels_ * rows_ * columns_;
    const Index features = draw_.integer(0, 2);
    for (Index i = 0; i < features; ++i) add_feature_layer();
    const Index classes = draw_.integer(2, 6);
    add("dense", dense({.units = classes,
                        .activation = draw_.one_of<std::string>({"linear", "softmax", "tanh"})}));
    return case_;
  }

 private:
  void add(const std::string& name, const Attrs& attrs) {
    case_.text += " " + name;
    layers_->push_back(attrs);
  }

  // The layers that body() adds, as a list of their own.
  template <class Body>
  std::vector<Attrs> branch(Body&& body) {
    std::vector<Attrs> layers;
    std::vector<Attrs>* const outside = std::exchange(layers_, &layers);
    case_.text += " (";
    body();
    case_.text += " )";
    layers_ = outside;
    return layers;
  }

  // Softmax takes part too: over the channels of maps.
  std::string function() {
    return draw_.one_of<std::string>(
        {"linear", "relu", "relu", "leaky_relu", "sigmoid", "tanh", "softmax", "elu", "softplus"});
  }

  void add_map_layer() {
    switch (draw_.integer(0, 9)) {
      case 9:
        return add_residual();
      case 8:
        return add_concat();
      case 7:
        return add_mode(true);
      case 6:
        return add_depthwise();
      case 0: {
        const std::string name = function();
        return add("activation " + name, activation(name, 0.2));
      }
      case 1:
        return add("rescale", rescale(draw_.real(0.5, 2), draw_.real(-1, 1)));
      case 2: {
        std::vector<double> mean, deviation;
        for (Index c = 0; c < channels_; ++c) {
          mean.push_back(draw_.real(-1, 1));
          deviation.push_back(draw_.real(0.5, 2));
        }
        return add("normalize", normalize(mean, deviation));
      }
      case 3:
        return add_pool();
      default:
        return add_conv();
    }
  }

  void add_conv() {
    ConvArguments arguments{.filters = draw_.integer(1, 7),
                            .kernel = {draw_.integer(1, 3), draw_.integer(1, 3)},
                            .activation = function(),
                            .use_bias = draw_.chance(0.8),
                            .bias_initializer = "he_uniform"};
    if (arguments.kernel.first > rows_ || arguments.kernel.second > columns_ || draw_.chance(0.5)) {
      arguments.padding = "same";
      arguments.stride = {draw_.integer(1, 2), draw_.integer(1, 2)};
      rows_ = ceil_div(rows_, arguments.stride.first);
      columns_ = ceil_div(columns_, arguments.stride.second);
    } else {
      rows_ -= arguments.kernel.first - 1;
      columns_ -= arguments.kernel.second - 1;
    }
    if (channels_ % 2 == 0 && draw_.chance(0.3)) {
      arguments.groups = 2;
      arguments.filters *= 2;
    }
    channels_ = arguments.filters;
    add("conv2d " + arguments.activation, conv2d(arguments));
  }

  // A convolution that keeps rows and columns.
  void add_same(Index filters) {
    const std::string name = function();
    channels_ = filters;
    add("same " + name, conv2d({.filters = filters,
                                .kernel = {draw_.integer(1, 3), draw_.integer(1, 3)},
                                .padding = "same",
                                .activation = name,
                                .use_bias = draw_.chance(0.5)}));
  }

  void add_depthwise() {
    const Index multiplier = draw_.integer(1, 2);
    const ConvArguments arguments{.filters = draw_.integer(1, 7),
                                  .kernel = {draw_.integer(1, 3), draw_.integer(1, 3)},
                                  .padding = "same",
                                  .activation = function(),
                                  .bias_initializer = "he_uniform"};
    if (draw_.chance(0.5)) {
      channels_ *= multiplier;
      return add("depthwise " + arguments.activation, depthwise_conv2d(arguments, multiplier));
    }
    channels_ = arguments.filters;
    add("separable " + arguments.activation, separable_conv2d(arguments, multiplier));
  }

  // A layer that does something else in training. A large epsilon keeps slopes tame where there is
  // next to no variance.
  void add_mode(bool maps) {
    case_.training_is_special = true;
    const Index choice = draw_.integer(0, maps ? 3 : 2);
    if (choice == 3) return add("spatial_dropout2d", spatial_dropout2d(0.3));
    if (choice == 2) return add("dropout", dropout(draw_.one_of({0.0, 0.3})));
    const std::string name = function();
    add("batch_norm " + name, batch_norm(name, 0.9, 0.3));
  }

  void add_residual() {
    const Index before = channels_;
    const Index after = draw_.chance(0.6) ? before : draw_.integer(1, 7);
    const auto inner = branch([&] {
      if (after == before && draw_.chance(0.15)) return add("nothing", activation("linear"));
      if (draw_.chance(0.5)) add_same(draw_.integer(1, 7));
      if (draw_.chance(0.4)) add_mode(true);
      add_same(after);
      if (draw_.chance(0.4)) add_mode(true);
      if (draw_.chance(0.2)) {
        const std::string name = function();
        add("residual", residual({activation(name)}));
      }
    });
    channels_ = before;
    std::vector<Attrs> around;
    if (after != before || draw_.chance(0.2)) around = branch([&] { add_same(after); });
    channels_ = after;
    const std::string name = draw_.one_of<std::string>({"linear", "relu", "tanh"});
    add("residual " + name, residual(inner, around, name));
  }

  void add_concat() {
    const Index before = channels_;
    Index sum = 0;
    std::vector<std::vector<Attrs>> branches;
    const Index count = draw_.integer(2, 3);
    for (Index i = 0; i < count; ++i) {
      channels_ = before;
      branches.push_back(branch([&] {
        if (draw_.chance(0.6)) add_same(draw_.integer(1, 5));
        if (draw_.chance(0.3)) add_mode(true);
      }));
      sum += channels_;
    }
    channels_ = sum;
    add("concat", concat_of(branches));
  }

  void add_pool() {
    const Pair window{draw_.integer(1, 3), draw_.integer(1, 3)};
    const Pair stride{draw_.integer(1, 2), draw_.integer(1, 2)};
    const Pair padding{window.first / 2, window.second / 2};
    rows_ = output_size(rows_, window.first, stride.first, 1, 2 * padding.first);
    columns_ = output_size(columns_, window.second, stride.second, 1, 2 * padding.second);
    add("max_pool2d", max_pool2d(window, stride, padding));
  }

  void add_dense(Index units) {
    const std::string name = function();
    features_ = units;
    add("dense " + name, dense({.units = units,
                                .activation = name,
                                .use_bias = draw_.chance(0.8),
                                .bias_initializer = "he_uniform"}));
  }

  void add_feature_layer() {
    const double choice = draw_.real(0, 1);
    if (choice < 0.2) return add_mode(false);
    if (choice < 0.4) {
      const Index units = features_;
      const auto inner = branch([&] {
        add_dense(draw_.integer(1, 9));
        if (draw_.chance(0.5)) add_mode(false);
        add_dense(units);
      });
      return add("residual", residual(inner));
    }
    if (choice < 0.7) return add_dense(draw_.integer(1, 20));
    const std::string name = function();
    add("activation " + name, activation(name, 0.2));
  }

  Draw& draw_;
  NetworkCase case_;
  std::vector<Attrs>* layers_ = nullptr;  // where the next one goes
  Index channels_ = 0, rows_ = 0, columns_ = 0, features_ = 0;
};

}  // namespace cnnx::test
