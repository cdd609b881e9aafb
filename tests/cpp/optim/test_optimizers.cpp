#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "cnnx/core/error.h"
#include "cnnx/optim/optimizer.h"
#include "support/compare.h"
#include "support/descriptions.h"
#include "support/draw.h"
#include "support/isas.h"
#include "support/layers.h"

namespace cnnx::test {
namespace {

constexpr Index kCount = 37;
constexpr int kSteps = 10;

// Weights and state of one optimizer in more precision, stepped by the formulas of the papers as
// PyTorch has them.
struct Formula {
  std::vector<long double> weights, first, second;

  void sgd(double rate, double momentum, bool nesterov, double decay,
           const std::vector<long double>& grad) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const long double g = grad[i] + decay * weights[i];
      first[i] = momentum * first[i] + g;
      const long double direction = nesterov ? g + momentum * first[i] : first[i];
      weights[i] -= rate * direction;
    }
  }

  void adam(int step, double rate, double decay, bool decoupled,
            const std::vector<long double>& grad) {
    const long double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-8;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      long double g = grad[i];
      if (decoupled) {
        weights[i] -= rate * decay * weights[i];
      } else {
        g += decay * weights[i];
      }
      first[i] = beta_1 * first[i] + (1 - beta_1) * g;
      second[i] = beta_2 * second[i] + (1 - beta_2) * g * g;
      const long double mean = first[i] / (1 - std::pow(beta_1, step));
      const long double square = second[i] / (1 - std::pow(beta_2, step));
      weights[i] -= rate * mean / (std::sqrt(square) + epsilon);
    }
  }

  void rmsprop(double rate, double momentum, double decay, const std::vector<long double>& grad) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const long double g = grad[i] + decay * weights[i];
      first[i] = 0.9L * first[i] + 0.1L * g * g;
      second[i] = momentum * second[i] + g / (std::sqrt(first[i]) + 1e-8L);
      weights[i] -= rate * second[i];
    }
  }

  void adagrad(double rate, double decay, const std::vector<long double>& grad) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const long double g = grad[i] + decay * weights[i];
      first[i] += g * g;
      weights[i] -= rate * g / (std::sqrt(first[i]) + 1e-10L);
    }
  }

  void lion(double rate, double decay, const std::vector<long double>& grad) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const long double mix = 0.9L * first[i] + 0.1L * grad[i];
      weights[i] -= rate * ((mix > 0 ? 1 : -1) + decay * weights[i]);
      first[i] = 0.99L * first[i] + 0.01L * grad[i];
    }
  }
};

// Ten steps of the engine beside ten of `step(formula, number, gradient)`.
template <class T, class Step>
void check_steps(const Attrs& attrs, double rate, Step&& step) {
  on_every_isa([&] {
    Draw draw(1);
    const auto optimizer = make_optimizer<T>(attrs, current_tables().get<T>());
    std::vector<T> weights = draw.reals<T>(kCount);
    std::vector<std::vector<T>> slots(optimizer->slots().size(), std::vector<T>(kCount));
    std::vector<T*> pointers;
    for (auto& slot : slots) pointers.push_back(slot.data());
    Formula formula{{weights.begin(), weights.end()},
                    std::vector<long double>(kCount),
                    std::vector<long double>(kCount)};
    for (int n = 1; n <= kSteps; ++n) {
      // Gradients a little apart from zero, where Adam's step depends on their last digits.
      std::vector<T> grad = draw.reals<T>(kCount, 0.1, 1);
      for (T& g : grad) g = draw.chance(0.5) ? g : -g;
      optimizer->update({n, rate}, kCount, grad.data(), pointers.data(), weights.data());
      step(formula, n, std::vector<long double>(grad.begin(), grad.end()));
    }
    CHECK(difference(weights, formula.weights, 200 * kRoundoff<T>) == "");
    if (!slots.empty()) CHECK(difference(slots[0], formula.first, 200 * kRoundoff<T>) == "");
    if (slots.size() > 1) CHECK(difference(slots[1], formula.second, 200 * kRoundoff<T>) == "");
  });
}

}  // namespace

