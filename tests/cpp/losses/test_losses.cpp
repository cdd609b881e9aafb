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

using Row = std::vector<long double>;

// By definition, in more precision; `target` is a row.
Row softmax(const Row& x) {
  long double sum = 0;
  for (const long double v : x) sum += std::exp(v);
  Row chances;
  for (const long double v : x) chances.push_back(std::exp(v) / sum);
  return chances;
}
long double cross_entropy_of(const Row& x, const Row& target) {
  const Row chances = softmax(x);
  long double loss = 0;
  for (std::size_t i = 0; i < x.size(); ++i) loss -= target[i] * std::log(chances[i]);
  return loss;
}
long double smoothed_of(const Row& x, const Row& target) {
  Row smooth = target;
  for (long double& t : smooth) t = 0.75L * t + 0.25L / static_cast<long double>(x.size());
  return cross_entropy_of(x, smooth);
}
template <int HalfGamma>
long double focal_of(const Row& x, const Row& target) {
  const Row chances = softmax(x);
  long double loss = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    loss -= target[i] * std::pow(1 - chances[i], HalfGamma / 2.0L) * std::log(chances[i]);
  }
  return loss;
}
// The mean of f(output, target).
template <long double (*F)(long double, long double)>
long double mean_of(const Row& x, const Row& target) {
  long double loss = 0;
  for (std::size_t i = 0; i < x.size(); ++i) loss += F(x[i], target[i]);
  return loss / static_cast<long double>(x.size());
}
long double binary(long double x, long double t) {
  const long double chance = 1 / (1 + std::exp(-x));
  return -t * std::log(chance) - (1 - t) * std::log(1 - chance);
}
long double squared(long double x, long double t) { return (x - t) * (x - t); }
long double absolute(long double x, long double t) { return std::abs(x - t); }
long double hubers(long double x, long double t) {
  const long double size = std::abs(x - t);
  return size <= 1.5L ? size * size / 2 : 1.5L * (size - 0.75L);
}

struct Definition {
  Attrs attrs;
  long double (*value)(const Row&, const Row&);
};
const Definition kLosses[] = {{cross_entropy(), cross_entropy_of},
                              {smoothed(0.25), smoothed_of},
                              {binary_cross_entropy(), mean_of<binary>},
                              {focal(2), focal_of<4>},
                              {focal(0.5), focal_of<1>},
                              {focal(0), cross_entropy_of},
                              {mse(), mean_of<squared>},
                              {mae(), mean_of<absolute>},
                              {huber(1.5), mean_of<hubers>}};

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
  const double alone = loss->evaluate(std::ssize(outputs), outputs.data(), target, scale, nullptr);
  CHECK((alone == result.loss || (std::isnan(alone) && std::isnan(result.loss))));
  return result;
}

}  // namespace

