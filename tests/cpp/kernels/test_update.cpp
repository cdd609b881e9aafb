// The optimizer steps of every instruction set against their formulas.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
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

// Steps of one kernel, run on every instruction set and compared with `exact`, one number at a
// time: both change the weight and two numbers of state.
template <class T>
struct Stepped {
  long double weight, first, second;
};
template <class T, class Run, class Exact>
void check_steps(Draw& draw, double allowed, Run&& run, Exact&& exact) {
  for (const Index count : kCounts) {
    CAPTURE(count);
    const auto grad = draw.reals<T>(count, 0.1, 2), before = draw.reals<T>(count);
    const auto first = draw.reals<T>(count, 0.1, 1), second = draw.reals<T>(count);
    std::vector<long double> weights, firsts, seconds;
    for (std::size_t i = 0; i < grad.size(); ++i) {
      Stepped<T> at{before[i], first[i], second[i]};
      exact(static_cast<long double>(grad[i]), at);
      weights.push_back(at.weight);
      firsts.push_back(at.first);
      seconds.push_back(at.second);
    }
    with_every_table<T>([&](const KernelTable<T>& table) {
      Guarded<T> w = guarded_output<T>(count), a = guarded_output<T>(count);
      Guarded<T> b = guarded_output<T>(count);
      std::copy(before.begin(), before.end(), w.data());
      std::copy(first.begin(), first.end(), a.data());
      std::copy(second.begin(), second.end(), b.data());
      run(table.update, count, guarded_input(grad).data(), a.data(), b.data(), w.data());
      REQUIRE(difference(w.values(), weights, allowed) == "");
      REQUIRE(difference(a.values(), firsts, allowed) == "");
      REQUIRE(difference(b.values(), seconds, allowed) == "");
      CHECK((w.intact() && a.intact() && b.intact()));
    });
  }
}

TEST_CASE_TEMPLATE("update: rmsprop with and without momentum and decay", T, float, double) {
  Draw draw(4);
  for (const RmspropStep& s : {RmspropStep{0.01, 0.9, 0, 1e-8, 0},
                               {0.01, 0.9, 0.8, 1e-3, 0.1},
                               {0.1, 0, 0, 1e-2, 0.3},
                               {0.1, 0.99, 0.5, 1e-8, 0}}) {
    check_steps<T>(
        draw, few_roundings<T>(30),
        [&](const UpdateKernel<T>& kernel, Index count, const T* grad, T* square, T* momentum,
            T* weights) {
          kernel.rmsprop(s, count, grad, square, s.momentum > 0 ? momentum : nullptr, weights);
        },
        [&](long double grad, Stepped<T>& at) {
          const long double g = grad + s.weight_decay * at.weight;
          at.first = s.rho * at.first + (1 - s.rho) * g * g;
          long double step = g / (std::sqrt(at.first) + s.epsilon);
          if (s.momentum > 0) step = at.second = s.momentum * at.second + step;
          at.weight -= s.learning_rate * step;
        });
  }
}

TEST_CASE_TEMPLATE("update: adagrad with and without decay", T, float, double) {
  Draw draw(5);
  for (const AdagradStep& s : {AdagradStep{0.01, 1e-10, 0}, {0.5, 1e-3, 0.1}}) {
    check_steps<T>(
        draw, few_roundings<T>(10),
        [&](const UpdateKernel<T>& kernel, Index count, const T* grad, T* square, T*, T* weights) {
          kernel.adagrad(s, count, grad, square, weights);
        },
        [&](long double grad, Stepped<T>& at) {
          const long double g = grad + s.weight_decay * at.weight;
          at.first += g * g;
          at.weight -= s.learning_rate * g / (std::sqrt(at.first) + s.epsilon);
        });
  }
}

