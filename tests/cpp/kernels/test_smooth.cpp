// The accuracy of elu, softplus, silu, gelu and hard_swish and of their derivatives on every
// instruction set, against long double, and what they make of infinities and of NaN.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cnnx/kernels/table.h"
#include "support/accuracy.h"
#include "support/activations.h"
#include "support/compare.h"
#include "support/guarded.h"
#include "support/isas.h"

namespace cnnx::test {
namespace {

using Real = long double;

const Real kRootOfTwo = std::sqrt(2.0L);

Real sigmoid(Real x) { return 1 / (1 + std::exp(-x)); }
Real below(Real x) { return std::erfc(-x / kRootOfTwo) / 2; }
Real density(Real x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0L)); }

// Gradients of 1, multiplied by the derivative that the table tells from `values`.
template <class T>
std::vector<T> slopes(const KernelTable<T>& table, Activation activation, bool from_input,
                      const std::vector<T>& values) {
  Guarded<T> grad = guarded_output<T>(std::ssize(values));
  std::fill(grad.values().begin(), grad.values().end(), T{1});
  const auto tell =
      from_input ? table.element.activate_backward_from_input : table.element.activate_backward;
  tell(activation, 1, std::ssize(values), guarded_input(values).data(), grad.data());
  REQUIRE(grad.intact());
  return {grad.values().begin(), grad.values().end()};
}

// The derivative is a sum of terms: `units` roundings of their magnitudes are allowed, and `tiny`
// times the smallest normal number.
template <class T, class Slope, class Terms>
void check_slopes(Activation activation, bool from_input, const std::vector<T>& values,
                  double units, double tiny, Slope&& slope, Terms&& terms) {
  std::vector<Real> exact, allowed;
  for (const T v : values) {
    exact.push_back(slope(static_cast<Real>(v)));
    allowed.push_back(units * kRoundoff<T> * terms(static_cast<Real>(v)) +
                      tiny * std::numeric_limits<T>::min());
  }
  with_every_table<T>([&](const KernelTable<T>& table) {
    CHECK(difference(slopes(table, activation, from_input, values), exact,
                     [&](Index i) { return allowed[static_cast<std::size_t>(i)]; }) == "");
  });
}

}  // namespace

TEST_CASE_TEMPLATE("smooth: elu to 3 units over the whole range", T, float, double) {
  check_accuracy<T>({ActivationKind::elu, 1}, 3, 0,
                    [](Real x) { return x > 0 ? x : std::expm1(x); });
  check_accuracy<T>({ActivationKind::elu, 0.25}, 3, 0,
                    [](Real x) { return x > 0 ? x : 0.25L * std::expm1(x); });
}

TEST_CASE_TEMPLATE("smooth: softplus to 3 units over the whole range", T, float, double) {
  check_accuracy<T>({ActivationKind::softplus}, 3, 2,
                    [](Real x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::abs(x))); });
}

TEST_CASE_TEMPLATE("smooth: silu to 4 units over the whole range", T, float, double) {
  check_accuracy<T>({ActivationKind::silu}, 4, 2, [](Real x) { return x * sigmoid(x); });
}

TEST_CASE_TEMPLATE("smooth: gelu to 6 units over the whole range", T, float, double) {
  check_accuracy<T>({ActivationKind::gelu}, 6, 2, [](Real x) { return x * below(x); });
}

TEST_CASE_TEMPLATE("smooth: hard_swish to 3 units over the whole range", T, float, double) {
  check_accuracy<T>({ActivationKind::hard_swish}, 3, 0,
                    [](Real x) { return x < -3 ? 0 : (x < 3 ? x * (x + 3) / 6 : x); });
}

TEST_CASE_TEMPLATE("smooth: derivatives told from the outputs", T, float, double) {
  std::vector<T> positive, above;  // outputs that there are
  for (const T v : whole_range<T>()) {
    if (v >= 0) positive.push_back(v);
    if (v >= T{-0.25}) above.push_back(v);
  }
  check_slopes<T>(
      {ActivationKind::softplus}, false, positive, 6, 0, [](Real y) { return -std::expm1(-y); },
      [](Real y) { return -std::expm1(-y); });
  check_slopes<T>(
      {ActivationKind::elu, 0.25}, false, above, 2, 0, [](Real y) { return y > 0 ? 1 : y + 0.25L; },
      [](Real) { return 1; });
}

