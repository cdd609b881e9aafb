// Layers that keep the shape: Activation, Rescale, Normalize, Flatten; and the registry of layers.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "cnnx/core/error.h"
#include "cnnx/layers/activations.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/isas.h"
#include "support/layers.h"
#include "support/networks.h"

namespace cnnx::test {

TEST_CASE("layers: an unknown kind is refused with the choices") {
  CHECK_THROWS_WITH_AS(
      make_layer<float>(of_kind("conv3d")),
      doctest::Contains("layer kind \"conv3d\" is unknown; choose one of activation, "),
      ConfigError);
  CHECK_THROWS_WITH_AS(make_layer<float>(of_kind("conv3d")), doctest::Contains(", residual"),
                       ConfigError);
  CHECK_THROWS_WITH_AS(make_layer<double>(Attrs()), "kind: missing", ConfigError);
}

TEST_CASE("activations: every name and nothing else") {
  for (const char* name : {"linear", "relu", "leaky_relu", "sigmoid", "tanh", "softmax", "elu",
                           "softplus", "gelu", "silu", "hard_swish"}) {
    CHECK_NOTHROW(parse_activation(name));
    CHECK_THROWS_WITH_AS(parse_activation("Relu"), doctest::Contains(name), ConfigError);
  }
  CHECK(parse_activation("leaky_relu").alpha == 0.01);
  CHECK(parse_activation("leaky_relu", 0.3).alpha == 0.3);
  CHECK(parse_activation("elu").alpha == 1);
  CHECK(parse_activation("elu", 0.3).alpha == 0.3);
  for (const char* name : {"relu", "tanh", "softmax", "elu", "softplus"}) {
    CHECK(told_by_outputs(parse_activation(name)));
  }
  for (const char* name : {"gelu", "silu", "hard_swish"}) {
    CHECK_FALSE(told_by_outputs(parse_activation(name)));
    CHECK_FALSE(applied_by_kernel(parse_activation(name)));
  }
  CHECK(activation_of(Attrs()).kind == ActivationKind::linear);
  CHECK(applied_by_kernel({ActivationKind::relu}));
  CHECK_FALSE(applied_by_kernel({ActivationKind::softmax}));
}

TEST_CASE("flatten: the shape becomes flat and remembers its maps") {
  const auto layer = planned(flatten(), kImage);
  CHECK(layer->output() == Shape{3, 8, 9, true});
  CHECK(layer->output().to_public() == std::vector<Index>{216});
  CHECK(layer->passes_through());
  CHECK(planned(flatten(), kFeatures)->output() == kFeatures);
}

TEST_CASE_TEMPLATE("flatten: maps leave in channel, row, column order", T, float, double) {
  Network<T> network({flatten()}, {3, 2, 2, false}, {});
  std::vector<T> x;
  for (int i = 0; i < 24; ++i) x.push_back(static_cast<T>(i));
  CHECK(predict(network, x) == x);
  CHECK(backpropagate(network, x, x).images == x);
}

TEST_CASE("activation layer: a negative or unordered slope is refused") {
  CHECK_THROWS_WITH_AS(make_layer<float>(activation("leaky_relu", -0.5)),
                       doctest::Contains("alpha: expected a number of at least 0, got -0.5"),
                       ConfigError);
  CHECK_THROWS_AS(make_layer<float>(activation("relu", std::nan(""))), ConfigError);
  CHECK_THROWS_AS(make_layer<float>(activation("mish")), ConfigError);
}

TEST_CASE("activation layer: keeps what its derivative is told from, and no more") {
  const auto kept = [](const char* name) {
    const auto layer = planned(activation(name), kImage);
    return std::pair{layer->reads_input(), layer->reads_output()};
  };
  for (const char* name : {"relu", "softmax", "elu", "softplus"}) {
    CHECK(kept(name) == std::pair{false, true});
  }
  for (const char* name : {"gelu", "silu", "hard_swish"}) {
    CHECK(kept(name) == std::pair{true, false});
  }
  CHECK(kept("linear") == std::pair{false, false});
}

TEST_CASE_TEMPLATE("activation layer: values and gradients of every function", T, float, double) {
  const std::vector<T> x{-2, -0.5, 0.25, 1, 3, -1};
  struct Row {
    std::string name;
    double (*value)(double);
    double (*slope)(double);
  };
  const Row rows[] = {
      {"linear", [](double v) { return v; }, [](double) { return 1.0; }},
      {"relu", [](double v) { return v > 0 ? v : 0; }, [](double v) { return v > 0 ? 1.0 : 0.0; }},
      {"leaky_relu", [](double v) { return v > 0 ? v : 0.25 * v; },
       [](double v) { return v > 0 ? 1.0 : 0.25; }},
      {"sigmoid", [](double v) { return 1 / (1 + std::exp(-v)); },
       [](double v) { return std::exp(-v) / std::pow(1 + std::exp(-v), 2); }},
      {"tanh", [](double v) { return std::tanh(v); },
       [](double v) { return 1 / std::pow(std::cosh(v), 2); }},
      {"elu", [](double v) { return v > 0 ? v : 0.25 * std::expm1(v); },
       [](double v) { return v > 0 ? 1.0 : 0.25 * std::exp(v); }},
      {"softplus", [](double v) { return std::log1p(std::exp(v)); },
       [](double v) { return 1 / (1 + std::exp(-v)); }},
      {"gelu", [](double v) { return v * std::erfc(-v / std::sqrt(2.0)) / 2; },
       [](double v) {
         return std::erfc(-v / std::sqrt(2.0)) / 2 +
                v * std::exp(-v * v / 2) / std::sqrt(2 * std::acos(-1.0));
       }},
      {"silu", [](double v) { return v / (1 + std::exp(-v)); },
       [](double v) {
         const double s = 1 / (1 + std::exp(-v));
         return s * (1 + v * (1 - s));
       }},
      {"hard_swish", [](double v) { return v * std::min(v + 3, 6.0) / 6; },
       [](double v) { return v < 3 ? v / 3 + 0.5 : 1.0; }},
  };
  on_every_isa([&] {
    for (const Row& row : rows) {
      CAPTURE(row.name);
      Network<T> network({activation(row.name, 0.25)}, {1, 2, 3, false}, {});
      std::vector<double> values, slopes;
      for (const T v : x) {
        values.push_back(row.value(v));
        slopes.push_back(row.slope(v) * 2);
      }
      CHECK(difference(predict(network, x), values, 8 * kRoundoff<T>) == "");
      const auto gradients = backpropagate(network, x, std::vector<T>(6, 2));
      CHECK(difference(gradients.images, slopes, 16 * kRoundoff<T>) == "");
    }
  });
}

TEST_CASE_TEMPLATE("activation layer: softmax is over the channels of maps, over all features", T,
                   float, double) {
  // Two channels of 1x3; a difference of ln 3 between the channels gives 1/4 and 3/4.
  const T d = static_cast<T>(std::log(3.0));
  const std::vector<T> x{5, 0, -7, 5 + d, d, -7 + d};
  on_every_isa([&] {
    Network<T> maps({activation("softmax")}, {2, 1, 3, false}, {});
    CHECK(difference(predict(maps, x), std::vector<double>{0.25, 0.25, 0.25, 0.75, 0.75, 0.75},
                     20 * kRoundoff<T>) == "");
    Network<T> features({flatten(), activation("softmax")}, {2, 1, 3, false}, {});
    const auto y = predict(features, x);
    double sum = 0, expected = 0;
    for (const T v : x) expected += std::exp(static_cast<double>(v));
    for (const T v : y) sum += v;
    CHECK(std::abs(sum - 1) < 10 * kRoundoff<T>);
    CHECK(std::abs(y[0] - std::exp(5.0) / expected) < 20 * kRoundoff<T>);
  });
}

TEST_CASE_TEMPLATE("rescale: scale and offset, the scale alone backwards", T, float, double) {
  on_every_isa([&] {
    Network<T> network({rescale(0.5, -3)}, {2, 1, 2, false}, {});
    CHECK(predict<T>(network, {0, 2, 4, 8}) == std::vector<T>{-3, -2, -1, 1});
    CHECK(backpropagate<T>(network, {0, 2, 4, 8}, {1, 2, 3, 4}).images ==
          std::vector<T>{0.5, 1, 1.5, 2});
  });
}

TEST_CASE_TEMPLATE("normalize: mean and standard deviation of each channel, or of all", T, float,
                   double) {
  on_every_isa([&] {
    Network<T> each({normalize({1, 10}, {2, 0.5})}, {2, 1, 2, false}, {});
    CHECK(predict<T>(each, {1, 5, 10, 11}) == std::vector<T>{0, 2, 0, 2});
    CHECK(backpropagate<T>(each, {1, 5, 10, 11}, {1, 1, 1, 1}).images ==
          std::vector<T>{0.5, 0.5, 2, 2});
    Network<T> all({normalize({1}, {0.25})}, {2, 1, 2, false}, {});
    CHECK(predict<T>(all, {1, 2, 0, 1}) == std::vector<T>{0, 4, -4, 0});
  });
}

TEST_CASE("normalize: counts and deviations that make no sense are refused") {
  const auto refused = [](const Attrs& attrs, const char* text) {
    CHECK_THROWS_WITH_AS(make_layer<float>(attrs), doctest::Contains(text), ConfigError);
  };
  refused(normalize({1, 2}, {1}), "got 2 and 1");
  refused(normalize({}, {}), "got 0 and 0");
  refused(normalize({0}, {0}), "std: expected numbers above 0, got 0");
  refused(normalize({0, 0}, {1, -1}), "std: expected numbers above 0, got -1");
  refused(normalize({0}, {std::nan("")}), "std: expected numbers above 0");
  CHECK_THROWS_WITH_AS(
      planned(normalize({0, 0}, {1, 1}), kImage),
      "Normalize (layer 3): mean and std have 2 numbers, the input has 3 channels; "
      "give one for each, or one for all",
      ShapeError);
}

}  // namespace cnnx::test
