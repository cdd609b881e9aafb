#include <doctest/doctest.h>

#include "cnnx/core/error.h"
#include "support/isas.h"
#include "support/layers.h"
#include "support/networks.h"

namespace cnnx::test {

TEST_CASE("global_max_pool2d: output, saved places, refused shapes") {
  const auto layer = planned(global_max_pool2d(), kImage);
  CHECK(layer->output() == Shape::features(3));
  CHECK(layer->traits().saved_bytes == 3 * 4);
  CHECK_FALSE(layer->traits().reads_output);
  CHECK_THROWS_WITH_AS(planned(global_max_pool2d(), kFeatures),
                       doctest::Contains("GlobalMaxPool2D (layer 3): expected input"), ShapeError);
  CHECK_THROWS_WITH_AS(planned(global_max_pool2d(), {1, Index{1} << 20, 1 << 12, false}),
                       doctest::Contains("maps of up to 2147483647 pixels"), ShapeError);
}

TEST_CASE("global_max_pool2d: takes the activation before it, and then looks at its outputs") {
  const auto layer = planned(global_max_pool2d(), kImage);
  CHECK(layer->fused_activation()->take({ActivationKind::relu}));
  CHECK(layer->traits().reads_output);
}

TEST_CASE_TEMPLATE("global_max_pool2d: both passes, ties to the first in row order", T, float,
                   double) {
  on_every_isa([&] {
    Network<T> network({global_max_pool2d()}, {2, 2, 2, false}, {});
    const std::vector<T> x{1, 5, 5, 2, -1, -1, -3, -1};
    CHECK(predict(network, x) == std::vector<T>{5, -1});
    CHECK(backpropagate<T>(network, x, {4, 8}).images == std::vector<T>{0, 4, 0, 0, 8, 0, 0, 0});
  });
}

TEST_CASE_TEMPLATE("global_max_pool2d: a rectifier before it lets no gradient through at zero", T,
                   float, double) {
  on_every_isa([&] {
    Network<T> network(
        {conv2d({.filters = 2, .kernel = {1, 1}, .activation = "relu"}), global_max_pool2d()},
        {1, 1, 3, false}, {});
    const std::vector<T> weights{2, -1};
    network.write_parameter("0.weight", weights.data());
    const std::vector<T> x{1, 3, 2};
    CHECK(predict(network, x) == std::vector<T>{6, 0});
    CHECK(backpropagate<T>(network, x, {1, 1}).images == std::vector<T>{0, 2, 0});
  });
}

}  // namespace cnnx::test
