// The accuracy of sigmoid, tanh and softmax on every instruction set, against long double, and what
// they make of the largest numbers, of infinities and of NaN.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cnnx/kernels/table.h"
#include "support/accuracy.h"
#include "support/activations.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/isas.h"

namespace cnnx::test {
namespace {

template <class T>
constexpr T kInfinity = std::numeric_limits<T>::infinity();
template <class T>
constexpr T kNan = std::numeric_limits<T>::quiet_NaN();

long double sigmoid(long double x) { return 1 / (1 + std::exp(-x)); }

template <class T>
std::vector<T> softmax(const KernelTable<T>& table, Index rows, const std::vector<T>& logits) {
  const Index columns = std::ssize(logits) / rows;
  return activated(table, {ActivationKind::softmax}, rows, columns, logits);
}

}  // namespace

TEST_CASE_TEMPLATE("exponential: tanh to 3 units over the whole range", T, float, double) {
  check_accuracy<T>({ActivationKind::tanh}, 3, 0, [](long double x) { return std::tanh(x); });
}

TEST_CASE_TEMPLATE("exponential: sigmoid to 3 units over the whole range", T, float, double) {
  check_accuracy<T>({ActivationKind::sigmoid}, 3, 2, sigmoid);
}

TEST_CASE_TEMPLATE("exponential: limits of tanh and sigmoid", T, float, double) {
  const T most = std::numeric_limits<T>::max();
  const std::vector<T> inputs{kInfinity<T>, -kInfinity<T>, most, -most, 0,
                              -T{0},        kNan<T>,       100,  -1000};
  with_every_table<T>([&](const KernelTable<T>& table) {
    for (std::size_t first = 0; first < inputs.size(); ++first) {  // at every place of a vector
      std::vector<T> x, tanhs, sigmoids;
      for (std::size_t i = 0; i < 40; ++i) {
        const T value = inputs[(first + i) % inputs.size()];
        x.push_back(value);
        tanhs.push_back(std::tanh(value));
        sigmoids.push_back(T{1} / (T{1} + std::exp(-value)));
      }
      const auto got_tanh = activated(table, {ActivationKind::tanh}, 1, 40, x);
      const auto got_sigmoid = activated(table, {ActivationKind::sigmoid}, 1, 40, x);
      REQUIRE(difference(got_tanh, tanhs) == "");
      REQUIRE(difference(got_sigmoid, sigmoids, 2.0 * std::numeric_limits<T>::min()) == "");
      for (const T y : got_tanh) REQUIRE((std::isnan(y) || (y >= -1 && y <= 1)));
      for (const T y : got_sigmoid) REQUIRE((std::isnan(y) || (y >= 0 && y <= 1)));
    }
  });
}

TEST_CASE_TEMPLATE("exponential: softmax within the rounding of its sum", T, float, double) {
  Draw draw(2);
  for (int i = 0; i < 1500; ++i) {
    const Index rows = draw.integer(1, 4), columns = draw.integer(1, 70);
    // Multiples of 1/8: their differences are exact, so only the exponentials and the sum round.
    std::vector<T> logits = draw.integers<T>(rows * columns, draw.one_of<Index>({8, 160, 900}));
    const T shift = draw.one_of<T>({0, 1000, -1000});
    for (T& x : logits) x = x / 8 + shift;

    std::vector<long double> expected;
    for (Index row = 0; row < rows; ++row) {
      const auto begin = logits.begin() + row * columns, end = begin + columns;
      const auto largest = static_cast<long double>(*std::max_element(begin, end));
      long double sum = 0;
      for (auto x = begin; x != end; ++x) sum += std::exp(*x - largest);
      for (auto x = begin; x != end; ++x) expected.push_back(std::exp(*x - largest) / sum);
    }
    const double roundings = static_cast<double>(columns) + 6;
    with_every_table<T>([&](const KernelTable<T>& table) {
      REQUIRE(difference(softmax(table, rows, logits), expected, [&](Index at) {
                return roundings * kRoundoff<T> * expected[static_cast<std::size_t>(at)] +
                       2 * std::numeric_limits<T>::min();
              }) == "");
    });
  }
}

TEST_CASE_TEMPLATE("exponential: softmax of the largest numbers does not overflow", T, float,
                   double) {
  const T most = std::numeric_limits<T>::max();
  with_every_table<T>([&](const KernelTable<T>& table) {
    CHECK(softmax<T>(table, 1, {most, most}) == std::vector<T>{0.5, 0.5});
    CHECK(softmax<T>(table, 1, {-most, most, -most}) == std::vector<T>{0, 1, 0});
    CHECK(softmax<T>(table, 1, {-most, -most, -most, -most}) ==
          std::vector<T>{0.25, 0.25, 0.25, 0.25});
    CHECK(softmax<T>(table, 1, {-kInfinity<T>, 3, 3}) == std::vector<T>{0, 0.5, 0.5});
    CHECK(softmax<T>(table, 3, {5, -most, most}) == std::vector<T>{1, 1, 1});
  });
}

TEST_CASE_TEMPLATE("exponential: a NaN or plus infinity spoils its own row of a softmax", T, float,
                   double) {
  constexpr Index kColumns = 21;
  with_every_table<T>([&](const KernelTable<T>& table) {
    for (const T bad : {kNan<T>, kInfinity<T>}) {
      for (Index at = 0; at < kColumns; ++at) {
        std::vector<T> logits(3 * kColumns, 1);
        logits[static_cast<std::size_t>(kColumns + at)] = bad;
        const auto got = softmax(table, 3, logits);
        bool as_expected = true;
        for (Index i = 0; i < 3 * kColumns; ++i) {
          const bool spoilt = std::isnan(got[static_cast<std::size_t>(i)]);
          as_expected = as_expected && spoilt == (i / kColumns == 1);
        }
        REQUIRE(as_expected);
      }
    }
  });
}

}  // namespace cnnx::test
