// AvgPool2D and GlobalAvgPool2D.
#include <doctest/doctest.h>

#include "cnnx/core/error.h"
#include "support/isas.h"
#include "support/layers.h"
#include "support/networks.h"

namespace cnnx::test {

TEST_CASE("avg_pool2d: output sizes, and nothing that is kept for backward") {
  const auto layer = planned(avg_pool2d({3, 3}, {2, 2}, {1, 1}), kImage);
  CHECK(layer->output() == Shape{3, 4, 5, false});
  CHECK(layer->parameters().empty());
  CHECK(layer->traits().saved_bytes == 0);
  CHECK_FALSE(layer->traits().reads_input);
  CHECK_FALSE(layer->traits().reads_output);
}

TEST_CASE("avg_pool2d: shapes that do not fit are refused") {
  const auto refused = [](const Attrs& attrs, const Shape& input, const char* text) {
    CHECK_THROWS_WITH_AS(planned(attrs, input), doctest::Contains(text), ShapeError);
    CHECK_THROWS_WITH_AS(planned(attrs, input), doctest::Contains("AvgPool2D (layer 3): "),
                         ShapeError);
  };
  refused(avg_pool2d({2, 2}, {2, 2}), kFeatures, "got (20,); place it before Flatten");
  refused(avg_pool2d({2, 10}, {1, 1}), kImage, "window 2x10 does not fit input 8x9");
  refused(avg_pool2d({2, 2}, {2, 2}, {2, 0}), kImage, "must be at most half the window");
  CHECK_THROWS_WITH_AS(make_layer<float>(avg_pool2d({0, 2}, {1, 1})),
                       doctest::Contains("pool_size: expected two integers of at least 1"),
                       ConfigError);
}

TEST_CASE_TEMPLATE("avg_pool2d: padding does not count", T, float, double) {
  const std::vector<T> x{1, 2, 3, 4, 5, 6, 7, 8, 9};
  on_every_isa([&] {
    Network<T> network({avg_pool2d({2, 2}, {2, 2}, {1, 1})}, {1, 3, 3, false}, {});
    CHECK(predict(network, x) == std::vector<T>{1, 2.5, 5.5, 7});
    CHECK(backpropagate(network, x, {1, 2, 4, 8}).images ==
          std::vector<T>{1, 1, 1, 2, 2, 2, 2, 2, 2});
  });
}

TEST_CASE_TEMPLATE("avg_pool2d: windows that overlap share their pixels", T, float, double) {
  const std::vector<T> x{4, 8, 12, 16};
  on_every_isa([&] {
    Network<T> network({avg_pool2d({1, 2}, {1, 1})}, {1, 1, 4, false}, {});
    CHECK(predict(network, x) == std::vector<T>{6, 10, 14});
    CHECK(backpropagate(network, x, {2, 4, 8}).images == std::vector<T>{1, 3, 6, 4});
  });
}

TEST_CASE_TEMPLATE("global_avg_pool2d: maps become features", T, float, double) {
  CHECK(planned(global_avg_pool2d(), kImage)->output() == Shape::features(3));
  CHECK_THROWS_WITH_AS(planned(global_avg_pool2d(), kFeatures),
                       doctest::Contains("GlobalAvgPool2D (layer 3): expected input"), ShapeError);
  on_every_isa([&] {
    Network<T> network({global_avg_pool2d()}, {2, 2, 2, false}, {});
    const std::vector<T> x{1, 2, 3, 6, -1, -1, 0, 0};
    CHECK(predict(network, x) == std::vector<T>{3, -0.5});
    CHECK(backpropagate<T>(network, x, {4, 8}).images == std::vector<T>{1, 1, 1, 1, 2, 2, 2, 2});
  });
}

}  // namespace cnnx::test
