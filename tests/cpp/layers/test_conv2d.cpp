#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "cnnx/core/error.h"
#include "support/compare.h"
#include "support/conv_case.h"
#include "support/descriptions.h"
#include "support/isas.h"
#include "support/layers.h"
#include "support/networks.h"

namespace cnnx::test {
namespace {

// Output rows and columns of a layer on an 8x9 image.
Pair output_of(const ConvArguments& arguments) {
  const Shape shape = planned(conv2d(arguments), kImage)->output();
  CHECK(shape.channels == arguments.filters);
  CHECK_FALSE(shape.flat);
  return {shape.height, shape.width};
}

// (N, C, H, W) to (N, H, W, C) and back, or the same for filters (out, in, kh, kw).
template <class T, class Value>
std::vector<Value> permuted(const std::vector<T>& values, const std::array<Index, 4>& sizes,
                            const std::array<int, 4>& order) {
  std::vector<Value> result;
  const std::array<Index, 4> strides{sizes[1] * sizes[2] * sizes[3], sizes[2] * sizes[3], sizes[3],
                                     1};
  const auto size = [&](std::size_t axis) { return sizes[static_cast<std::size_t>(order[axis])]; };
  const auto step = [&](std::size_t axis) {
    return strides[static_cast<std::size_t>(order[axis])];
  };
  for (Index a = 0; a < size(0); ++a) {
    for (Index b = 0; b < size(1); ++b) {
      for (Index c = 0; c < size(2); ++c) {
        for (Index d = 0; d < size(3); ++d) {
          const Index at = a * step(0) + b * step(1) + c * step(2) + d * step(3);
          result.push_back(static_cast<Value>(values[static_cast<std::size_t>(at)]));
        }
      }
    }
  }
  return result;
}

template <class T>
std::vector<T> channels_last(const std::vector<T>& x, Index n, Index c, Index h, Index w) {
  return permuted<T, T>(x, {n, c, h, w}, {0, 2, 3, 1});
}
template <class T>
std::vector<double> channels_first(const std::vector<T>& x, Index n, Index c, Index h, Index w) {
  return permuted<T, double>(x, {n, h, w, c}, {0, 3, 1, 2});
}

}  // namespace

TEST_CASE("conv2d: output sizes of every kind of padding") {
  CHECK(output_of({.kernel = {3, 3}}) == Pair{6, 7});
  CHECK(output_of({.kernel = {8, 9}}) == Pair{1, 1});
  CHECK(output_of({.kernel = {3, 5}, .stride = {2, 3}}) == Pair{3, 2});
  CHECK(output_of({.kernel = {3, 3}, .dilation = {2, 3}}) == Pair{4, 3});
  CHECK(output_of({.kernel = {2, 4}, .padding = "same"}) == Pair{8, 9});
  CHECK(output_of({.kernel = {3, 3}, .stride = {2, 2}, .padding = "same"}) == Pair{4, 5});
  CHECK(output_of({.kernel = {5, 5}, .stride = {3, 4}, .padding = "same"}) == Pair{3, 3});
  CHECK(output_of({.kernel = {1, 1}, .stride = {9, 9}, .padding = "same"}) == Pair{1, 1});
  CHECK(output_of({.kernel = {3, 3}, .pad = Pair{1, 2}}) == Pair{8, 11});
  CHECK(output_of({.kernel = {3, 3}, .stride = {2, 1}, .pad = Pair{9, 0}}) == Pair{12, 7});
}

TEST_CASE("conv2d: parameters, fans and operations") {
  const auto layer = planned(conv2d({.filters = 6, .kernel = {3, 2}, .groups = 3}), kImage);
  REQUIRE(layer->parameters().size() == 2);
  const Parameter<float>& weight = layer->parameters()[0];
  CHECK(weight.name == "weight");
  CHECK(weight.dims == std::vector<Index>{6, 1, 3, 2});
  CHECK(weight.count() == 36);
  CHECK(weight.fan_in == 6);
  CHECK(weight.fan_out == 12);
  CHECK(layer->parameters()[1].name == "bias");
  CHECK(layer->parameters()[1].dims == std::vector<Index>{6});
  CHECK(layer->flops() == 2 * 6 * layer->output().size());
  CHECK(layer->label() == "Conv2D (layer 3)");
  CHECK(planned(conv2d({.use_bias = false}), kImage)->parameters().size() == 1);
}

TEST_CASE("conv2d: shapes that do not fit are rejected with what was received and how to fix it") {
  const auto refused = [](const ConvArguments& arguments, const Shape& input, const char* text) {
    CHECK_THROWS_WITH_AS(planned(conv2d(arguments), input), doctest::Contains(text), ShapeError);
    CHECK_THROWS_WITH_AS(planned(conv2d(arguments), input), doctest::Contains("Conv2D (layer 3): "),
                         ShapeError);
  };
  refused({}, kFeatures, "expected input (channels, height, width), got (20,)");
  refused({.kernel = {5, 5}}, {1, 3, 3, false}, "kernel 5x5 does not fit input 3x3 with padding 0");
  refused({.kernel = {5, 5}}, {1, 3, 3, false}, "use padding=\"same\" or a smaller kernel");
  refused({.kernel = {3, 3}, .dilation = {1, 5}}, kImage, "with dilation 1x5");
  refused({.kernel = {9, 1}}, kImage, "kernel 9x1 does not fit input 8x9");
  refused({.kernel = {1, 14}, .pad = Pair{0, 2}}, kImage, "padding 0x2");
  refused({.filters = 4, .groups = 3}, kImage,
          "groups=3 must divide both the 3 input channels and the 4 filters");
  refused({.filters = 4, .groups = 2}, kImage, "groups=2 must divide both the 3 input channels");
}

TEST_CASE("conv2d: sizes whose products overflow are refused before anything is allocated") {
  const Index huge = Index{1} << 45;
  const auto refused = [](const ConvArguments& arguments) {
    CHECK_THROWS_AS(planned(conv2d(arguments), kImage), ShapeError);
  };
  refused({.filters = huge});
  refused({.kernel = {huge, huge}});
  refused({.dilation = {huge, 1}});
  refused({.stride = {huge, 1}});
  refused({.pad = Pair{huge, huge}});
  refused({.kernel = {1 << 30, 1}, .pad = Pair{1 << 30, 0}, .dilation = {1 << 30, 1}});
  refused({.filters = 1 << 20, .pad = Pair{1 << 20, 1 << 20}});
}

TEST_CASE("conv2d: arguments out of range are refused by name") {
  const Attrs good = conv2d({});
  const auto refused = [&](const char* name, Attrs::Value value, const char* text) {
    CHECK_THROWS_WITH_AS(make_layer<float>(with(good, name, std::move(value))),
                         doctest::Contains(text), ConfigError);
  };
  refused("filters", Index{0}, "filters: expected at least 1, got 0");
  refused("kernel_size", std::vector<Index>{0, 3}, "kernel_size: expected two integers");
  refused("stride", std::vector<Index>{1, -1}, "stride: expected two integers");
  refused("dilation", std::vector<Index>{1, 0}, "dilation: expected two integers");
  refused("padding", std::vector<Index>{-1, 0}, "padding: expected two integers of at least 0");
  refused("padding", std::string("full"), "padding: expected \"valid\", \"same\" or numbers");
  refused("groups", Index{0}, "groups: expected at least 1, got 0");
  refused("activation", std::string("swish"), "activation: \"swish\" is unknown; choose one of");
  refused("use_bias", Index{1}, "use_bias: expected True or False");
}

// The layer against the definition, in public layout, with the paddings as users give them.
TEST_CASE_TEMPLATE("conv2d: both passes are exact in public layout", T, float, double) {
  Draw draw(1);
  for (int i = 0; i < 60; ++i) {
    const Index groups = draw.chance(0.7) ? 1 : 2;
    const Index channels = groups * draw.integer(1, 9), filters = groups * draw.integer(1, 9);
    const Index count = draw.integer(1, 9), height = draw.integer(5, 9), width = draw.integer(5, 9);
    ConvArguments arguments{.filters = filters,
                            .kernel = {draw.integer(1, 4), draw.integer(1, 4)},
                            .stride = {draw.integer(1, 3), draw.integer(1, 3)},
                            .groups = groups,
                            .use_bias = draw.chance(0.8)};
    // What the padding should come to, rows and columns together.
    Pair padding{0, 0};
    const auto same = [](Index in, Index kernel, Index stride) {
      return std::max<Index>(0, ((in + stride - 1) / stride - 1) * stride + kernel - in);
    };
    const Index kind = draw.integer(0, 2);
    if (kind == 1) {
      arguments.padding = "same";
      padding = {same(height, arguments.kernel.first, arguments.stride.first),
                 same(width, arguments.kernel.second, arguments.stride.second)};
    } else if (kind == 2) {
      arguments.pad = Pair{draw.integer(0, 3), draw.integer(0, 3)};
      padding = {2 * arguments.pad->first, 2 * arguments.pad->second};
    }
    const Index rows = (height + padding.first - arguments.kernel.first) / arguments.stride.first;
    const Index columns =
        (width + padding.second - arguments.kernel.second) / arguments.stride.second;
    const ConvGeometry g{channels,
                         height,
                         width,
                         filters,
                         rows + 1,
                         columns + 1,
                         arguments.kernel.first,
                         arguments.kernel.second,
                         arguments.stride.first,
                         arguments.stride.second,
                         1,
                         1,
                         padding.first / 2,
                         padding.second / 2,
                         groups};
    const std::string shape = describe(g);
    CAPTURE(shape);

    const auto x = draw.integers<T>(count * g.in_size(), 4);
    const auto w = draw.integers<T>(g.weight_count(), 4);
    const auto b = draw.integers<T>(arguments.use_bias ? filters : 0, 4);
    const auto dy = draw.integers<T>(count * g.out_size(), 4);
    const auto x_last = channels_last(x, count, channels, height, width);
    const auto dy_last = channels_last(dy, count, filters, rows + 1, columns + 1);
    const auto w_last = permuted<T, T>(
        w, {filters, channels / groups, g.kernel_height, g.kernel_width}, {2, 3, 1, 0});
    const ConvOracle<T> oracle(g, count);
    const auto y = oracle.forward(x_last, w_last, b, {}).value;
    const auto dx = oracle.backward_data(dy_last, w_last).value;
    const auto dw = oracle.backward_weights(x_last, dy_last).value;

    on_every_isa([&] {
      Network<T> network({conv2d(arguments)}, {channels, height, width, false},
                         options({}, {}, 0, true));
      network.write_parameter("0.weight", w.data());
      if (!b.empty()) network.write_parameter("0.bias", b.data());
      REQUIRE(difference(predict(network, x),
                         channels_first(y, count, filters, rows + 1, columns + 1)) == "");
      const auto gradients = backpropagate(network, x, dy);
      REQUIRE(difference(gradients.images, channels_first(dx, count, channels, height, width)) ==
              "");
      REQUIRE(difference(gradients.parameters.at("0.weight"),
                         permuted<Wide<T>, double>(
                             dw, {g.kernel_height, g.kernel_width, channels / groups, filters},
                             {3, 2, 0, 1})) == "");
      if (b.empty()) return;
      std::vector<T> db(static_cast<std::size_t>(filters));
      for (std::size_t k = 0; k < dy_last.size(); ++k) db[k % db.size()] += dy_last[k];
      REQUIRE(difference(gradients.parameters.at("0.bias"), db) == "");
    });
  }
}

TEST_CASE("conv2d: exact_conv decides about Winograd where that is on offer") {
  const Shape image{32, 8, 8, false};
  const Attrs attrs = conv2d({.filters = 32, .padding = "same"});
  on_every_isa([&] {
    if (current_tables().f32.winograd == nullptr) return;
    const Index direct = planned(attrs, image, true)->accumulator_size();
    CHECK(direct == 32 * 32 * 9 + 32);
    CHECK(planned(attrs, image, false)->accumulator_size() == 32 * 32 * 36 + 32);
  });
}

}  // namespace cnnx::test
