// What surrounds the steps of every optimizer: which weights change, clipping, the average.
#include "cnnx/update.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "cnnx/core/error.h"
#include "cnnx/kernels/dispatch.h"
#include "support/compare.h"
#include "support/descriptions.h"
#include "support/draw.h"
#include "support/isas.h"
#include "support/threads.h"

namespace cnnx::test {
namespace {

// Weights of which some parts are updated; the gaps hold numbers that no step may touch.
// Enough of them for threads.
constexpr Index kSize = 400000;
const std::vector<UpdatePart> kParts = {{0, 20000, true}, {20016, 7, false}, {20032, 379000, true}};

bool in_parts(Index i) {
  for (const UpdatePart& part : kParts) {
    if (i >= part.first && i < part.first + part.count) return true;
  }
  return false;
}

template <class T>
struct Weights {
  explicit Weights(const Attrs& attrs, const std::vector<UpdatePart>& parts = kParts) {
    Draw draw(1);
    weights = draw.reals<T>(kSize);
    updater.set_optimizer(attrs, current_tables().get<T>(), kSize);
    updater.plan(parts);
  }

  void step(std::vector<T> grads, double rate = 0.5) {
    updater.update(rate, weights.data(), grads.data());
  }

  Updater<T> updater;
  std::vector<T> weights;
};

template <class T>
double norm(const std::vector<T>& grads) {
  long double sum = 0;
  for (Index i = 0; i < kSize; ++i) {
    const auto g = static_cast<long double>(grads[static_cast<std::size_t>(i)]);
    if (in_parts(i)) sum += g * g;
  }
  return static_cast<double>(std::sqrt(sum));
}

}  // namespace

TEST_CASE_TEMPLATE("update: only the parts change, each by the optimizer's step", T, float,
                   double) {
  Draw draw(2);
  const auto grads = draw.reals<T>(kSize);
  on_every_isa([&] {
    Weights<T> net(sgd(0.5));
    const std::vector<T> before = net.weights;
    net.step(grads);
    std::vector<T> wanted = before;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (in_parts(static_cast<Index>(i))) wanted[i] -= T{0.5} * grads[i];
    }
    CHECK(difference(net.weights, wanted, 2 * kRoundoff<T>) == "");
    CHECK(net.updater.step() == 1);
    // With other parts the rest stays.
    const std::vector<T> after = net.weights;
    net.updater.plan({kParts[1]});
    net.step(grads);
    wanted = after;
    for (std::size_t i = 20016; i < 20023; ++i) wanted[i] -= T{0.5} * grads[i];
    CHECK(difference(net.weights, wanted, 2 * kRoundoff<T>) == "");
    CHECK(net.weights[20015] == after[20015]);
    CHECK(net.weights[20023] == after[20023]);
  });
}

TEST_CASE_TEMPLATE("update: weight decay leaves biases out on request", T, float, double) {
  const std::vector<T> zero(kSize);
  for (const bool only : {false, true}) {
    Weights<T> net(with(sgd(0.5, 0, false, 0.25), "decay_weights_only", only));
    const std::vector<T> before = net.weights;
    net.step(zero);
    const T kept = T{1} - T{0.125};
    CHECK(net.weights[0] == doctest::Approx(before[0] * kept));
    CHECK(net.weights[399031] == doctest::Approx(before[399031] * kept));
    CHECK(net.weights[20016] == doctest::Approx(before[20016] * (only ? T{1} : kept)));
  }
}

TEST_CASE_TEMPLATE("update: a longer gradient is cut to the norm, a shorter one is not", T, float,
                   double) {
  Draw draw(3);
  auto grads = draw.reals<T>(kSize);
  grads[20010] = T{1e6};  // in a gap: nobody's
  const double length = norm(grads);
  on_every_isa([&] {
    Weights<T> free(sgd(1)), longer(with(sgd(1), "clip_norm", length * 1.001));
    free.step(grads);
    longer.step(grads);
    CHECK(same_bits(free.weights, longer.weights));
    Weights<T> shorter(with(sgd(1), "clip_norm", length / 4)), plain(sgd(1));
    const std::vector<T> before = plain.weights;
    shorter.step(grads, 1);
    std::vector<T> moved, wanted;
    for (std::size_t i = 0; i < before.size(); ++i) {
      moved.push_back(before[i] - shorter.weights[i]);
      wanted.push_back(in_parts(static_cast<Index>(i)) ? grads[i] / 4 : T{0});
    }
    CHECK(difference(moved, wanted, 8 * kRoundoff<T>) == "");
    CHECK(norm(moved) == doctest::Approx(length / 4).epsilon(1e-5));
  });
}

