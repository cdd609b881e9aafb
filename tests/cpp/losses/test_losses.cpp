#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "cnnx/core/error.h"
#include "cnnx/losses/loss.h"
#include "support/compare.h"
#include "support/descriptions.h"
#include "support/draw.h"

namespace cnnx::test {
namespace {

// By definition, in more precision; `target` is a row.
long double cross_entropy_of(const std::vector<long double>& x,
                             const std::vector<long double>& target) {
  long double sum = 0, loss = 0;
  for (const long double v : x) sum += std::exp(v);
  for (std::size_t i = 0; i < x.size(); ++i) loss += target[i] * (std::log(sum) - x[i]);
  return loss;
}
long double mse_of(const std::vector<long double>& x, const std::vector<long double>& target) {
  long double loss = 0;
  for (std::size_t i = 0; i < x.size(); ++i) loss += (x[i] - target[i]) * (x[i] - target[i]);
  return loss / static_cast<long double>(x.size());
}

struct Definition {
  Attrs attrs;
  long double (*value)(const std::vector<long double>&, const std::vector<long double>&);
};
const Definition kLosses[] = {{cross_entropy(), cross_entropy_of}, {mse(), mse_of}};

template <class T>
std::vector<long double> wide(const std::vector<T>& values) {
  return {values.begin(), values.end()};
}

template <class T>
struct Evaluated {
  double loss;
  std::vector<T> grad;
};

template <class T>
Evaluated<T> evaluate(const Attrs& attrs, const std::vector<T>& outputs, const Target<T>& target,
                      T scale = 1) {
  Evaluated<T> result{0, std::vector<T>(outputs.size())};
  const auto loss = make_loss<T>(attrs);
  result.loss =
      loss->evaluate(std::ssize(outputs), outputs.data(), target, scale, result.grad.data());
  // Without a gradient the same loss.
  CHECK(loss->evaluate(std::ssize(outputs), outputs.data(), target, scale, nullptr) == result.loss);
  return result;
}

}  // namespace

TEST_CASE_TEMPLATE("losses: values as the definitions say, for rows and for labels", T, float,
                   double) {
  Draw draw(1);
  for (int i = 0; i < 300; ++i) {
    const Index count = draw.integer(1, 12);
    const auto outputs = draw.reals<T>(count, -5, 5);
    const auto row = draw.reals<T>(count, 0, 1);
    const Index label = draw.integer(0, count - 1);
    std::vector<long double> one_hot(outputs.size());
    one_hot[static_cast<std::size_t>(label)] = 1;
    for (const auto& [attrs, value] : kLosses) {
      const double bound = 60 * kRoundoff<T> * static_cast<double>(count + 4);
      const long double by_row = value(wide(outputs), wide(row));
      const long double by_label = value(wide(outputs), one_hot);
      CHECK(std::abs(evaluate<T>(attrs, outputs, {-1, row.data()}).loss - by_row) <= bound);
      CHECK(std::abs(evaluate<T>(attrs, outputs, {label, nullptr}).loss - by_label) <= bound);
    }
  }
}

TEST_CASE("losses: gradients agree with central differences") {
  Draw draw(2);
  for (int i = 0; i < 100; ++i) {
    const Index count = draw.integer(1, 9);
    const auto outputs = draw.reals<double>(count, -3, 3);
    const auto row = draw.reals<double>(count, -1, 1);  // masses other than 1 and below 0 too
    const Target<double> targets[] = {{draw.integer(0, count - 1), nullptr}, {-1, row.data()}};
    for (const auto& [attrs, value] : kLosses) {
      for (const Target<double>& target : targets) {
        const double scale = draw.real(0.1, 2);
        const auto got = evaluate<double>(attrs, outputs, target, scale);
        for (std::size_t k = 0; k < outputs.size(); ++k) {
          constexpr double kStep = 1e-5;
          auto above = outputs, below = outputs;
          above[k] += kStep;
          below[k] -= kStep;
          const double slope = (evaluate<double>(attrs, above, target).loss -
                                evaluate<double>(attrs, below, target).loss) /
                               (2 * kStep);
          REQUIRE(std::abs(got.grad[k] - scale * slope) < 1e-8);
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("losses: a label stands for its one-hot row", T, float, double) {
  Draw draw(3);
  const auto outputs = draw.reals<T>(7);
  for (const auto& [attrs, value] : kLosses) {
    for (Index label = 0; label < 7; ++label) {
      std::vector<T> row(7);
      row[static_cast<std::size_t>(label)] = 1;
      const auto by_label = evaluate<T>(attrs, outputs, {label, nullptr}, T{0.25});
      const auto by_row = evaluate<T>(attrs, outputs, {-1, row.data()}, T{0.25});
      CHECK(by_label.loss == by_row.loss);
      CHECK(same_bits(by_label.grad, by_row.grad));
    }
  }
}

TEST_CASE_TEMPLATE("losses: cross-entropy of the largest logits neither overflows nor vanishes", T,
                   float, double) {
  const T most = std::numeric_limits<T>::max() / 4;
  const auto surprised = evaluate<T>(cross_entropy(), {1000, -1000, 0}, {1, nullptr});
  CHECK(surprised.loss == 2000);
  CHECK(surprised.grad == std::vector<T>{1, -1, 0});
  const auto sure = evaluate<T>(cross_entropy(), {most, 0, -most}, {0, nullptr});
  CHECK(sure.loss == 0);
  CHECK(sure.grad == std::vector<T>{0, 0, 0});
  const auto wrong = evaluate<T>(cross_entropy(), {most, 0, -most}, {2, nullptr});
  CHECK(wrong.loss == 2 * static_cast<double>(most));
  const auto level = evaluate<T>(cross_entropy(), {-most, -most}, {0, nullptr});
  CHECK(std::abs(level.loss - std::log(2.0)) < 1e-12);
}

TEST_CASE("losses: which one takes a softmax into itself") {
  CHECK(make_loss<float>(cross_entropy())->takes_logits());
  CHECK_FALSE(make_loss<float>(mse())->takes_logits());
}

TEST_CASE("losses: an unknown name is refused with the choices") {
  CHECK_THROWS_WITH_AS(make_loss<float>(of_kind("hinge")),
                       "loss: \"hinge\" is unknown; choose one of cross_entropy, mse", ConfigError);
}

TEST_CASE_TEMPLATE("losses: the predicted class is the first of the largest", T, float, double) {
  const std::vector<T> values{1, 3, 3, 2};
  CHECK(argmax<T>(4, values.data()) == 1);
  CHECK(argmax<T>(1, values.data()) == 0);
  const T low = -std::numeric_limits<T>::infinity();
  const std::vector<T> lows{low, low, 0, low};
  CHECK(argmax<T>(2, lows.data()) == 0);
  CHECK(argmax<T>(4, lows.data()) == 2);
}

}  // namespace cnnx::test
