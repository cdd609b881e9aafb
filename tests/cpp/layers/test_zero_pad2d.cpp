#include <doctest/doctest.h>

#include "cnnx/core/error.h"
#include "support/layers.h"
#include "support/networks.h"

namespace cnnx::test {

TEST_CASE("zero_pad2d: output sizes and refused arguments") {
  CHECK(planned(zero_pad2d({1, 2, 3, 4}), kImage)->output() == Shape{3, 11, 16, false});
  CHECK(planned(zero_pad2d({0, 0, 0, 0}), kImage)->output() == kImage);
  CHECK_THROWS_WITH_AS(planned(zero_pad2d({1, 1, 1, 1}), kFeatures),
                       doctest::Contains("ZeroPad2D (layer 3): expected input"), ShapeError);
  CHECK_THROWS_WITH_AS(planned(zero_pad2d({0, 0, Index{1} << 31, 0}), kImage),
                       doctest::Contains("padding up to 1073741824 is possible"), ShapeError);
  CHECK_THROWS_WITH_AS(
      make_layer<float>(zero_pad2d({1, 2})),
      doctest::Contains("padding: expected 4 integers of at least 0, got 2 of them"), ConfigError);
  CHECK_THROWS_WITH_AS(make_layer<float>(zero_pad2d({1, 2, -1, 0})),
                       doctest::Contains("padding: expected 4 integers of at least 0, got ("),
                       ConfigError);
}

TEST_CASE_TEMPLATE("zero_pad2d: zeros around each map, and the gradient inside", T, float, double) {
  // Two images of two channels of 1x2: top 1, bottom 0, left 2, right 1.
  Network<T> network({zero_pad2d({1, 0, 2, 1})}, {2, 1, 2, false}, {});
  const std::vector<T> x{1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<T> expected(40), grad(40);
  for (int map = 0; map < 4; ++map) {
    for (int i = 0; i < 2; ++i) {
      expected[static_cast<std::size_t>(10 * map + 5 + 2 + i)] = static_cast<T>(2 * map + i + 1);
    }
  }
  for (std::size_t i = 0; i < grad.size(); ++i) grad[i] = static_cast<T>(i);
  CHECK(predict(network, x) == expected);
  CHECK(backpropagate(network, x, grad).images == std::vector<T>{7, 8, 17, 18, 27, 28, 37, 38});
}

}  // namespace cnnx::test
