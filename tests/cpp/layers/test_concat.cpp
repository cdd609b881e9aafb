#include <doctest/doctest.h>

#include "support/draw.h"
#include "support/isas.h"
#include "support/networks.h"

namespace cnnx::test {

TEST_CASE_TEMPLATE("concat: channels one after another, gradients added up", T, float, double) {
  const Shape maps{3, 4, 5, false};
  const Index pixels = maps.pixels(), size = maps.size(), count = 4;
  Draw draw(1);
  const auto x = draw.integers<T>(count * size, 9);
  const auto dy = draw.integers<T>(count * 3 * size, 9);
  const T factors[] = {2, 1, -3};
  std::vector<T> y, dx(x.size());
  for (Index image = 0; image < count; ++image) {
    for (Index branch = 0; branch < 3; ++branch) {
      for (Index i = 0; i < size; ++i) {
        const auto at = static_cast<std::size_t>(image * size + i);
        y.push_back(factors[branch] * x[at]);
        dx[at] += factors[branch] * dy[static_cast<std::size_t>((image * 3 + branch) * size + i)];
      }
    }
  }
  REQUIRE(pixels * maps.channels == size);
  on_every_isa([&] {
    // The first branch's gradient is written last where the images are in front, and the other way
    // around behind a layer.
    for (const bool behind : {false, true}) {
      std::vector<Attrs> layers = {concat_of({{rescale(2, 0)}, {}, {rescale(-3, 0)}})};
      if (behind) layers.insert(layers.begin(), rescale(1, 0));
      Network<T> network(layers, maps, {});
      CHECK(network.output() == Shape{9, 4, 5, false});
      CHECK(predict(network, x) == y);
      CHECK(backpropagate(network, x, dy).images == dx);
    }
  });
}

TEST_CASE_TEMPLATE("concat: flattened maps follow one another as users see them", T, float,
                   double) {
  const Shape maps{2, 2, 2, false};
  const std::vector<T> x = {1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<T> y = {2, 4, 6, 8, 10, 12, 14, 16, 1, 2, 3, 4, 5, 6, 7, 8};
  const std::vector<T> dy = {1, 0, 0, 0, 0, 0, 0, 5, 0, 10, 0, 0, 0, 0, 20, 0};
  Network<T> apart({concat_of({{rescale(2, 0), flatten()}, {flatten()}})}, maps, {});
  CHECK(apart.output() == Shape::features(16));
  CHECK(predict(apart, x) == y);
  CHECK(backpropagate(apart, x, dy).images == std::vector<T>{2, 10, 0, 0, 0, 0, 20, 10});
  // Behind it a dense layer's weights lie as they are named.
  Network<T> behind({flatten(), concat_of({{rescale(2, 0)}, {}}), dense({.units = 1})}, maps, {});
  std::vector<T> w(16);
  w[1] = 1;
  w[15] = 100;
  behind.write_parameter("2.weight", w.data());
  CHECK(predict(behind, x) == std::vector<T>{804});
}

TEST_CASE("concat: of nothing but its input, again and again") {
  const Shape features = Shape::features(2);
  const std::vector<double> x = {1, 2, 3, 4}, dy = {1, 10, 100, 1000, 2, 20, 200, 2000};
  Network<double> network({concat_of({{}, {}})}, features, {});
  CHECK(predict(network, x) == std::vector<double>{1, 2, 1, 2, 3, 4, 3, 4});
  CHECK(backpropagate(network, x, dy).images == std::vector<double>{101, 1010, 202, 2020});
}

}  // namespace cnnx::test
