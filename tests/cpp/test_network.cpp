// Building a network, and what it holds.
#include "cnnx/network.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "cnnx/core/error.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/isas.h"
#include "support/networks.h"

namespace cnnx::test {
namespace {

const Shape kInput{2, 6, 7, false};
const std::vector<Attrs> kLayers = {conv2d({.filters = 3, .activation = "relu"}),
                                    max_pool2d({2, 2}, {2, 2}), flatten(),
                                    dense({.units = 5, .activation = "softmax"})};

template <class T>
Network<T> network(std::uint64_t seed = 0) {
  return {kLayers, kInput, options(cross_entropy(), sgd(0.1, 0.9), seed)};
}

}  // namespace

TEST_CASE("network: shapes and names of what was described") {
  const auto net = network<float>();
  CHECK(net.output() == Shape::features(5));
  CHECK(net.graph().nodes().size() == 4);
  CHECK(net.parameter_names() ==
        std::vector<std::string>{"0.weight", "0.bias", "3.weight", "3.bias"});
  CHECK(net.parameter("3.weight").dims == std::vector<Index>{5, 3 * 2 * 2});
  CHECK(net.slots() == std::vector<std::string>{"momentum"});
  CHECK(net.step() == 0);
  CHECK(Network<float>({}, kInput, {}).output() == kInput);
}

TEST_CASE("network: errors name the layer") {
  const auto refused = [](const std::vector<Attrs>& layers, const char* text) {
    CHECK_THROWS_WITH(Network<float>(layers, kInput, {}), doctest::Contains(text));
  };
  refused({flatten(), of_kind("lstm")}, "layer 1: kind: \"lstm\" is unknown");
  refused({dense({})}, "Dense (layer 0): expected flat input");
  refused({flatten(), dense({}), conv2d({})}, "Conv2D (layer 2): expected input (channels");
  refused({conv2d({.filters = 0})}, "layer 0: filters: expected at least 1, got 0");
  refused({conv2d({}), conv2d({}), conv2d({})}, "Conv2D (layer 2): kernel 3x3 does not fit input");
  refused({conv2d({.bias_initializer = "twos"})}, "initializer: \"twos\" is unknown");
  CHECK_THROWS_WITH_AS(Network<float>({conv2d({})}, kInput, options(cross_entropy())),
                       doctest::Contains("end the network with layers.Flatten()"), ShapeError);
  CHECK_NOTHROW(Network<float>({conv2d({})}, kInput, options(mse())));
}

TEST_CASE_TEMPLATE("network: first values follow from the seed alone", T, float, double) {
  CHECK(parameters(network<T>(1)) == parameters(network<T>(1)));
  CHECK(parameters(network<T>(1)) != parameters(network<T>(2)));
  // Two layers alike do not begin alike.
  const Network<T> twins({flatten(), dense({.units = 84}), dense({.units = 84})}, kInput, {});
  CHECK(parameter(twins, "1.weight") != parameter(twins, "2.weight"));
  CHECK(parameter(twins, "1.bias") == std::vector<T>(84));
  // The same numbers in both precisions.
  const auto wide = parameters(network<double>(3));
  CHECK(difference(parameters(network<T>(3)), wide, kRoundoff<T>) == "");
}

TEST_CASE_TEMPLATE("network: parameters and state are written and read in public layout", T, float,
                   double) {
  auto net = network<T>();
  Draw draw(1);
  for (const std::string& name : net.parameter_names()) {
    const auto values = draw.reals<T>(net.parameter(name).count());
    net.write_parameter(name, values.data());
    CHECK(parameter(net, name) == values);
    const auto state = draw.reals<T>(net.parameter(name).count());
    net.write_slot(name, 0, state.data());
    std::vector<T> read(state.size());
    net.read_slot(name, 0, read.data());
    CHECK(read == state);
    CHECK(parameter(net, name) == values);
  }
  net.set_step(12);
  CHECK(net.step() == 12);
  net.set_optimizer(adam("adam", 0.1));
  CHECK(net.step() == 0);
  CHECK(net.slots().size() == 2);
  std::vector<T> fresh(5);
  net.read_slot("3.bias", 1, fresh.data());
  CHECK(fresh == std::vector<T>(5));
}

TEST_CASE("network: an unknown parameter is refused with those there are") {
  const auto net = network<float>();
  float value = 0;
  for (const char* name : {"1.weight", "0.Weight", "", "3", "00.bias"}) {
    CHECK_THROWS_WITH_AS(net.read_parameter(name, &value),
                         doctest::Contains("there are: 0.weight, 0.bias, 3.weight, 3.bias"),
                         NameError);
  }
}

TEST_CASE_TEMPLATE("network: predictions follow written weights at once", T, float, double) {
  on_every_isa([&] {
    Network<T> net({conv2d({.filters = 1, .kernel = {1, 1}, .use_bias = false})}, {1, 2, 2, false},
                   {});
    for (const T weight : {T{2}, T{-3}}) {
      net.write_parameter("0.weight", &weight);
      CHECK(predict<T>(net, {1, 2, 3, 4}) ==
            std::vector<T>{weight, 2 * weight, 3 * weight, 4 * weight});
    }
  });
}

TEST_CASE_TEMPLATE("network: a final softmax goes into the loss and comes back in predictions", T,
                   float, double) {
  Draw draw(2);
  const auto x = draw.reals<T>(3 * kInput.size());
  const std::vector<Index> labels{4, 0, 2};
  on_every_isa([&] {
    auto net = network<T>();
    CHECK(net.taken_activation() == ActivationKind::softmax);
    auto logits_layers = kLayers;
    logits_layers.back() = dense({.units = 5});
    Network<T> logits(logits_layers, kInput, options(cross_entropy()));
    CHECK(logits.taken_activation() == ActivationKind::linear);
    CHECK(parameters(net) == parameters(logits));

    const auto scores = predict(logits, x);
    std::vector<double> chances;
    double loss = 0;
    for (std::size_t n = 0; n < 3; ++n) {
      double sum = 0;
      for (std::size_t k = 0; k < 5; ++k) sum += std::exp(static_cast<double>(scores[5 * n + k]));
      for (std::size_t k = 0; k < 5; ++k) {
        chances.push_back(std::exp(static_cast<double>(scores[5 * n + k])) / sum);
      }
      loss -= std::log(chances[5 * n + static_cast<std::size_t>(labels[n])]);
    }
    CHECK(difference(predict(net, x), chances, 20 * kRoundoff<T>) == "");
    CHECK(std::abs(net.evaluate_batch(images(net, x), {.labels = labels.data()}).loss_sum - loss) <
          100 * kRoundoff<T>);
    // With a loss that does not take logits the softmax stays a layer.
    Network<T> squared(kLayers, kInput, options(mse()));
    CHECK(squared.taken_activation() == ActivationKind::linear);
    CHECK(difference(predict(squared, x), chances, 20 * kRoundoff<T>) == "");
  });
}

TEST_CASE_TEMPLATE("network: a final sigmoid goes into binary cross-entropy", T, float, double) {
  Draw draw(6);
  const auto x = draw.reals<T>(3 * kInput.size());
  const std::vector<T> rows{1, 0, 1};
  on_every_isa([&] {
    Network<T> net({flatten(), dense({.units = 1, .activation = "sigmoid"})}, kInput,
                   options(binary_cross_entropy(), sgd(0.1)));
    Network<T> logits({flatten(), dense({.units = 1})}, kInput,
                      options(binary_cross_entropy(), sgd(0.1)));
    CHECK(net.taken_activation() == ActivationKind::sigmoid);
    CHECK(logits.taken_activation() == ActivationKind::linear);
    const Targets<T> targets{.rows = rows.data()};
    const auto scores = predict(logits, x);
    double loss = 0;
    Index right = 0;
    std::vector<double> chances;
    for (std::size_t n = 0; n < 3; ++n) {
      chances.push_back(1 / (1 + std::exp(-static_cast<double>(scores[n]))));
      loss -= std::log(rows[n] > 0 ? chances[n] : 1 - chances[n]);
      right += (chances[n] > 0.5) == (rows[n] > 0);
    }
    CHECK(difference(predict(net, x), chances, 20 * kRoundoff<T>) == "");
    const BatchResult result = net.evaluate_batch(images(net, x), targets);
    CHECK(std::abs(result.loss_sum - loss) < 100 * kRoundoff<T>);
    CHECK(result.correct == right);
    net.train_batch(images(net, x), targets, std::nullopt);
    logits.train_batch(images(logits, x), targets, std::nullopt);
    CHECK(parameters(net) == parameters(logits));
  });
}

TEST_CASE_TEMPLATE("network: sums of losses and correct predictions, for labels and for rows", T,
                   float, double) {
  // The outputs are the inputs.
  Network<T> net({rescale(1, 0)}, Shape::features(3), options(mse(), sgd(0.1)));
  const std::vector<T> x{0, 1, 0, 3, 3, 3, 0, 0, 1};
  const std::vector<Index> labels{1, 0, 0};
  const Images batch = images(net, x);
  const BatchResult by_label = net.evaluate_batch(batch, {.labels = labels.data()});
  CHECK(by_label.correct == 2);
  CHECK(by_label.loss_sum == doctest::Approx((0 + (4 + 9 + 9) + (1 + 1)) / 3.0));
  const std::vector<T> rows{0, 1, 0, 1, 0, 0, 1, 0, 0};
  const BatchResult by_row = net.evaluate_batch(batch, {.rows = rows.data()});
  CHECK(by_row.correct == by_label.correct);
  CHECK(by_row.loss_sum == by_label.loss_sum);
  const BatchResult trained = net.train_batch(batch, {.rows = rows.data()}, std::nullopt);
  CHECK(trained.loss_sum == by_label.loss_sum);
  CHECK(trained.correct == 2);

  Network<T> single({flatten(), dense({.units = 1})}, kInput, options(mse()));
  const std::vector<T> image(static_cast<std::size_t>(kInput.size())), target{1};
  CHECK(single.evaluate_batch(images(single, image), {.rows = target.data()}).correct == -1);
}

TEST_CASE_TEMPLATE("network: a batch is the rows that the index names", T, float, double) {
  auto net = network<T>();
  Draw draw(3);
  const auto x = draw.reals<T>(5 * kInput.size());
  const std::vector<Index> labels{0, 1, 2, 3, 4}, index{3, 0, 3}, picked_labels{3, 0, 3};
  std::vector<T> picked;
  for (const Index row : index) {
    const auto begin = x.begin() + row * kInput.size();
    picked.insert(picked.end(), begin, begin + kInput.size());
  }
  Images batch = images(net, x);
  batch.index = index.data();
  batch.count = 3;
  std::vector<T> outputs(15);
  net.predict(batch, outputs.data());
  CHECK(outputs == predict(net, picked));
  const BatchResult by_index = net.train_batch(batch, {.labels = labels.data()}, 0.5);
  auto other = network<T>();
  const BatchResult directly =
      other.train_batch(images(other, picked), {.labels = picked_labels.data()}, 0.5);
  CHECK(by_index.loss_sum == directly.loss_sum);
  CHECK(parameters(net) == parameters(other));
}

TEST_CASE_TEMPLATE("network: a step is the optimizer's on the gradients of the mean loss", T, float,
                   double) {
  Draw draw(4);
  const auto x = draw.reals<T>(4 * kInput.size());
  const std::vector<Index> labels{1, 2, 3, 4};
  auto net = network<T>();
  const auto before = parameters(net);
  const auto gradients = differentiate(net, x, {.labels = labels.data()});
  CHECK(parameters(net) == before);
  CHECK(net.step() == 0);
  net.train_batch(images(net, x), {.labels = labels.data()}, 0.25);
  CHECK(net.step() == 1);
  for (const std::string& name : net.parameter_names()) {
    std::vector<T> expected = parameter(network<T>(), name);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expected[i] -= T{0.25} * gradients.parameters.at(name)[i];
    }
    CHECK(difference(parameter(net, name), expected, 2 * kRoundoff<T>) == "");
  }
}

