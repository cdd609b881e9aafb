// The optimizer steps of every instruction set against their formulas.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "cnnx/kernels/table.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/guarded.h"
#include "support/isas.h"

namespace cnnx::test {
namespace {

constexpr Index kCounts[] = {1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 1000};

// Rounding of a few operations on numbers of this size.
template <class T>
double few_roundings(long double size) {
  return 8 * kRoundoff<T> * static_cast<double>(size);
}

}  // namespace

TEST_CASE_TEMPLATE("update: sgd with and without momentum, look-ahead and decay", T, float,
                   double) {
  Draw draw(1);
  const SgdStep steps[] = {{0.1, 0, 0, false},     {0.02, 0.9, 0, false}, {0.02, 0.9, 0, true},
                           {0.5, 0, 0.01, false},  {0.5, 0.5, 0.1, true}, {0, 0.9, 0.1, false},
                           {0.3, 0.99, 0.2, false}};
  for (const SgdStep& step : steps) {
    for (const Index count : kCounts) {
      CAPTURE(count);
      const auto grad = draw.reals<T>(count, -2, 2);
      const auto before = draw.reals<T>(count);
      const auto buffer = draw.reals<T>(step.momentum > 0 ? count : 0);
      std::vector<long double> weights, momentum;
      for (std::size_t i = 0; i < grad.size(); ++i) {
        const long double g = grad[i] + static_cast<long double>(step.weight_decay) * before[i];
        long double direction = g;
        if (!buffer.empty()) {
          momentum.push_back(step.momentum * static_cast<long double>(buffer[i]) + g);
          direction = step.nesterov ? g + step.momentum * momentum.back() : momentum.back();
        }
        weights.push_back(before[i] - step.learning_rate * direction);
      }
      with_every_table<T>([&](const KernelTable<T>& table) {
        Guarded<T> w = guarded_output<T>(count), v = guarded_output<T>(std::ssize(buffer));
        std::copy(before.begin(), before.end(), w.data());
        std::copy(buffer.begin(), buffer.end(), v.data());
        table.update.sgd(step, count, guarded_input(grad).data(),
                         buffer.empty() ? nullptr : v.data(), w.data());
        REQUIRE(difference(w.values(), weights, few_roundings<T>(4)) == "");
        REQUIRE(difference(v.values(), momentum, few_roundings<T>(4)) == "");
        REQUIRE(w.intact());
        REQUIRE(v.intact());
      });
    }
  }
}

TEST_CASE_TEMPLATE("update: adam with coupled and decoupled decay", T, float, double) {
  Draw draw(2);
  const auto step = [](double rate, double decay, bool decoupled, int n) {
    return AdamStep{rate,     0.9, 0.999, 1e-8, decay, 1 - std::pow(0.9, n), 1 - std::pow(0.999, n),
                    decoupled};
  };
  const AdamStep steps[] = {step(0.001, 0, false, 1),  step(0.01, 0, false, 10),
                            step(0.01, 0.1, false, 3), step(0.01, 0.1, true, 3),
                            step(0.1, 0.5, true, 50),  {0.01, 0, 0, 1e-3, 0, 1, 1, false}};
  for (const AdamStep& s : steps) {
    for (const Index count : kCounts) {
      CAPTURE(count);
      const auto grad = draw.reals<T>(count, -2, 2);
      const auto before = draw.reals<T>(count);
      const auto mean = draw.reals<T>(count);
      const auto square = draw.reals<T>(count, 0.01, 1);
      std::vector<long double> weights, means, squares, allowed;
      for (std::size_t i = 0; i < grad.size(); ++i) {
        const long double decay = s.weight_decay * static_cast<long double>(before[i]);
        const long double g = grad[i] + (s.decoupled ? 0 : decay);
        means.push_back(s.beta_1 * static_cast<long double>(mean[i]) + (1 - s.beta_1) * g);
        squares.push_back(s.beta_2 * static_cast<long double>(square[i]) + (1 - s.beta_2) * g * g);
        const long double move = s.learning_rate * (means[i] / s.correction_1) /
                                 (std::sqrt(squares[i] / s.correction_2) + s.epsilon);
        weights.push_back(before[i] - (s.decoupled ? s.learning_rate * decay : 0) - move);
        // The mean may cancel: its error is one of its terms, carried through the division.
        allowed.push_back(
            few_roundings<T>(2 + 3 * s.learning_rate / s.correction_1 /
                                     (std::sqrt(squares[i] / s.correction_2) + s.epsilon)));
      }
      with_every_table<T>([&](const KernelTable<T>& table) {
        Guarded<T> w = guarded_output<T>(count), m = guarded_output<T>(count);
        Guarded<T> v = guarded_output<T>(count);
        std::copy(before.begin(), before.end(), w.data());
        std::copy(mean.begin(), mean.end(), m.data());
        std::copy(square.begin(), square.end(), v.data());
        table.update.adam(s, count, guarded_input(grad).data(), m.data(), v.data(), w.data());
        REQUIRE(difference(m.values(), means, few_roundings<T>(3)) == "");
        REQUIRE(difference(v.values(), squares, few_roundings<T>(6)) == "");
        REQUIRE(difference(w.values(), weights,
                           [&](Index i) { return allowed[static_cast<std::size_t>(i)]; }) == "");
        CHECK((w.intact() && m.intact() && v.intact()));
      });
    }
  }
}

TEST_CASE_TEMPLATE("update: a gradient of zero leaves weights without momentum as they are", T,
                   float, double) {
  Draw draw(3);
  const auto before = draw.reals<T>(50);
  const std::vector<T> zero(50);
  with_every_table<T>([&](const KernelTable<T>& table) {
    std::vector<T> weights = before, mean = zero, square = zero, momentum = zero;
    table.update.sgd({0.1, 0.9, 0, true}, 50, zero.data(), momentum.data(), weights.data());
    REQUIRE(same_bits(weights, before));
    table.update.adam({0.1, 0.9, 0.999, 1e-8, 0, 0.1, 0.001, false}, 50, zero.data(), mean.data(),
                      square.data(), weights.data());
    REQUIRE(same_bits(weights, before));
  });
}

}  // namespace cnnx::test
