#include "cnnx/initializers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "cnnx/core/error.h"

namespace cnnx::test {
namespace {

std::vector<double> drawn(const std::string& name, Index fan_in, Index fan_out,
                          std::uint32_t lane = 0) {
  std::vector<double> values(40000);
  initialize(name, fan_in, fan_out, Random(1, Stream::initializer, lane), values);
  return values;
}

struct Moments {
  double mean = 0, variance = 0, fourth = 0, largest = 0;
};

Moments moments(const std::vector<double>& values) {
  Moments m;
  const auto count = static_cast<double>(values.size());
  for (const double v : values) m.mean += v / count;
  for (const double v : values) {
    m.variance += std::pow(v - m.mean, 2) / count;
    m.fourth += std::pow(v - m.mean, 4) / count;
    m.largest = std::max(m.largest, std::abs(v));
  }
  return m;
}

}  // namespace

TEST_CASE("initializers: mean, variance and distribution") {
  struct Row {
    std::string name;
    bool he, normal;
  };
  for (const Row& row : {Row{"he_normal", true, true}, Row{"he_uniform", true, false},
                         Row{"glorot_normal", false, true}, Row{"glorot_uniform", false, false}}) {
    for (const auto& [fan_in, fan_out] : {std::pair<Index, Index>{1, 1}, {25, 800}, {3136, 128}}) {
      CAPTURE(row.name);
      CAPTURE(fan_in);
      const double variance =
          row.he ? 2.0 / static_cast<double>(fan_in) : 2.0 / static_cast<double>(fan_in + fan_out);
      const std::vector<double> values = drawn(row.name, fan_in, fan_out);
      const Moments m = moments(values);
      const double kurtosis = row.normal ? 3 : 1.8;
      const auto n = static_cast<double>(values.size());
      CHECK(std::abs(m.mean) < 5 * std::sqrt(variance / n));
      CHECK(std::abs(m.variance / variance - 1) < 5 * std::sqrt((kurtosis - 1) / n));
      CHECK(std::abs(m.fourth / variance / variance - kurtosis) < 0.25);
      if (row.normal) {
        CHECK(m.largest > 3.5 * std::sqrt(variance));
      } else {
        CHECK(m.largest <= std::sqrt(3 * variance));
        CHECK(m.largest > 0.99 * std::sqrt(3 * variance));
      }
    }
  }
}

TEST_CASE("initializers: zeros are zeros") {
  std::vector<double> values(100, 7);
  initialize("zeros", 3, 4, Random(1, Stream::initializer, 0), values);
  CHECK(std::all_of(values.begin(), values.end(), [](double v) { return v == 0; }));
}

TEST_CASE("initializers: values depend on the parameter's number and on nothing before") {
  const auto values = drawn("he_normal", 9, 9, 1);
  CHECK(drawn("he_normal", 9, 9, 1) == values);
  CHECK(drawn("he_normal", 9, 9, 2) != values);
  std::vector<double> few(10);
  initialize("he_normal", 9, 9, Random(1, Stream::initializer, 1), few);
  CHECK(std::equal(few.begin(), few.end(), values.begin()));
}

TEST_CASE("initializers: an unknown name is refused with the choices") {
  std::vector<double> values(1);
  CHECK_THROWS_WITH_AS(
      initialize("twos", 1, 1, Random(1, Stream::initializer, 0), values),
      "initializer: \"twos\" is unknown; choose one of he_normal, he_uniform, glorot_normal, "
      "glorot_uniform, zeros, ones",
      ConfigError);
}

}  // namespace cnnx::test