TEST_CASE_TEMPLATE("losses: values as the definitions say, for rows and for labels", T, float,
                   double) {
  Draw draw(1);
  for (int i = 0; i < 300; ++i) {
    const Index count = draw.integer(2, 12);
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
          // Across a kink of mae or huber a difference says nothing.
          const double wanted = target.wanted(static_cast<Index>(k));
          const double size = std::abs(outputs[k] - wanted);
          if (std::min(size, std::abs(size - 1.5)) < 2 * kStep) continue;
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

TEST_CASE_TEMPLATE("losses: label smoothing pulls the surest logits back", T, float, double) {
  const auto sure = evaluate<T>(smoothed(0.5), {1000, 0}, {0, nullptr});
  CHECK(sure.loss == 250);
  CHECK(sure.grad == std::vector<T>{T{0.25}, T{-0.25}});
}

TEST_CASE_TEMPLATE("losses: binary cross-entropy of a single output has two classes", T, float,
                   double) {
  const auto loss = make_loss<T>(binary_cross_entropy());
  CHECK(loss->classes(1) == 2);
  CHECK(loss->classes(3) == 3);
  CHECK(make_loss<T>(mse())->classes(1) == 1);
  for (const T logit : {T{-3}, T{-0.5}, T{0}, T{2}, T{5}}) {
    for (const T label : {T{0}, T{1}}) {
      const Target<T> by_label{static_cast<Index>(label), nullptr}, by_row{-1, &label};
      const auto got = evaluate<T>(binary_cross_entropy(), {logit}, by_label);
      const auto same = evaluate<T>(binary_cross_entropy(), {logit}, by_row);
      CHECK(got.loss == same.loss);
      CHECK(same_bits(got.grad, same.grad));
      CHECK(std::abs(got.loss - binary(logit, label)) <= 8 * kRoundoff<T> * (1 + std::abs(logit)));
      for (const Target<T>& target : {by_label, by_row}) {
        CHECK(loss->correct(1, &logit, target) == ((logit > 0) == (label == 1)));
      }
    }
  }
}

TEST_CASE_TEMPLATE(
    "losses: binary cross-entropy of the largest logits neither overflows nor "
    "vanishes",
    T, float, double) {
  const T most = std::numeric_limits<T>::max() / 4;
  const std::vector<T> row{0, 1};
  const auto wrong = evaluate<T>(binary_cross_entropy(), {most, -most}, {-1, row.data()});
  CHECK(wrong.loss == static_cast<double>(most));
  CHECK(wrong.grad == std::vector<T>{T{0.5}, T{-0.5}});
  const auto right = evaluate<T>(binary_cross_entropy(), {-most, most}, {-1, row.data()});
  CHECK(right.loss == 0);
  CHECK(right.grad == std::vector<T>{0, 0});
}

TEST_CASE_TEMPLATE("losses: focal loss is exact where the network is sure", T, float, double) {
  // With x = 30 more than the other logit p is 1 - e^-30, which no float tells from 1.
  const long double doubt = std::exp(-30.0L) / (1 + std::exp(-30.0L));
  const auto sure = evaluate<T>(focal(1), {30, 0}, {0, nullptr});
  CHECK(sure.loss == doctest::Approx(static_cast<double>(doubt * std::log1p(std::exp(-30.0L)))));
  CHECK(static_cast<double>(sure.grad[0]) ==
        doctest::Approx(static_cast<double>(-2 * doubt * doubt)).epsilon(1e-5));
  for (const double gamma : {0.0, 0.3, 1.0, 5.0}) {
    const auto certain = evaluate<T>(focal(gamma), {1000, -1000, 0}, {0, nullptr});
    CHECK(certain.loss == 0);
    CHECK(certain.grad == std::vector<T>{0, 0, 0});
    const auto wrong = evaluate<T>(focal(gamma), {1000, -1000, 0}, {1, nullptr});
    CHECK(wrong.loss == 2000);
    CHECK(wrong.grad == std::vector<T>{1, -1, 0});
  }
}

TEST_CASE_TEMPLATE("losses: focal loss multiplies by the weight of the class", T, float, double) {
  const Attrs weighted = with(focal(2), "alpha", std::vector<double>{0.25, 1, 3});
  const std::vector<T> outputs{T{0.5}, T{-1}, T{2}};
  const double weights[] = {0.25, 1, 3};
  for (Index label = 0; label < 3; ++label) {
    const auto plain = evaluate<T>(focal(2), outputs, {label, nullptr});
    const auto got = evaluate<T>(weighted, outputs, {label, nullptr});
    CHECK(got.loss == doctest::Approx(weights[label] * plain.loss).epsilon(1e-14));
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(got.grad[i] == doctest::Approx(weights[label] * plain.grad[i]).epsilon(1e-6));
    }
  }
  CHECK_NOTHROW(make_loss<T>(weighted)->check(3));
  CHECK_THROWS_WITH_AS(make_loss<T>(weighted)->check(4),
                       doctest::Contains("has 3 weights in alpha for 4 classes"), ConfigError);
}

TEST_CASE_TEMPLATE("losses: a NaN among the outputs is seen", T, float, double) {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  for (const auto& [attrs, value] : kLosses) {
    const auto got = evaluate<T>(attrs, {1, nan, 0}, {1, nullptr});
    CHECK(std::isnan(got.loss));
    CHECK(std::isnan(got.grad[1]));
  }
}

TEST_CASE("losses: which one takes which activation into itself") {
  const auto taken = [](const Attrs& attrs) { return make_loss<float>(attrs)->takes_activation(); };
  CHECK(taken(cross_entropy()) == ActivationKind::softmax);
  CHECK(taken(focal(2)) == ActivationKind::softmax);
  CHECK(taken(binary_cross_entropy()) == ActivationKind::sigmoid);
  for (const Attrs& attrs : {mse(), mae(), huber(1)}) {
    CHECK(taken(attrs) == ActivationKind::linear);
  }
}

TEST_CASE("losses: an unknown name and numbers out of range are refused") {
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::nan("");
  const auto refused = [](const Attrs& attrs, const char* text) {
    CHECK_THROWS_WITH_AS(make_loss<float>(attrs), doctest::Contains(text), ConfigError);
  };
  refused(of_kind("hinge"),
          "loss: \"hinge\" is unknown; choose one of binary_cross_entropy, cross_entropy, focal, "
          "huber, mae, mse");
  for (const double bad : {-0.1, 1.0, nan}) refused(smoothed(bad), "label_smoothing: expected");
  for (const double bad : {-0.1, infinity, nan}) refused(focal(bad), "gamma: expected");
  for (const double bad : {0.0, -1.0, infinity, nan}) refused(huber(bad), "delta: expected");
  refused(with(focal(2), "alpha", std::vector<double>{1, -1}),
          "alpha: expected numbers at least 0");
  CHECK_NOTHROW(make_loss<float>(of_kind("huber")));  // with the standard delta
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
