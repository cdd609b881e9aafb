// Random networks of every kind of layer.
#pragma once

#include <string>
#include <vector>

#include "cnnx/core/shape.h"
#include "support/descriptions.h"
#include "support/draw.h"

namespace cnnx::test {

struct NetworkCase {
  Shape input;
  std::vector<Attrs> layers;
  std::string text;  // for messages
};

// Layers on maps, then perhaps a Flatten and layers on features.
class NetworkDraw {
 public:
  explicit NetworkDraw(Draw& draw) : draw_(draw) {}

  NetworkCase network() {
    case_ = {{draw_.integer(1, 4), draw_.integer(4, 11), draw_.integer(4, 11), false}, {}, ""};
    case_.text = case_.input.str();
    channels_ = case_.input.channels;
    rows_ = case_.input.height;
    columns_ = case_.input.width;
    const Index maps = draw_.integer(0, 4);
    for (Index i = 0; i < maps; ++i) add_map_layer();
    add("flatten", flatten());
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
    case_.layers.push_back(attrs);
  }

  // Softmax takes part too: over the channels of maps.
  std::string function() {
    return draw_.one_of<std::string>(
        {"linear", "relu", "relu", "leaky_relu", "sigmoid", "tanh", "softmax", "elu", "softplus"});
  }

  void add_map_layer() {
    switch (draw_.integer(0, 5)) {
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

  void add_pool() {
    const Pair window{draw_.integer(1, 3), draw_.integer(1, 3)};
    const Pair stride{draw_.integer(1, 2), draw_.integer(1, 2)};
    const Pair padding{window.first / 2, window.second / 2};
    rows_ = output_size(rows_, window.first, stride.first, 1, 2 * padding.first);
    columns_ = output_size(columns_, window.second, stride.second, 1, 2 * padding.second);
    add("max_pool2d", max_pool2d(window, stride, padding));
  }

  void add_feature_layer() {
    const std::string name = function();
    if (draw_.chance(0.5)) {
      return add("dense " + name, dense({.units = draw_.integer(1, 20),
                                         .activation = name,
                                         .use_bias = draw_.chance(0.8),
                                         .bias_initializer = "he_uniform"}));
    }
    add("activation " + name, activation(name, 0.2));
  }

  Draw& draw_;
  NetworkCase case_;
  Index channels_ = 0, rows_ = 0, columns_ = 0;
};

}  // namespace cnnx::test
