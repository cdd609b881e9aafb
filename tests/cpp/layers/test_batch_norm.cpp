// BatchNorm: statistics of whole batches however they are cut, running averages, folding.
#include <doctest/doctest.h>

#include <cmath>

#include "cnnx/core/error.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/isas.h"
#include "support/layers.h"
#include "support/networks.h"
#include "support/threads.h"

namespace cnnx::test {
namespace {

const Shape kMaps{3, 5, 4, false};

struct Moments {
  std::vector<long double> mean, unbiased;
};

// Of the channels of images in public order.
template <class T>
Moments moments(const std::vector<T>& x, const Shape& shape) {
  const auto channels = static_cast<std::size_t>(shape.channels);
  const auto pixels = static_cast<std::size_t>(shape.pixels());
  Moments result{std::vector<long double>(channels), std::vector<long double>(channels)};
  const auto count = static_cast<long double>(x.size() / channels);
  const auto channel = [&](std::size_t i) { return i / pixels % channels; };
  for (std::size_t i = 0; i < x.size(); ++i) result.mean[channel(i)] += x[i];
  for (long double& mean : result.mean) mean /= count;
  for (std::size_t i = 0; i < x.size(); ++i) {
    result.unbiased[channel(i)] += std::pow(x[i] - result.mean[channel(i)], 2);
  }
  for (long double& v : result.unbiased) v /= std::max(1.0L, count - 1);
  return result;
}

// One step on images, whose targets do not matter.
template <class T>
void step(Network<T>& network, const std::vector<T>& x) {
  const Images batch = images(network, x);
  const std::vector<T> rows(static_cast<std::size_t>(batch.count * network.output().size()));
  network.train_batch(batch, {.rows = rows.data()}, std::nullopt);
}

}  // namespace

TEST_CASE("batch_norm: shape, parameters and refusals") {
  const auto maps = planned(batch_norm(), kImage);
  CHECK(maps->output() == kImage);
  CHECK(maps->measuring() != nullptr);
  REQUIRE(maps->parameters().size() == 4);
  for (const auto& parameter : maps->parameters()) {
    CHECK(parameter.dims == std::vector<Index>{3});
    CHECK(parameter.trained == (parameter.name == "weight" || parameter.name == "bias"));
  }
  const auto features = planned(batch_norm(), {3, 4, 5, true});
  CHECK(features->parameters()[0].dims == std::vector<Index>{60});
  const auto refused = [](const Attrs& attrs, const char* text) {
    CHECK_THROWS_WITH_AS(make_layer<float>(attrs), text, ConfigError);
  };
  refused(batch_norm("linear", 1), "momentum: expected at least 0 and below 1, got 1");
  refused(batch_norm("linear", -0.5), "momentum: expected at least 0 and below 1, got -0.5");
  refused(batch_norm("linear", 0.9, 0), "epsilon: expected above 0, got 0");
}

TEST_CASE_TEMPLATE("batch_norm: statistics of the batch, however it is cut", T, float, double) {
  Draw draw(1);
  for (const int threads : {1, 3}) {
    const Threads set(threads);
    on_every_isa([&] {
      for (const Index count : {1, 2, 3, 16, 37, 300}) {
        CAPTURE(count);
        Network<T> network({batch_norm("linear", 0)}, kMaps, options(mse(), sgd(0)));
        const auto x = draw.reals<T>(count * kMaps.size(), 99, 101);
        step(network, x);
        const Moments wanted = moments(x, kMaps);
        CHECK(difference(parameter(network, "0.running_mean"), wanted.mean,
                         100 * kRoundoff<T> * 16) == "");
        CHECK(difference(parameter(network, "0.running_var"), wanted.unbiased,
                         100 * kRoundoff<T> * 16) == "");
      }
    });
  }
}

TEST_CASE("batch_norm: one number of a channel has no variance, and is no danger") {
  Network<double> network({batch_norm("linear", 0.5)}, Shape::features(2), options(mse(), sgd(0)));
  step<double>(network, {4, -6});
  CHECK(parameter(network, "0.running_mean") == std::vector<double>{2, -3});
  CHECK(parameter(network, "0.running_var") == std::vector<double>{0.5, 0.5});
}

TEST_CASE("batch_norm: on the images beside a layer that takes the whole batch") {
  // Images come in, and are measured, before the first layer: once.
  const Shape features = Shape::features(300);
  const std::vector<Attrs> layers = {
      concat_of({{dense({.units = 400})}, {batch_norm("linear", 0)}})};
  Network<double> network(layers, features, options(mse(), sgd(0)));
  REQUIRE(network.graph().nodes()[0].traits.whole_batch);
  Draw draw(2);
  const Index count = 40;
  REQUIRE(schedule_of(network).lanes(count) > 1);
  const auto x = draw.reals<double>(count * features.size());
  step(network, x);
  const Moments wanted = moments(x, features);
  CHECK(difference(parameter(network, "0.branches.1.0.running_mean"), wanted.mean, 1e-12) == "");
  CHECK(difference(parameter(network, "0.branches.1.0.running_var"), wanted.unbiased, 1e-12) == "");
}

TEST_CASE("batch_norm: gradients alone move no average") {
  Draw draw(3);
  Network<double> network({batch_norm()}, kMaps, options(mse(), sgd(0.1)));
  const auto x = draw.reals<double>(4 * kMaps.size());
  const auto before = parameters(network);
  differentiate(network, x, {.rows = x.data()});
  predict(network, x);
  CHECK(parameters(network) == before);
  std::vector<double> values(3);
  CHECK_THROWS_WITH_AS(network.read_gradient("0.running_mean", values.data()),
                       "parameter \"0.running_mean\" is not learned: it has no gradient",
                       NameError);
  step(network, x);
  CHECK(parameters(network) != before);
}

TEST_CASE("batch_norm: a frozen one uses its averages and keeps them") {
  Draw draw(4);
  Network<double> network({conv2d({.filters = 3, .padding = "same"}), batch_norm("tanh")}, kMaps,
                          options(mse(), sgd(0.1)));
  const std::vector<double> mean = {0.5, -1, 2}, var = {4, 0.25, 1};
  network.write_parameter("1.running_mean", mean.data());
  network.write_parameter("1.running_var", var.data());
  network.set_trainable({"0.weight", "0.bias"});
  const auto x = draw.reals<double>(6 * kMaps.size());
  const auto rows = draw.reals<double>(6 * kMaps.size());
  // Training and evaluation see the same network.
  const double trained = differentiate(network, x, {.rows = rows.data()}).result.loss_sum;
  const double evaluated =
      network.evaluate_batch(images(network, x), {.rows = rows.data()}).loss_sum;
  CHECK(trained == doctest::Approx(evaluated).epsilon(1e-12));
  const auto weight = parameter(network, "0.weight");
  network.train_batch(images(network, x), {.rows = rows.data()}, std::nullopt);
  CHECK(parameter(network, "0.weight") != weight);
  CHECK(parameter(network, "1.running_mean") == mean);
  CHECK(parameter(network, "1.running_var") == var);
}

TEST_CASE_TEMPLATE("batch_norm: folded into weights, outputs stay", T, float, double) {
  Draw draw(5);
  const Shape wide{16, 8, 8, false};
  const std::vector<std::vector<Attrs>> fronts = {
      {conv2d({.filters = 18, .padding = "same", .bias_initializer = "he_uniform"})},
      {conv2d({.filters = 18, .padding = "same", .use_bias = false})},
      {conv2d({.filters = 32, .stride = {2, 2}, .groups = 4})},
      {depthwise_conv2d({.padding = "same"}, 2)},
      {separable_conv2d({.filters = 20, .padding = "same"})},
      {conv2d({.filters = 97, .kernel = {1, 1}})},
      {flatten(), dense({.units = 30, .bias_initializer = "he_uniform"})}};
  on_every_isa([&] {
    for (const auto& front : fronts) {
      for (const char* function : {"linear", "relu", "leaky_relu", "tanh"}) {
        std::vector<Attrs> together = front;
        together.push_back(batch_norm(function));
        Network<T> network(together, wide, {});
        const std::string name = std::to_string(front.size());
        REQUIRE(network.graph().nodes().back().folds_into >= 0);
        const auto size = network.parameter(name + ".weight").count();
        for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"}) {
          network.write_parameter(name + part, draw.reals<T>(size, 0.5, 2).data());
        }
        // The same layers, one network after the other.
        Network<T> before(front, wide, {}), after({batch_norm(function)}, before.output(), {});
        for (const std::string& p : before.parameter_names()) {
          before.write_parameter(p, parameter(network, p).data());
        }
        for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"}) {
          after.write_parameter(std::string("0") + part, parameter(network, name + part).data());
        }
        const auto x = draw.reals<T>(5 * wide.size());
        const auto wanted = predict(after, predict(before, x));
        double largest = 1;
        for (const T v : wanted) largest = std::max(largest, std::abs(static_cast<double>(v)));
        REQUIRE(difference(predict(network, x), wanted, 500 * kRoundoff<T> * largest) == "");
        // Training in between sees the weights themselves, and prediction the new ones after it.
        const auto again = predict(network, x);
        backpropagate(network, x, std::vector<T>(wanted.size(), T{1}));
        REQUIRE(predict(network, x) == again);
        network.write_parameter(name + ".bias", draw.reals<T>(size, 3, 4).data());
        REQUIRE(predict(network, x) != again);
      }
    }
  });
}

}  // namespace cnnx::test
