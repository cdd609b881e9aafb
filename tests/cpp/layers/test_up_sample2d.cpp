#include <doctest/doctest.h>

#include "cnnx/core/error.h"
#include "support/compare.h"
#include "support/isas.h"
#include "support/layers.h"
#include "support/networks.h"

namespace cnnx::test {

TEST_CASE("up_sample2d: output sizes and refused arguments") {
  CHECK(planned(up_sample2d({2, 3}), kImage)->output() == Shape{3, 16, 27, false});
  CHECK(planned(up_sample2d({1, 1}, "bilinear"), kImage)->output() == kImage);
  CHECK_THROWS_WITH_AS(planned(up_sample2d({2, 2}), kFeatures),
                       doctest::Contains("UpSample2D (layer 3): expected input"), ShapeError);
  CHECK_THROWS_WITH_AS(planned(up_sample2d({Index{1} << 30, Index{1} << 30}), kImage),
                       doctest::Contains("UpSample2D (layer 3) output"), ShapeError);
  CHECK_THROWS_WITH_AS(make_layer<float>(up_sample2d({2, 2}, "cubic")),
                       doctest::Contains("\"cubic\" is unknown; choose one of nearest, bilinear"),
                       ConfigError);
  CHECK_THROWS_WITH_AS(make_layer<float>(up_sample2d({2, 0})),
                       doctest::Contains("size: expected two integers of at least 1"), ConfigError);
}

TEST_CASE_TEMPLATE("up_sample2d: nearest repeats pixels and sums their gradients", T, float,
                   double) {
  on_every_isa([&] {
    Network<T> network({up_sample2d({2, 3})}, {2, 1, 2, false}, {});
    const std::vector<T> x{1, 2, 3, 4};
    CHECK(predict(network, x) == std::vector<T>{1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2,  //
                                                3, 3, 3, 4, 4, 4, 3, 3, 3, 4, 4, 4});
    std::vector<T> grad;
    for (int i = 0; i < 24; ++i) grad.push_back(static_cast<T>(i));
    CHECK(backpropagate(network, x, grad).images == std::vector<T>{24, 42, 96, 114});
  });
}

TEST_CASE_TEMPLATE("up_sample2d: bilinear goes between the centres of pixels", T, float, double) {
  on_every_isa([&] {
    Network<T> network({up_sample2d({1, 2}, "bilinear")}, {1, 1, 3, false}, {});
    const std::vector<T> x{0, 4, 16};
    CHECK(predict(network, x) == std::vector<T>{0, 1, 3, 7, 13, 16});
    CHECK(backpropagate<T>(network, x, {4, 4, 4, 4, 8, 8}).images == std::vector<T>{8, 9, 15});
  });
}

}  // namespace cnnx::test
