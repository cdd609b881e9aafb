// Dropout and SpatialDropout2D in networks: when they draw, and what the draws depend on.
#include <doctest/doctest.h>

#include <cmath>

#include "cnnx/core/error.h"
#include "support/draw.h"
#include "support/isas.h"
#include "support/layers.h"
#include "support/networks.h"
#include "support/threads.h"

namespace cnnx::test {
namespace {

const Shape kMaps{5, 6, 7, false};

// For outputs' gradients of 1, the images' are the factors that the layer drew.
std::vector<double> factors(Network<double>& network, Index images) {
  const std::vector<double> ones(static_cast<std::size_t>(images * network.input().size()), 1);
  return backpropagate(network, ones, ones).images;
}

// A step that changes nothing but the number of steps.
void step(Network<double>& network) {
  const std::vector<double> x(static_cast<std::size_t>(network.input().size()), 1);
  network.train_batch(images(network, x), {.rows = x.data()}, std::nullopt);
}

NetworkOptions stepping(std::uint64_t seed = 0) { return options(mse(), sgd(0), seed); }

}  // namespace

TEST_CASE("dropout: rates out of range are refused, and features by the one for maps") {
  for (const double rate : {-0.1, 1.0, std::nan("")}) {
    for (const Attrs& layer : {dropout(rate), spatial_dropout2d(rate)}) {
      CHECK_THROWS_WITH_AS(make_layer<float>(layer),
                           doctest::Contains("rate: expected at least 0 and below 1, got "),
                           ConfigError);
    }
  }
  CHECK_THROWS_WITH_AS(planned(spatial_dropout2d(0.5), kFeatures),
                       "SpatialDropout2D (layer 3): expected input (channels, height, width), got "
                       "(20,); use layers.Dropout for features",
                       ShapeError);
  CHECK(planned(dropout(0.5), kFeatures)->output() == kFeatures);
}

TEST_CASE("dropout: elements become zero or grow, another choice for each image and step") {
  Network<double> network({dropout(0.25)}, kMaps, stepping());
  const auto first = factors(network, 20);
  Index zeros = 0;
  for (const double f : first) {
    zeros += f == 0;
    if (f != 0) REQUIRE(f == doctest::Approx(1 / 0.75).epsilon(1e-4));
  }
  const double count = static_cast<double>(first.size());
  CHECK(std::abs(static_cast<double>(zeros) - count / 4) < 5 * std::sqrt(count * 3 / 16));
  const std::vector<double> one(first.begin(), first.begin() + kMaps.size());
  const std::vector<double> two(first.begin() + kMaps.size(), first.begin() + 2 * kMaps.size());
  CHECK(one != two);
  CHECK(factors(network, 20) == first);  // nothing has been learned in between
  step(network);
  const auto second = factors(network, 20);
  CHECK(second != first);
  // The step alone counts, so that a run can be resumed.
  network.set_step(0);
  CHECK(factors(network, 20) == first);
  network.set_step(1);
  CHECK(factors(network, 20) == second);
  Network<double> other({dropout(0.25)}, kMaps, stepping(1));
  CHECK(factors(other, 20) != first);
}

TEST_CASE("dropout: two layers of a network draw apart") {
  Network<double> network({dropout(0.5), dropout(0.5)}, kMaps, {});
  Index kept = 0;
  const auto both = factors(network, 20);
  for (const double f : both) kept += f != 0;
  const double count = static_cast<double>(both.size());
  CHECK(std::abs(static_cast<double>(kept) - count / 4) < 5 * std::sqrt(count * 3 / 16));
}

TEST_CASE("dropout: the same draws with any number of threads and on every instruction set") {
  for (const Attrs& layer : {dropout(0.3), spatial_dropout2d(0.3)}) {
    std::vector<double> expected;
    on_every_isa([&] {
      for (const int threads : {1, 3}) {
        const Threads set(threads);
        Network<double> network({layer}, kMaps, {});
        const auto got = factors(network, 300);
        if (expected.empty()) expected = got;
        REQUIRE(got == expected);
        // An image's draws do not depend on how many follow it.
        REQUIRE(factors(network, 3) ==
                std::vector<double>(got.begin(), got.begin() + 3 * kMaps.size()));
      }
    });
  }
}

TEST_CASE("spatial_dropout2d: whole channels of single images") {
  Network<double> network({spatial_dropout2d(0.4)}, kMaps, {});
  const Index images = 300;
  const auto got = factors(network, images);
  Index zeros = 0;
  for (Index map = 0; map < images * kMaps.channels; ++map) {
    const auto begin = got.begin() + map * kMaps.pixels();
    REQUIRE(std::all_of(begin, begin + kMaps.pixels(), [&](double f) { return f == *begin; }));
    zeros += *begin == 0;
    if (*begin != 0) REQUIRE(*begin == doctest::Approx(1 / 0.6).epsilon(1e-4));
  }
  const double count = static_cast<double>(images * kMaps.channels);
  CHECK(std::abs(static_cast<double>(zeros) - 0.4 * count) < 5 * std::sqrt(count * 0.24));
}

TEST_CASE_TEMPLATE("dropout: outputs and scores drop nothing", T, float, double) {
  Draw draw(1);
  const auto x = draw.reals<T>(6 * kMaps.size());
  Network<T> network({dropout(0.9), spatial_dropout2d(0.9), dropout(0)}, kMaps, options(mse()));
  CHECK(predict(network, x) == x);
  CHECK(network.evaluate_batch(images(network, x), {.rows = x.data()}).loss_sum == 0);
}

}  // namespace cnnx::test
