#include <doctest/doctest.h>

#include "cnnx/core/error.h"
#include "support/isas.h"
#include "support/layers.h"
#include "support/networks.h"

namespace cnnx::test {
namespace {

Pair output_of(const Pair& window, const Pair& stride, const Pair& padding = {0, 0}) {
  const Shape shape = planned(max_pool2d(window, stride, padding), kImage)->output();
  CHECK(shape.channels == 3);
  return {shape.height, shape.width};
}

}  // namespace

TEST_CASE("max_pool2d: output sizes") {
  CHECK(output_of({2, 2}, {2, 2}) == Pair{4, 4});
  CHECK(output_of({3, 3}, {1, 2}) == Pair{6, 4});
  CHECK(output_of({8, 9}, {1, 1}) == Pair{1, 1});
  CHECK(output_of({3, 3}, {2, 2}, {1, 1}) == Pair{4, 5});
  CHECK(output_of({2, 5}, {5, 1}, {1, 2}) == Pair{2, 9});
}

TEST_CASE("max_pool2d: no parameters, and places of one or four bytes") {
  const auto small = planned(max_pool2d({2, 2}, {2, 2}), kImage);
  CHECK(small->parameters().empty());
  CHECK(small->traits().saved_bytes == 3 * 4 * 4);
  CHECK(planned(max_pool2d({20, 20}, {1, 1}), {2, 21, 20, false})->traits().saved_bytes ==
        2 * 2 * 4);
}

TEST_CASE("max_pool2d: shapes that do not fit are refused") {
  const auto refused = [](const Attrs& attrs, const Shape& input, const char* text) {
    CHECK_THROWS_WITH_AS(planned(attrs, input), doctest::Contains(text), ShapeError);
    CHECK_THROWS_WITH_AS(planned(attrs, input), doctest::Contains("MaxPool2D (layer 3): "),
                         ShapeError);
  };
  refused(max_pool2d({2, 2}, {2, 2}), kFeatures, "got (20,); place it before Flatten");
  refused(max_pool2d({9, 2}, {2, 2}), kImage,
          "window 9x2 does not fit input 8x9 with padding 0x0; use a smaller pool_size");
  refused(max_pool2d({2, 2}, {2, 2}, {0, 2}), kImage,
          "padding 0x2 must be at most half the window 2x2");
  refused(max_pool2d({3, 3}, {2, 2}, {2, 0}), kImage, "padding 2x0 must be at most half");
}

TEST_CASE("max_pool2d: arguments out of range are refused by name") {
  const auto refused = [](const char* name, const char* text) {
    const Attrs attrs = with(max_pool2d({2, 2}, {2, 2}), name, std::vector<Index>{-1, 2});
    CHECK_THROWS_WITH_AS(make_layer<float>(attrs), doctest::Contains(text), ConfigError);
  };
  refused("pool_size", "pool_size: expected two integers of at least 1, got (-1, 2)");
  refused("stride", "stride: expected two integers of at least 1, got (-1, 2)");
  refused("padding", "padding: expected two integers of at least 0, got (-1, 2)");
}

TEST_CASE_TEMPLATE("max_pool2d: both passes in public layout, ties to the first in row order", T,
                   float, double) {
  const std::vector<T> x{1, 5, 5, 2, 3, 5, 4, 4, 7,    //
                         0, 0, 0, 0, 0, 0, 0, 0, -1};  // two channels of 3x3
  on_every_isa([&] {
    Network<T> network({max_pool2d({2, 2}, {1, 1})}, {2, 3, 3, false}, {});
    CHECK(predict(network, x) == std::vector<T>{5, 5, 4, 7, 0, 0, 0, 0});
    const auto gradients = backpropagate(network, x, {1, 10, 100, 1000, 1, 10, 100, 1000});
    CHECK(gradients.images == std::vector<T>{0, 11, 0, 0, 0, 0, 100, 0, 1000,  //
                                             1, 10, 0, 100, 1000, 0, 0, 0, 0});
  });
}

}  // namespace cnnx::test