TEST_CASE_TEMPLATE("network: weights multiply losses and gradients, not the number of images", T,
                   float, double) {
  Draw draw(7);
  const auto x = draw.reals<T>(4 * kInput.size());
  const std::vector<Index> labels{1, 2, 3, 4};
  const std::vector<T> ones{1, 1, 1, 1}, weights{2, 0, T{0.5}, 1};
  on_every_isa([&] {
    auto net = network<T>();
    const auto plain = differentiate(net, x, {.labels = labels.data()});
    const auto counted = differentiate(net, x, {.labels = labels.data(), .weights = ones.data()});
    CHECK(same_bits(plain.all(), counted.all()));
    CHECK(plain.result.loss_sum == counted.result.loss_sum);
    double loss = 0;
    std::vector<double> sum(parameters(net).size());
    for (std::size_t n = 0; n < 4; ++n) {
      const std::vector<T> image(x.begin() + static_cast<Index>(n) * kInput.size(),
                                 x.begin() + static_cast<Index>(n + 1) * kInput.size());
      const auto one = differentiate(net, image, {.labels = &labels[n]});
      loss += static_cast<double>(weights[n]) * one.result.loss_sum;
      std::size_t at = 0;
      for (const auto& [name, grads] : one.parameters) {
        for (const T g : grads) {
          sum[at++] += static_cast<double>(weights[n]) * static_cast<double>(g) / 4;
        }
      }
    }
    const auto got = differentiate(net, x, {.labels = labels.data(), .weights = weights.data()});
    CHECK(got.result.loss_sum == doctest::Approx(loss).epsilon(1e-6));
    CHECK(got.result.correct == plain.result.correct);
    std::vector<T> all;
    for (const auto& [name, grads] : got.parameters) {
      all.insert(all.end(), grads.begin(), grads.end());
    }
    CHECK(difference(all, sum, 100 * kRoundoff<T>) == "");
    CHECK(net.evaluate_batch(images(net, x), {.labels = labels.data(), .weights = weights.data()})
              .loss_sum == doctest::Approx(loss).epsilon(1e-6));
  });
  for (const T bad :
       {T{-1}, std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity()}) {
    auto net = network<T>();
    const auto before = parameters(net);
    const std::vector<T> wrong{1, 1, bad, 1};
    const Targets<T> targets{.labels = labels.data(), .weights = wrong.data()};
    CHECK_THROWS_WITH_AS(net.train_batch(images(net, x), targets, std::nullopt),
                         doctest::Contains("the weight at index 2"), DataError);
    CHECK(parameters(net) == before);
    CHECK(net.step() == 0);
  }
}

