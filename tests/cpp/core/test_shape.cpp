#include "cnnx/core/shape.h"

#include <doctest/doctest.h>

#include <limits>

#include "cnnx/core/error.h"
#include "support/draw.h"

namespace cnnx::test {
namespace {

// Counts the places of a window by trying them one after another.
Index places_by_trial(Index input, Index kernel, Index stride, Index dilation, Index padding) {
  Index places = 0;
  for (Index first = 0; first + (kernel - 1) * dilation < input + padding; first += stride) {
    ++places;
  }
  return places;
}

}  // namespace

TEST_CASE("shape: public dimensions there and back") {
  const Shape image = Shape::from_public({3, 5, 7});
  CHECK(image == Shape{3, 5, 7, false});
  CHECK(image.size() == 105);
  CHECK(image.pixels() == 35);
  CHECK(image.to_public() == std::vector<Index>{3, 5, 7});
  CHECK(image.str() == "(3, 5, 7)");

  const Shape features = Shape::from_public({12});
  CHECK(features == Shape::features(12));
  CHECK(features.flat);
  CHECK(features.to_public() == std::vector<Index>{12});
  CHECK(features.str() == "(12,)");

  const Shape flattened{64, 7, 7, true};
  CHECK(flattened.to_public() == std::vector<Index>{3136});
}

TEST_CASE("shape: ranks other than 1 and 3 and sizes below 1 are refused with what was got") {
  CHECK_THROWS_WITH_AS(Shape::from_public({}), doctest::Contains("got ()"), ShapeError);
  CHECK_THROWS_WITH_AS(Shape::from_public({28, 28}), doctest::Contains("got (28, 28)"), ShapeError);
  CHECK_THROWS_WITH_AS(Shape::from_public({1, 2, 3, 4}), doctest::Contains("(1, 2, 3, 4)"),
                       ShapeError);
  CHECK_THROWS_WITH_AS(Shape::from_public({0}), doctest::Contains("at least 1, got (0,)"),
                       ShapeError);
  CHECK_THROWS_WITH_AS(Shape::from_public({3, -1, 3}), doctest::Contains("(3, -1, 3)"), ShapeError);
}

TEST_CASE("shape: a product that overflows is refused") {
  const Index large = std::numeric_limits<Index>::max();
  CHECK_THROWS_WITH_AS(Shape::from_public({large, large, large}), doctest::Contains("overflows"),
                       ShapeError);
  CHECK_THROWS_WITH_AS(Shape::from_public({Index{1} << 31, Index{1} << 31, 4}),
                       doctest::Contains("overflows"), ShapeError);
  CHECK_THROWS_WITH_AS(checked_product({large, 2}, "the thing"), doctest::Contains("the thing"),
                       ShapeError);
  CHECK(checked_product({4, 5, 6}, "") == 120);
  CHECK(checked_product({5, 0, 7}, "") == 0);
  CHECK(checked_product({}, "") == 1);
}

TEST_CASE("shape: output sizes are the places a window can take") {
  for (Index input = 1; input <= 12; ++input) {
    for (Index kernel = 1; kernel <= 5; ++kernel) {
      for (Index stride = 1; stride <= 4; ++stride) {
        for (Index dilation = 1; dilation <= 3; ++dilation) {
          for (Index padding = 0; padding <= 5; ++padding) {
            const Index got = output_size(input, kernel, stride, dilation, padding);
            const Index expected = places_by_trial(input, kernel, stride, dilation, padding);
            if (got == expected) continue;
            CAPTURE(input);
            CAPTURE(kernel);
            CAPTURE(stride);
            CAPTURE(dilation);
            CAPTURE(padding);
            REQUIRE(got == expected);
          }
        }
      }
    }
  }
}

TEST_CASE("shape: same padding is the least that gives ceil(input / stride) outputs") {
  Draw draw(1);
  for (int i = 0; i < 3000; ++i) {
    const Index input = draw.integer(1, 30);
    const Index kernel = draw.integer(1, 7);
    const Index stride = draw.integer(1, 5);
    const Index dilation = draw.integer(1, 4);
    const Index padding = same_padding(input, kernel, stride, dilation);
    CAPTURE(input);
    CAPTURE(kernel);
    CAPTURE(stride);
    CAPTURE(dilation);
    REQUIRE(padding >= 0);
    const Index wanted = (input + stride - 1) / stride;
    REQUIRE(output_size(input, kernel, stride, dilation, padding) == wanted);
    if (padding > 0) {
      REQUIRE(output_size(input, kernel, stride, dilation, padding - 1) < wanted);
    }
  }
}

}  // namespace cnnx::test
