#include "cnnx/layers/initializers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "cnnx/core/error.h"
#include "support/threads.h"

namespace cnnx::test {
namespace {

template <class T>
void fill(const std::string& name, Index fan_in, Index fan_out, std::uint32_t lane, Index first,
          std::vector<T>& values) {
  initialize<T>(name, fan_in, fan_out, Random(1, Stream::initializer, lane), first, values);
}

std::vector<double> drawn(const std::string& name, Index fan_in, Index fan_out,
                          std::uint32_t lane = 0) {
  std::vector<double> values(40000);
  fill(name, fan_in, fan_out, lane, 0, values);
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
  fill("zeros", 3, 4, 0, 0, values);
  CHECK(std::all_of(values.begin(), values.end(), [](double v) { return v == 0; }));
}

TEST_CASE("initializers: values depend on the parameter's number and on nothing before") {
  const auto values = drawn("he_normal", 9, 9, 1);
  CHECK(drawn("he_normal", 9, 9, 1) == values);
  CHECK(drawn("he_normal", 9, 9, 2) != values);
  std::vector<double> few(10);
  fill("he_normal", 9, 9, 1, 0, few);
  CHECK(std::equal(few.begin(), few.end(), values.begin()));
  fill("he_normal", 9, 9, 1, 333, few);
  CHECK(std::equal(few.begin(), few.end(), values.begin() + 333));
}

TEST_CASE_TEMPLATE("initializers: a parameter as it is stored, with any number of threads", T,
                   float, double) {
  // Rows and columns of blocks that are full and that are not.
  using View = std::array<Index, 4>;
  for (const View& view : {View{1, 1, 1, 1}, View{5, 3, 3, 2}, View{70, 512, 3, 3},
                           View{1000, 20, 1, 1}, View{3000, 7, 1, 3}, View{40, 1, 5, 5}}) {
    for (const char* name : {"he_normal", "glorot_uniform", "ones"}) {
      CAPTURE(view[0]);
      CAPTURE(name);
      const auto [outputs, inputs, height, width] = view;
      Parameter<T> parameter{"weight", {}, view, name, 4, 9};
      std::vector<T> expected(static_cast<std::size_t>(parameter.count()));
      fill(name, 4, 9, 2, 0, expected);
      std::vector<T> stored(expected.size(), T{-1});
      parameter.value = stored.data();
      for (const int threads : {1, 3}) {
        const Threads scope(threads);
        initialize(parameter, Random(1, Stream::initializer, 2));
        bool same = true;
        std::size_t at = 0;
        for (Index place = 0; place < height * width; ++place) {
          for (Index i = 0; i < inputs; ++i) {
            for (Index o = 0; o < outputs; ++o) {
              const Index number = (o * inputs + i) * height * width + place;
              same = same && stored[at++] == expected[static_cast<std::size_t>(number)];
            }
          }
        }
        CHECK(same);
      }
    }
  }
}

TEST_CASE("initializers: an unknown name is refused with the choices") {
  std::vector<double> values(1);
  CHECK_THROWS_WITH_AS(
      fill("twos", 1, 1, 0, 0, values),
      "initializer: \"twos\" is unknown; choose one of he_normal, he_uniform, glorot_normal, "
      "glorot_uniform, zeros, ones",
      ConfigError);
}

}  // namespace cnnx::test