TEST_CASE_TEMPLATE("smooth: derivatives told from the inputs", T, float, double) {
  const std::vector<T> inputs = whole_range<T>();
  check_slopes<T>(
      {ActivationKind::gelu}, true, inputs, 8, 20, [](Real x) { return below(x) + x * density(x); },
      [](Real x) { return below(x) + std::abs(x) * density(x); });
  // Below the exponential's range s x is as large as `tiny` says.
  check_slopes<T>(
      {ActivationKind::silu}, true, inputs, 8, sizeof(T) == 4 ? 100 : 800,
      [](Real x) { return sigmoid(x) * (1 + x * sigmoid(-x)); },
      [](Real x) { return sigmoid(x) * (1 + std::abs(x) * sigmoid(-x)); });
  check_slopes<T>(
      {ActivationKind::hard_swish}, true, inputs, 4, 0,
      [](Real x) { return x <= -3 ? 0 : (x < 3 ? x / 3 + 0.5L : 1); }, [](Real) { return 1; });
}

TEST_CASE_TEMPLATE("smooth: limits, at every place of a vector", T, float, double) {
  using Limits = std::numeric_limits<T>;
  const T infinity = Limits::infinity(), most = Limits::max(), nan = Limits::quiet_NaN();
  const std::vector<T> inputs{infinity, -infinity, most, -most, 0, -T{0}, nan};
  struct Row {
    Activation activation;
    std::vector<T> values, slopes;  // slopes from the inputs
  };
  const T half = 0.5, log_two = std::log(T{2});
  const Row rows[] = {
      {{ActivationKind::elu, 0.5}, {infinity, -half, most, -half, 0, 0, nan}, {}},
      {{ActivationKind::softplus}, {infinity, 0, most, 0, log_two, log_two, nan}, {}},
      {{ActivationKind::gelu}, {infinity, 0, most, 0, 0, 0, nan}, {1, 0, 1, 0, half, half, nan}},
      {{ActivationKind::silu}, {infinity, 0, most, 0, 0, 0, nan}, {1, 0, 1, 0, half, half, nan}},
      {{ActivationKind::hard_swish},
       {infinity, 0, most, 0, 0, 0, nan},
       {1, 0, 1, 0, half, half, nan}},
  };
  with_every_table<T>([&](const KernelTable<T>& table) {
    for (const Row& row : rows) {
      CAPTURE(static_cast<int>(row.activation.kind));
      for (std::size_t first = 0; first < inputs.size(); ++first) {
        std::vector<T> x, values, derivatives;
        for (std::size_t i = 0; i < 40; ++i) {
          const std::size_t at = (first + i) % inputs.size();
          x.push_back(inputs[at]);
          values.push_back(row.values[at]);
          if (!row.slopes.empty()) derivatives.push_back(row.slopes[at]);
        }
        REQUIRE(difference(activated(table, row.activation, 1, 40, x), values, 4 * kRoundoff<T>) ==
                "");
        if (row.slopes.empty()) continue;
        REQUIRE(difference(slopes(table, row.activation, true, x), derivatives,
                           std::numeric_limits<T>::min() * 1000) == "");
      }
    }
  });
}

TEST_CASE_TEMPLATE("smooth: a derivative that outputs or inputs do not tell is NaN", T, float,
                   double) {
  const auto spoilt = [](const std::vector<T>& values) {
    return std::ranges::all_of(values, [](T v) { return std::isnan(v); });
  };
  with_every_table<T>([&](const KernelTable<T>& table) {
    const std::vector<T> x(19, T{1});
    for (const auto kind :
         {ActivationKind::gelu, ActivationKind::silu, ActivationKind::hard_swish}) {
      CHECK(spoilt(slopes(table, {kind}, false, x)));
      CHECK_FALSE(spoilt(slopes(table, {kind}, true, x)));
    }
    for (const auto kind : {ActivationKind::relu, ActivationKind::softmax, ActivationKind::elu}) {
      CHECK(spoilt(slopes(table, {kind}, true, x)));
    }
  });
}

}  // namespace cnnx::test
