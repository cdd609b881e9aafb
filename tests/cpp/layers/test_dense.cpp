#include <doctest/doctest.h>

#include "cnnx/core/error.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/isas.h"
#include "support/layers.h"
#include "support/networks.h"

namespace cnnx::test {

TEST_CASE("dense: shape, parameters and operations") {
  const auto layer = planned(dense({.units = 7}), kFeatures);
  CHECK(layer->output() == Shape::features(7));
  CHECK(layer->flops() == 2 * 20 * 7);
  CHECK(layer->label() == "Dense (layer 3)");
  REQUIRE(layer->parameters().size() == 2);
  CHECK(layer->parameters()[0].dims == std::vector<Index>{7, 20});
  CHECK(layer->parameters()[0].fan_in == 20);
  CHECK(layer->parameters()[0].fan_out == 7);
  CHECK(layer->parameters()[1].dims == std::vector<Index>{7});
  CHECK(planned(dense({.use_bias = false}), kFeatures)->parameters().size() == 1);

  const auto flattened = planned(dense({.units = 7}), {3, 4, 5, true});
  CHECK(flattened->parameters()[0].dims == std::vector<Index>{7, 60});
}

TEST_CASE("dense: maps are rejected with how to fix it") {
  CHECK_THROWS_WITH_AS(planned(dense({}), kImage),
                       "Dense (layer 3): expected flat input (features,), got (3, 8, 9); "
                       "add layers.Flatten() before it",
                       ShapeError);
}

TEST_CASE("dense: weights that overflow are refused") {
  CHECK_THROWS_WITH_AS(planned(dense({.units = Index{1} << 45}), kFeatures),
                       doctest::Contains("Dense (layer 3) weights"), ShapeError);
}

TEST_CASE("dense: arguments out of range are refused by name") {
  const auto refused = [](const char* name, Attrs::Value value, const char* text) {
    CHECK_THROWS_WITH_AS(make_layer<float>(with(dense({}), name, std::move(value))),
                         doctest::Contains(text), ConfigError);
  };
  refused("units", Index{0}, "units: expected at least 1, got 0");
  refused("units", 1.5, "units: expected an integer");
  refused("activation", std::string(""), "activation: \"\" is unknown");
  refused("use_bias", 0.0, "use_bias: expected True or False");
}

TEST_CASE_TEMPLATE("dense: after a flatten it counts in channel, row, column order", T, float,
                   double) {
  Draw draw(1);
  const Index count = 3, channels = 5, height = 3, width = 4, units = 6;
  const Index inputs = channels * height * width;
  const auto x = draw.integers<T>(count * inputs, 5);
  const auto w = draw.integers<T>(units * inputs, 5);  // [unit][channel, row, column]
  const auto b = draw.integers<T>(units, 5);
  const auto dy = draw.integers<T>(count * units, 5);
  std::vector<T> y, dx(x.size()), dw(w.size()), db(b.size());
  for (Index n = 0; n < count; ++n) {
    for (Index u = 0; u < units; ++u) {
      const auto slope = dy[static_cast<std::size_t>(n * units + u)];
      y.push_back(b[static_cast<std::size_t>(u)]);
      db[static_cast<std::size_t>(u)] += slope;
      for (Index k = 0; k < inputs; ++k) {
        const auto at_x = static_cast<std::size_t>(n * inputs + k);
        const auto at_w = static_cast<std::size_t>(u * inputs + k);
        y.back() += x[at_x] * w[at_w];
        dx[at_x] += slope * w[at_w];
        dw[at_w] += slope * x[at_x];
      }
    }
  }
  on_every_isa([&] {
    Network<T> network({flatten(), dense({.units = units})}, {channels, height, width, false}, {});
    network.write_parameter("1.weight", w.data());
    network.write_parameter("1.bias", b.data());
    CHECK(parameter(network, "1.weight") == w);
    CHECK(predict(network, x) == y);
    const auto gradients = backpropagate(network, x, dy);
    CHECK(gradients.images == dx);
    CHECK(gradients.parameters.at("1.weight") == dw);
    CHECK(gradients.parameters.at("1.bias") == db);
  });
}

}  // namespace cnnx::test