TEST_CASE_TEMPLATE("network: parameters that are not trainable stay as they are", T, float,
                   double) {
  Draw draw(8);
  const auto x = draw.reals<T>(4 * kInput.size());
  const std::vector<Index> labels{1, 2, 3, 4};
  auto net = network<T>(), whole = network<T>();
  net.set_trainable({"3.weight", "0.bias"});
  CHECK_THROWS_AS(net.set_trainable({"0.weight", "9.weight"}), NameError);
  for (Network<T>* one : {&net, &whole}) {
    one->train_batch(images(*one, x), {.labels = labels.data()}, std::nullopt);
  }
  for (const std::string& name : net.parameter_names()) {
    const bool trainable = name == "3.weight" || name == "0.bias";
    CHECK((parameter(net, name) == parameter(whole, name)) == trainable);
    CHECK((parameter(net, name) == parameter(network<T>(), name)) != trainable);
  }
  net.set_trainable(net.parameter_names());
  const auto before = parameter(net, "0.weight");
  net.train_batch(images(net, x), {.labels = labels.data()}, std::nullopt);
  CHECK(parameter(net, "0.weight") != before);
}

TEST_CASE_TEMPLATE("network: weights and their average change places, and predictions with them", T,
                   float, double) {
  Draw draw(9);
  const auto x = draw.reals<T>(4 * kInput.size());
  const std::vector<Index> labels{1, 2, 3, 4};
  const Targets<T> targets{.labels = labels.data()};
  auto net = network<T>();
  net.set_optimizer(with(sgd(0.1), "ema", 0.5));
  CHECK(net.slots() == std::vector<std::string>{"average"});
  CHECK_THROWS_AS(net.swap_average(), ConfigError);
  for (int n = 0; n < 3; ++n) net.train_batch(images(net, x), targets, std::nullopt);
  const auto weights = parameters(net), outputs = predict(net, x);
  std::vector<T> average;
  for (const std::string& name : net.parameter_names()) {
    std::vector<T> values(static_cast<std::size_t>(net.parameter(name).count()));
    net.read_slot(name, 0, values.data());
    average.insert(average.end(), values.begin(), values.end());
  }
  net.swap_average();
  CHECK(same_bits(parameters(net), average));
  CHECK(predict(net, x) != outputs);
  CHECK_THROWS_AS(net.train_batch(images(net, x), targets, std::nullopt), ConfigError);
  CHECK_THROWS_AS(net.set_optimizer(sgd(0.1)), ConfigError);
  CHECK(net.step() == 3);
  net.swap_average();
  CHECK(same_bits(parameters(net), weights));
  CHECK(same_bits(predict(net, x), outputs));
  net.train_batch(images(net, x), targets, std::nullopt);
  CHECK(net.step() == 4);
}

}  // namespace cnnx::test
