#include "cnnx/augment/beta.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace cnnx::test {
namespace {

constexpr Index kDraws = 40000;

std::vector<double> beta_draws(double a, double b) {
  const Random random(1, Stream::mix, 0);
  std::uint64_t at = 0;
  std::vector<double> draws(static_cast<std::size_t>(kDraws));
  for (double& draw : draws) draw = beta_draw(random, a, b, at);
  return draws;
}

// The mean of x^power and its standard deviation as an estimate.
std::pair<double, double> moment(const std::vector<double>& draws, int power) {
  double sum = 0, squares = 0;
  for (const double x : draws) {
    const double value = std::pow(x, power);
    sum += value;
    squares += value * value;
  }
  const auto n = static_cast<double>(draws.size());
  const double mean = sum / n;
  return {mean, std::sqrt(std::max(0.0, squares / n - mean * mean) / n)};
}

}  // namespace

TEST_CASE("beta: moments are those of the distribution") {
  for (const auto& [a, b] : std::vector<std::pair<double, double>>{
           {1, 1}, {0.2, 0.2}, {0.5, 2}, {3, 3}, {7, 0.4}, {0.05, 0.05}, {200, 300}}) {
    CAPTURE(a);
    CAPTURE(b);
    const std::vector<double> draws = beta_draws(a, b);
    for (const double x : draws) REQUIRE((x >= 0 && x <= 1));
    double expected = 1;
    for (int power = 1; power <= 4; ++power) {
      // E x^k = product of (a + r) / (a + b + r).
      expected *= (a + power - 1) / (a + b + power - 1);
      const auto [mean, deviation] = moment(draws, power);
      CHECK(std::abs(mean - expected) < 5 * deviation);
    }
  }
}

TEST_CASE("beta: of a and b equal to one is uniform everywhere") {
  std::vector<double> draws = beta_draws(1, 1);
  std::sort(draws.begin(), draws.end());
  double most = 0;  // Kolmogorov and Smirnov's distance
  for (Index i = 0; i < kDraws; ++i) {
    const double expected = (static_cast<double>(i) + 0.5) / static_cast<double>(kDraws);
    most = std::max(most, std::abs(draws[static_cast<std::size_t>(i)] - expected));
  }
  CHECK(most < 1.95 / std::sqrt(static_cast<double>(kDraws)));  // exceeded once in a thousand
}

TEST_CASE("beta: tiny parameters give one of the ends, never NaN") {
  for (const double a : {1e-3, 1e-300}) {
    Index ones = 0;
    for (const double x : beta_draws(a, a)) {
      REQUIRE((x >= 0 && x <= 1));
      ones += x > 0.5;
    }
    CHECK(std::abs(ones - kDraws / 2) < 5 * 100);  // sqrt(n / 4)
  }
}

TEST_CASE("beta: mean and variance of gamma draws are their shape") {
  for (const double shape : {0.3, 1.0, 2.5, 40.0}) {
    CAPTURE(shape);
    const Random random(2, Stream::mix, 0);
    std::uint64_t at = 0;
    std::vector<double> draws(static_cast<std::size_t>(kDraws));
    for (double& draw : draws) draw = std::exp(log_gamma_draw(random, shape, at));
    const auto [mean, deviation] = moment(draws, 1);
    const auto [square, square_deviation] = moment(draws, 2);
    CHECK(std::abs(mean - shape) < 5 * deviation);
    CHECK(std::abs(square - shape * (shape + 1)) < 5 * square_deviation);
  }
}

TEST_CASE("beta: a draw depends on where it begins") {
  const Random random(3, Stream::mix, 4);
  std::uint64_t first = 100, again = 100, other = 101;
  const double x = beta_draw(random, 0.4, 0.4, first);
  CHECK(beta_draw(random, 0.4, 0.4, again) == x);
  CHECK(first == again);
  CHECK(first > 103);
  CHECK(beta_draw(random, 0.4, 0.4, other) != x);
}

}  // namespace cnnx::test