TEST_CASE_TEMPLATE("update: gradients are cut one by one before their norm is taken", T, float,
                   double) {
  std::vector<T> grads(kSize);
  grads[0] = 100;
  grads[1] = -100;
  grads[2] = T{0.5};
  Weights<T> net(with(with(sgd(1), "clip_value", 2.0), "clip_norm", 1.0));
  const std::vector<T> before = net.weights;
  net.step(grads, 1);
  const double length = std::sqrt(2 * 2 + 2 * 2 + 0.25);
  for (const auto& [place, cut] : {std::pair<std::size_t, double>{0, 2}, {1, -2}, {2, 0.5}}) {
    CHECK(std::abs(static_cast<double>(before[place] - net.weights[place]) - cut / length) <=
          8 * kRoundoff<T>);
  }
}

TEST_CASE_TEMPLATE("update: clipping hides no divergence, and leaves the gaps alone", T, float,
                   double) {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    Weights<T> net(with(adam("adam", 0.1), "clip_norm", 1.0));
    const std::vector<T> before = net.weights;
    std::vector<T> grads(kSize, T{0.01});
    grads[25000] = static_cast<T>(bad);
    net.step(grads);
    std::vector<T> wanted = before;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (in_parts(static_cast<Index>(i))) wanted[i] = std::numeric_limits<T>::quiet_NaN();
    }
    CHECK(difference(net.weights, wanted) == "");
    for (Index slot = 0; slot < 2; ++slot) CHECK(net.updater.slot(slot)[20010] == 0);
  }
}

TEST_CASE_TEMPLATE("update: the average begins at the first step's weights and follows them", T,
                   float, double) {
  Draw draw(4);
  on_every_isa([&] {
    Weights<T> net(with(sgd(0.5, 0.5), "ema", 0.75));
    CHECK(net.updater.slots() == std::vector<std::string>{"momentum", "average"});
    CHECK_THROWS_WITH_AS(net.updater.swap_average(), doctest::Contains("no step has been made"),
                         ConfigError);
    std::vector<double> average;
    for (int n = 0; n < 5; ++n) {
      net.step(draw.reals<T>(kSize));
      if (n == 0) average.assign(net.weights.begin(), net.weights.end());
      for (std::size_t i = 0; i < average.size(); ++i) {
        average[i] = 0.75 * average[i] + 0.25 * static_cast<double>(net.weights[i]);
      }
      const T* kept = net.updater.slot(1);
      REQUIRE(difference(std::vector<T>(kept, kept + kSize), average, 30 * kRoundoff<T>) == "");
    }
    CHECK(net.updater.swap_average() == net.updater.slot(1));
    CHECK_THROWS_WITH_AS(net.updater.require_unswapped("training"),
                         doctest::Contains("training: not while the weights are swapped"),
                         ConfigError);
    CHECK_THROWS_AS(net.updater.set_optimizer(sgd(0.1), current_tables().get<T>(), kSize),
                    ConfigError);
    net.updater.swap_average();
    CHECK_NOTHROW(net.updater.require_unswapped("training"));
  });
  Weights<T> without(sgd(0.5));
  without.step(std::vector<T>(kSize));
  CHECK_THROWS_WITH_AS(without.updater.swap_average(), doctest::Contains("give it one with ema"),
                       ConfigError);
}

TEST_CASE_TEMPLATE("update: the same bits with any number of threads", T, float, double) {
  Attrs attrs = with(with(adam("adamw", 0.01, 0.1), "clip_norm", 5.0), "clip_value", 0.5);
  attrs = with(with(attrs, "ema", 0.9), "decay_weights_only", true);
  on_every_isa([&] {
    std::vector<T> expected;
    for (const int threads : {1, 2, 3, 5}) {
      CAPTURE(threads);
      const Threads set(threads);
      Draw draw(5);
      Weights<T> net(attrs);
      for (int n = 0; n < 5; ++n) net.step(draw.reals<T>(kSize));
      std::vector<T> trace = net.weights;
      for (Index slot = 0; slot < 3; ++slot) {
        trace.insert(trace.end(), net.updater.slot(slot), net.updater.slot(slot) + kSize);
      }
      if (threads == 1) expected = trace;
      CHECK(same_bits(trace, expected));
    }
  });
}

}  // namespace cnnx::test