TEST_CASE_TEMPLATE("optimizers: ten steps of sgd", T, float, double) {
  struct Row {
    double rate, momentum;
    bool nesterov;
    double decay;
  };
  for (const Row& row : {Row{0.1, 0, false, 0}, Row{0.1, 0.9, false, 0}, Row{0.05, 0.9, true, 0},
                         Row{0.1, 0.5, true, 0.01}, Row{0.1, 0, false, 0.1}}) {
    check_steps<T>(sgd(row.rate, row.momentum, row.nesterov, row.decay), row.rate,
                   [&](Formula& formula, int, const std::vector<long double>& grad) {
                     formula.sgd(row.rate, row.momentum, row.nesterov, row.decay, grad);
                   });
  }
}

TEST_CASE_TEMPLATE("optimizers: ten steps of adam and adamw", T, float, double) {
  for (const double decay : {0.0, 0.05}) {
    for (const bool decoupled : {false, true}) {
      check_steps<T>(adam(decoupled ? "adamw" : "adam", 0.01, decay), 0.01,
                     [&](Formula& formula, int n, const std::vector<long double>& grad) {
                       formula.adam(n, 0.01, decay, decoupled, grad);
                     });
    }
  }
}

TEST_CASE_TEMPLATE("optimizers: ten steps of rmsprop, adagrad and lion", T, float, double) {
  using Grad = std::vector<long double>;
  for (const double decay : {0.0, 0.05}) {
    for (const double momentum : {0.0, 0.8}) {
      check_steps<T>(rmsprop(0.01, momentum, decay), 0.01,
                     [&](Formula& formula, int, const Grad& grad) {
                       formula.rmsprop(0.01, momentum, decay, grad);
                     });
    }
    check_steps<T>(adagrad(0.1, decay), 0.1, [&](Formula& formula, int, const Grad& grad) {
      formula.adagrad(0.1, decay, grad);
    });
    check_steps<T>(lion(0.01, decay), 0.01, [&](Formula& formula, int, const Grad& grad) {
      formula.lion(0.01, decay, grad);
    });
  }
}

TEST_CASE_TEMPLATE("optimizers: a step that is not to decay does as without decay", T, float,
                   double) {
  const auto step = [](const Attrs& attrs, bool decays) {
    const auto optimizer = make_optimizer<T>(attrs, current_tables().get<T>());
    std::vector<T> weights{1, -2}, slots(4);
    const std::vector<T> grad{T{0.5}, T{0.25}};
    T* const pointers[] = {slots.data(), slots.data() + 2};
    optimizer->update({1, 0.1, decays}, 2, grad.data(), pointers, weights.data());
    return weights;
  };
  for (const Attrs& attrs : {sgd(0.1), adam("adam", 0.1), adam("adamw", 0.1), rmsprop(0.1, 0.9),
                             adagrad(0.1), lion(0.1)}) {
    const Attrs decaying = with(attrs, "weight_decay", 0.5);
    CHECK(step(decaying, false) == step(attrs, true));
    // Of adam and its like the first step is the sign of the gradient: the decay turns one round.
    CHECK(step(decaying, true) != step(attrs, true));
  }
}

TEST_CASE("optimizers: what surrounds a step") {
  const auto settings = [](const Attrs& attrs) {
    return make_optimizer<float>(attrs, current_tables().f32)->settings();
  };
  const UpdateSettings plain = settings(sgd(0.1));
  CHECK(plain.clip_norm == UpdateSettings::kNone);
  CHECK(plain.clip_value == UpdateSettings::kNone);
  CHECK(plain.average_decay == 0);
  CHECK_FALSE(plain.decay_weights_only);
  Attrs attrs = with(with(sgd(0.1), "clip_norm", 2.0), "clip_value", Index{3});
  attrs = with(with(attrs, "ema", 0.75), "decay_weights_only", true);
  const UpdateSettings all = settings(attrs);
  CHECK(all.clip_norm == 2);
  CHECK(all.clip_value == 3);
  CHECK(all.average_decay == 0.75);
  CHECK(all.decay_weights_only);
}

