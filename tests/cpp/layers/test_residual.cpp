#include <doctest/doctest.h>

#include <algorithm>

#include "cnnx/core/error.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/isas.h"
#include "support/networks.h"

namespace cnnx::test {
namespace {

const Shape kMaps{3, 5, 4, false};

template <class T>
std::vector<T> relu(std::vector<T> values) {
  for (T& v : values) v = std::max(v, T{0});
  return values;
}

}  // namespace

TEST_CASE_TEMPLATE("residual: the sum of both ways, and both ways' gradients", T, float, double) {
  Draw draw(1);
  const auto x = draw.integers<T>(5 * kMaps.size(), 9);
  const auto dy = draw.integers<T>(std::ssize(x), 9);
  on_every_isa([&] {
    Network<T> network({residual({rescale(2, 1)}, {rescale(3, -4)}, "relu")}, kMaps, {});
    std::vector<T> y, dx;
    for (std::size_t i = 0; i < x.size(); ++i) {
      y.push_back(5 * x[i] - 3);
      dx.push_back(y[i] > 0 ? 5 * dy[i] : 0);
    }
    CHECK(predict(network, x) == relu(y));
    CHECK(backpropagate(network, x, dy).images == dx);
  });
}

TEST_CASE_TEMPLATE("residual: a branch that hands its input on doubles it", T, float, double) {
  Draw draw(2);
  const auto x = draw.integers<T>(3 * kMaps.size(), 9);
  const auto dy = draw.integers<T>(std::ssize(x), 9);
  std::vector<T> y, dx;
  for (const T v : x) y.push_back(4 * v);
  for (const T v : dy) dx.push_back(4 * v);
  for (const Attrs& nothing : {activation("linear"), dropout(0)}) {
    // At the images, and where the gradient could stay in its place.
    Network<T> first({residual({nothing}), rescale(2, 0)}, kMaps, {});
    CHECK(predict(first, x) == y);
    CHECK(backpropagate(first, x, dy).images == dx);
    Network<T> second({rescale(2, 0), residual({nothing})}, kMaps, {});
    CHECK(predict(second, x) == y);
    CHECK(backpropagate(second, x, dy).images == dx);
  }
}

TEST_CASE_TEMPLATE("residual: sums of sums", T, float, double) {
  Draw draw(3);
  const auto x = draw.integers<T>(4 * kMaps.size(), 9);
  const auto dy = draw.integers<T>(std::ssize(x), 9);
  // Each adds one of what it is given: a factor of 2, and within it of (1 + 2).
  Network<T> network({rescale(1, 0), residual({residual({activation("linear")})}),
                      residual({rescale(1, 0), residual({rescale(1, 0)})}), rescale(1, 0)},
                     kMaps, {});
  std::vector<T> y, dx;
  for (const T v : x) y.push_back(9 * v);
  for (const T v : dy) dx.push_back(9 * v);
  CHECK(predict(network, x) == y);
  CHECK(backpropagate(network, x, dy).images == dx);
}

TEST_CASE_TEMPLATE("residual: a dense layer around flattened maps", T, float, double) {
  // The branch gives what it is given, in the order that users see.
  Draw draw(5);
  const Index size = kMaps.size();
  const auto x = draw.integers<T>(3 * size, 9), dy = draw.integers<T>(3 * size, 9);
  std::vector<T> identity(static_cast<std::size_t>(size * size)), y, dx;
  for (Index i = 0; i < size; ++i) identity[static_cast<std::size_t>(i * size + i)] = 1;
  for (const T v : x) y.push_back(2 * v);
  for (const T v : dy) dx.push_back(2 * v);
  Network<T> network({flatten(), residual({dense({.units = size})})}, kMaps, {});
  network.write_parameter("1.branch.0.weight", identity.data());
  CHECK(predict(network, x) == y);
  CHECK(backpropagate(network, x, dy).images == dx);
  // Nothing needs reordering where both ways kept the order.
  Network<T> alike({flatten(), residual({activation("tanh")})}, kMaps, {});
  CHECK(alike.graph().nodes().size() == 3);
  predict(alike, x);
}

TEST_CASE("residual: frozen branches get no gradient, and what lies before them does") {
  const std::vector<Attrs> layers = {conv2d({.filters = 3, .padding = "same"}),
                                     residual({conv2d({.filters = 3, .padding = "same"})},
                                              {conv2d({.filters = 3, .kernel = {1, 1}})}),
                                     flatten(), dense({.units = 3})};
  Draw draw(4);
  const auto x = draw.reals<double>(6 * kMaps.size());
  const std::vector<Index> labels = {0, 1, 2, 0, 1, 2};
  Network<double> all(layers, kMaps, options(cross_entropy(), sgd(0.1)));
  Network<double> some(layers, kMaps, options(cross_entropy(), sgd(0.1)));
  some.set_trainable({"0.weight", "1.shortcut.0.weight"});
  const auto before = parameter(some, "1.branch.0.weight");
  for (Network<double>* network : {&all, &some}) {
    network->train_batch(images(*network, x), {.labels = labels.data()}, std::nullopt);
  }
  CHECK(parameter(some, "1.branch.0.weight") == before);
  for (const char* name : {"0.weight", "1.shortcut.0.weight"}) {
    CHECK(parameter(some, name) == parameter(all, name));
  }
}

}  // namespace cnnx::test
