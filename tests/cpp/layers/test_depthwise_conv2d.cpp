// DepthwiseConv2D and SeparableConv2D are what they stand for: grouped convolutions, and two.
#include <doctest/doctest.h>

#include "cnnx/core/error.h"
#include "support/draw.h"
#include "support/isas.h"
#include "support/networks.h"

namespace cnnx::test {
namespace {

const Shape kMaps{6, 9, 8, false};

template <class T>
void copy_parameters(const Network<T>& from, Network<T>& to) {
  const auto names = from.parameter_names(), others = to.parameter_names();
  REQUIRE(names.size() == others.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    to.write_parameter(others[i], parameter(from, names[i]).data());
  }
}

template <class T>
void check_same(Network<T>& one, Network<T>& two, Draw& draw) {
  copy_parameters(one, two);
  const auto x = draw.reals<T>(5 * kMaps.size());
  const auto y = predict(one, x);
  CHECK(predict(two, x) == y);
  const auto dy = draw.reals<T>(std::ssize(y));
  const auto a = backpropagate(one, x, dy), b = backpropagate(two, x, dy);
  CHECK(a.images == b.images);
}

}  // namespace

TEST_CASE_TEMPLATE("depthwise_conv2d: a convolution with a group for each channel", T, float,
                   double) {
  Draw draw(1);
  on_every_isa([&] {
    ConvArguments arguments{.stride = {2, 1},
                            .padding = "same",
                            .dilation = {1, 2},
                            .activation = "tanh",
                            .bias_initializer = "he_uniform"};
    Network<T> depthwise({depthwise_conv2d(arguments, 2)}, kMaps, {});
    arguments.filters = 12;
    arguments.groups = 6;
    Network<T> grouped({conv2d(arguments)}, kMaps, {});
    CHECK(depthwise.parameter("0.weight").dims == std::vector<Index>{12, 1, 3, 3});
    CHECK(depthwise.output() == grouped.output());
    check_same(depthwise, grouped, draw);
  });
}

TEST_CASE_TEMPLATE("separable_conv2d: a plain depthwise one, then one of 1x1", T, float, double) {
  Draw draw(2);
  on_every_isa([&] {
    const ConvArguments arguments{.filters = 10,
                                  .stride = {2, 2},
                                  .padding = "same",
                                  .activation = "relu",
                                  .bias_initializer = "he_uniform"};
    Network<T> separable({separable_conv2d(arguments, 2)}, kMaps, {});
    CHECK(separable.parameter_names() ==
          std::vector<std::string>{"0.depthwise.weight", "0.pointwise.weight", "0.pointwise.bias"});
    Network<T> two({depthwise_conv2d({.stride = {2, 2}, .padding = "same", .use_bias = false}, 2),
                    conv2d({.filters = 10, .kernel = {1, 1}, .activation = "relu"})},
                   kMaps, {});
    check_same(separable, two, draw);
  });
}

TEST_CASE("depthwise_conv2d: features and impossible numbers of filters are refused") {
  const auto refused = [](const Attrs& layer, const Shape& input, const char* text) {
    CHECK_THROWS_WITH_AS(Network<float>({layer}, input, {}), doctest::Contains(text), ShapeError);
  };
  refused(depthwise_conv2d({}), Shape::features(9),
          "DepthwiseConv2D (layer 0): expected input (channels, height, width), got (9,); place it "
          "before Flatten and Dense");
  refused(separable_conv2d({}), Shape::features(9), "SeparableConv2D (layer 0): expected input");
  refused(depthwise_conv2d({.kernel = {10, 3}}), kMaps,
          "DepthwiseConv2D (layer 0): kernel 10x3 does not fit input 9x8");
  refused(separable_conv2d({.kernel = {10, 3}}), kMaps,
          "SeparableConv2D (layer 0.depthwise): kernel 10x3 does not fit input 9x8");
  refused(depthwise_conv2d({}, Index{1} << 61), kMaps, "DepthwiseConv2D (layer 0) filters");
  CHECK_THROWS_WITH_AS(Network<float>({depthwise_conv2d({}, 0)}, kMaps, {}),
                       "layer 0: depth_multiplier: expected at least 1, got 0", ConfigError);
}

}  // namespace cnnx::test