TEST_CASE("optimizers: the step's own learning rate counts, and it may be zero") {
  const auto optimizer = make_optimizer<double>(sgd(0.5), current_tables().f64);
  CHECK(optimizer->learning_rate() == 0.5);
  double weight = 1;
  const double grad = 2;
  optimizer->update({1, 0.25}, 1, &grad, nullptr, &weight);
  CHECK(weight == 0.5);
  optimizer->update({2, 0}, 1, &grad, nullptr, &weight);
  CHECK(weight == 0.5);
}

TEST_CASE("optimizers: names of the state arrays") {
  using Names = std::vector<std::string>;
  const auto slots = [](const Attrs& attrs) {
    return make_optimizer<float>(attrs, current_tables().f32)->slots();
  };
  CHECK(slots(sgd(0.1)) == Names{});
  CHECK(slots(sgd(0.1, 0.9)) == Names{"momentum"});
  CHECK(slots(adam("adam", 0.1)) == Names{"mean", "square"});
  CHECK(slots(adam("adamw", 0.1)) == Names{"mean", "square"});
  CHECK(slots(rmsprop(0.1)) == Names{"square"});
  CHECK(slots(rmsprop(0.1, 0.9)) == Names{"square", "momentum"});
  CHECK(slots(adagrad(0.1)) == Names{"square"});
  CHECK(slots(lion(0.1)) == Names{"mean"});
}

TEST_CASE("optimizers: unknown names and numbers out of range are refused") {
  const auto refused = [](const Attrs& attrs, const char* text) {
    CHECK_THROWS_WITH_AS(make_optimizer<float>(attrs, current_tables().f32),
                         doctest::Contains(text), ConfigError);
  };
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::nan("");
  refused(of_kind("adadelta"),
          "optimizer: \"adadelta\" is unknown; choose one of adagrad, adam, adamw, lion, rmsprop, "
          "sgd");
  for (const double bad : {-0.1, infinity, nan}) {
    refused(sgd(bad), "learning_rate: expected at least 0");
    refused(sgd(0.1, 0, false, bad), "weight_decay: expected at least 0");
    refused(adam("adamw", 0.1, bad), "weight_decay: expected at least 0");
    for (const Attrs& attrs : {adam("adam", 0.1), rmsprop(0.1), adagrad(0.1)}) {
      refused(with(attrs, "epsilon", bad), "epsilon: expected above 0");
    }
  }
  for (const double bad : {0.0, -0.1, infinity, nan}) {
    for (const char* name : {"clip_norm", "clip_value", "ema"}) {
      refused(with(sgd(0.1), name, bad), concat(name, ": expected above 0").c_str());
    }
  }
  refused(with(sgd(0.1), "ema", 1.0), "ema: expected above 0 and below 1, got 1");
  for (const double bad : {-0.1, 1.0, 2.0, nan}) {
    refused(sgd(0.1, bad), "momentum: expected at least 0 and below 1");
    refused(with(adam("adam", 0.1), "beta_1", bad), "beta_1: expected at least 0 and below 1");
    refused(with(adam("adam", 0.1), "beta_2", bad), "beta_2: expected at least 0 and below 1");
    refused(with(lion(0.1), "beta_1", bad), "beta_1: expected at least 0 and below 1");
    refused(with(lion(0.1), "beta_2", bad), "beta_2: expected at least 0 and below 1");
    refused(with(rmsprop(0.1), "rho", bad), "rho: expected at least 0 and below 1");
    refused(rmsprop(0.1, bad), "momentum: expected at least 0 and below 1");
  }
  refused(sgd(0.1, 0, true), "nesterov: needs momentum above 0");
}

}  // namespace cnnx::test