TEST_CASE_TEMPLATE("update: lion with and without decay", T, float, double) {
  Draw draw(6);
  for (const double sign : {1.0, -1.0}) {
    for (const LionStep& s : {LionStep{0.01, 0.9, 0.99, 0}, {0.1, 0.5, 0.8, 0.3}}) {
      check_steps<T>(
          draw, few_roundings<T>(4),
          [&](const UpdateKernel<T>& kernel, Index count, const T* grad, T* mean, T*, T* weights) {
            std::vector<T> signed_grad(grad, grad + count);
            for (T& g : signed_grad) g *= static_cast<T>(sign);
            for (Index i = 0; i < count; ++i) mean[i] *= static_cast<T>(sign);
            kernel.lion(s, count, signed_grad.data(), mean, weights);
          },
          [&](long double grad, Stepped<T>& at) {
            at.weight -= s.learning_rate * (sign + s.weight_decay * at.weight);
            at.first = sign * (s.beta_2 * at.first + (1 - s.beta_2) * grad);
          });
    }
  }
  // No sign, no step; and a NaN is not hidden behind one.
  with_every_table<T>([&](const KernelTable<T>& table) {
    const T nan = std::numeric_limits<T>::quiet_NaN();
    std::vector<T> grad(40), mean(40), weights(40, T{1});
    grad[3] = grad[38] = nan;
    table.update.lion({0.5, 0.9, 0.99, 0}, 40, grad.data(), mean.data(), weights.data());
    for (std::size_t i = 0; i < 40; ++i) {
      CHECK((i == 3 || i == 38 ? std::isnan(weights[i]) : weights[i] == 1));
    }
  });
}

TEST_CASE_TEMPLATE("update: clipping, and the sum of squares that it leaves", T, float, double) {
  Draw draw(7);
  const T none = std::numeric_limits<T>::infinity();
  for (const Index count : kCounts) {
    CAPTURE(count);
    for (const T most : {T{0.5}, T{2}, none}) {
      const auto grad = draw.reals<T>(count, -3, 3);
      std::vector<T> wanted;
      long double sum = 0;
      for (const T g : grad) {
        const T cut = std::clamp(g, -most, most);
        sum += static_cast<long double>(cut) * cut;
        wanted.push_back(T{0.25} * cut);
      }
      with_every_table<T>([&](const KernelTable<T>& table) {
        const double got = table.update.sum_squares(count, most, guarded_input(grad).data());
        CHECK(std::abs(got - sum) <= 1e-15L * count * sum);
        Guarded<T> g = guarded_output<T>(count);
        std::copy(grad.begin(), grad.end(), g.data());
        table.update.clip(count, most, T{0.25}, g.data());
        CHECK(difference(g.values(), wanted) == "");
        CHECK(g.intact());
      });
    }
  }
  // A NaN stays one, and is seen in the sum.
  with_every_table<T>([&](const KernelTable<T>& table) {
    for (const std::size_t place : {0, 5, 16, 18}) {
      std::vector<T> grad(19, T{3});
      grad[place] = std::numeric_limits<T>::quiet_NaN();
      CHECK(std::isnan(table.update.sum_squares(19, T{1}, grad.data())));
      table.update.clip(19, T{1}, T{1}, grad.data());
      for (std::size_t i = 0; i < 19; ++i) CHECK((i == place ? std::isnan(grad[i]) : grad[i] == 1));
    }
  });
}

TEST_CASE("update: all instruction sets but the naive one sum squares alike") {
  Draw draw(8);
  const auto grad = draw.reals<float>(1000, -3, 3);
  std::vector<double> sums;
  with_every_table<float>([&](const KernelTable<float>& table) {
    if (current_isa() == "reference") return;
    sums.push_back(table.update.sum_squares(1000, 2.0f, grad.data()));
  });
  for (const double sum : sums) CHECK(sum == sums.front());
}

TEST_CASE_TEMPLATE("update: the average moves towards the weights and stays at them", T, float,
                   double) {
  Draw draw(9);
  for (const Index count : kCounts) {
    CAPTURE(count);
    const auto weights = draw.reals<T>(count), before = draw.reals<T>(count);
    for (const double decay : {0.5, 0.9999}) {
      std::vector<long double> wanted;
      for (std::size_t i = 0; i < weights.size(); ++i) {
        wanted.push_back(decay * before[i] + (1 - static_cast<long double>(decay)) * weights[i]);
      }
      with_every_table<T>([&](const KernelTable<T>& table) {
        Guarded<T> average = guarded_output<T>(count);
        std::copy(before.begin(), before.end(), average.data());
        table.update.average(count, decay, guarded_input(weights).data(), average.data());
        CHECK(difference(average.values(), wanted, few_roundings<T>(1)) == "");
        CHECK(average.intact());
        std::vector<T> same = weights;
        table.update.average(count, decay, weights.data(), same.data());
        CHECK(same_bits(same, weights));
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
