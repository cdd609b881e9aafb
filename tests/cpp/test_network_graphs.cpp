// Networks with several inputs and outputs: against networks of one, and against differences.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "cnnx/core/error.h"
#include "cnnx/runner.h"
#include "support/compare.h"
#include "support/descriptions.h"
#include "support/draw.h"
#include "support/isas.h"
#include "support/threads.h"

namespace cnnx::test {
namespace {

using doctest::Contains;

const Shape kLeft{2, 6, 5, false}, kRight{3, 6, 5, false};
constexpr Index kImages = 4;

Attrs same(Index filters, const std::string& activation = "linear") {
  return conv2d({.filters = filters, .padding = "same", .activation = activation});
}

// Two inputs meet; a middle level is read three times and leaves as well; two heads.
Description two_by_three() {
  return {.inputs = {kLeft, kRight},
          .calls = {{same(4, "tanh"), "left", {0}},
                    {same(4), "right", {1}},
                    {of_kind("concat"), "joined", {2, 3}},
                    {batch_norm("sigmoid", 0.9, 0.3), "norm", {4}},
                    {residual({same(8, "tanh"), same(8)}), "block", {5}},
                    {of_kind("concat"), "again", {6, 5}},
                    {global_avg_pool2d(), "mean", {7}},
                    {dense({.units = 3, .activation = "softmax"}), "classes", {8}},
                    {dense({.units = 2}), "numbers", {8}}},
          .outputs = {9, 10, 5}};
}

NetworkOptions three_losses(std::uint64_t seed = 3) {
  return {.outputs = {{.loss = cross_entropy(), .weight = 1},
                      {.loss = mse(), .weight = 0.5},
                      {.loss = mae(), .weight = 0.25}},
          .optimizer = sgd(0.1),
          .seed = seed};
}

template <class T>
Images as_images(const std::vector<T>& values, const Shape& shape) {
  return {.data = values.data(),
          .type = sizeof(T) == 4 ? ImageType::float32 : ImageType::float64,
          .count = std::ssize(values) / shape.size()};
}

// A network of this kind with a batch of its own.
template <class T>
class Case {
 public:
  explicit Case(Draw& draw, const Description& description = two_by_three(),
                const NetworkOptions& options = three_losses())
      : network(description, options), runner(network) {
    for (std::size_t i = 0; i < network.inputs(); ++i) {
      inputs.push_back(draw.reals<T>(kImages * network.input(i).size(), -1, 1));
    }
    for (std::size_t i = 0; i < network.outputs(); ++i) {
      rows.push_back(draw.reals<T>(kImages * network.output(i).size(), 0, 1));
    }
    for (Index i = 0; i < kImages; ++i) labels.push_back(draw.integer(0, 2));
  }

  const std::vector<Images>& images() {
    images_.clear();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      images_.push_back(as_images(inputs[i], network.input(i)));
    }
    return images_;
  }
  Batch<T> batch() {
    targets_.assign({{.labels = labels.data()}});
    for (std::size_t i = 1; i < rows.size(); ++i) targets_.push_back({.rows = rows[i].data()});
    return {.inputs = images(), .targets = targets_};
  }
  std::vector<std::vector<T>> predict() {
    std::vector<std::vector<T>> outputs;
    std::vector<T*> to;
    for (std::size_t i = 0; i < network.outputs(); ++i) {
      outputs.emplace_back(to_size(kImages * network.output(i).size()));
      to.push_back(outputs.back().data());
    }
    runner.predict(images(), to);
    return outputs;
  }
  // The loss that training minimises, of a pass as training makes it.
  double loss() {
    std::vector<T*> nowhere(network.inputs(), nullptr);
    const auto& results = runner.differentiate(batch(), nowhere);
    double sum = 0;
    for (std::size_t i = 0; i < results.size(); ++i) {
      sum += static_cast<double>(network.loss_weight(i)) * results[i].loss_sum;
    }
    return sum / kImages;
  }

  Network<T> network;
  Runner<T> runner;
  std::vector<std::vector<T>> inputs, rows;
  std::vector<Index> labels;

 private:
  std::vector<Images> images_;
  std::vector<Targets<T>> targets_;
};

}  // namespace

TEST_CASE("graphs: gradients of several losses reach every weight and every input") {
  Draw draw(1);
  Case<double> c(draw);
  std::vector<std::vector<double>> grads;
  std::vector<double*> to;
  for (const auto& input : c.inputs) grads.emplace_back(input.size());
  for (auto& grad : grads) to.push_back(grad.data());
  c.runner.differentiate(c.batch(), to);
  std::vector<std::vector<double>> weights;
  const std::vector<std::string> names = c.network.learned_names();
  for (const std::string& name : names) {
    weights.emplace_back(to_size(c.network.parameter(name).count()));
    c.network.read_gradient(name, weights.back().data());
  }
  constexpr double kStep = 1e-5;
  const auto check = [&](double gradient, auto&& set) {
    set(kStep);
    const double above = c.loss();
    set(-kStep);
    const double below = c.loss();
    set(0);
    CHECK(std::abs((above - below) / (2 * kStep) - gradient) < 1e-6);
  };
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    for (int k = 0; k < 12; ++k) {
      const auto at = to_size(draw.integer(0, std::ssize(c.inputs[i]) - 1));
      const double value = c.inputs[i][at];
      CAPTURE(i);
      check(grads[i][at], [&](double step) { c.inputs[i][at] = value + step; });
    }
  }
  for (std::size_t p = 0; p < names.size(); ++p) {
    std::vector<double> values(weights[p].size());
    c.network.read_parameter(names[p], values.data());
    for (int k = 0; k < 5; ++k) {
      const auto at = to_size(draw.integer(0, std::ssize(values) - 1));
      const double value = values[at];
      CAPTURE(names[p]);
      check(weights[p][at], [&](double step) {
        values[at] = value + step;
        c.network.write_parameter(names[p], values.data());
      });
    }
  }
}

TEST_CASE_TEMPLATE("graphs: the same bits with any number of threads", T, float, double) {
  on_every_isa([&] {
    std::vector<std::vector<T>> expected;
    for (const int threads : {1, 2, 3}) {
      const Threads set(threads);
      Draw draw(2);
      Case<T> c(draw);
      for (int step = 0; step < 3; ++step) c.runner.train_batch(c.batch(), std::nullopt);
      const auto outputs = c.predict();
      if (expected.empty()) expected = outputs;
      for (std::size_t i = 0; i < outputs.size(); ++i) CHECK(same_bits(outputs[i], expected[i]));
    }
  });
}

TEST_CASE_TEMPLATE("graphs: an output is what a network that ends there gives", T, float, double) {
  Draw draw(3);
  Case<T> whole(draw);
  const auto outputs = whole.predict();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    // A softmax that its loss has taken is applied in predict(); here it stays in its layer.
    Description part = two_by_three();
    part.outputs = {part.outputs[i]};
    if (i == 0) part.calls.pop_back();
    if (i == 1) part.calls.erase(part.calls.end() - 2);
    if (i == 1) part.outputs = {9};
    if (i == 2) part.calls.resize(4);
    Draw again(3);
    Case<T> single(again, part, {.outputs = {}, .optimizer = {}, .seed = 3});
    for (const std::string& name : single.network.parameter_names()) {
      std::vector<T> values(to_size(single.network.parameter(name).count()));
      whole.network.read_parameter(name, values.data());
      single.network.write_parameter(name, values.data());
    }
    single.inputs = whole.inputs;
    CAPTURE(i);
    CHECK(same_bits(single.predict()[0], outputs[i]));
  }
}

TEST_CASE("graphs: an output may leave twice, with two losses") {
  Draw draw(4);
  Description twice{.inputs = {kLeft},
                    .calls = {{same(3), "maps", {0}}, {global_avg_pool2d(), "mean", {1}}},
                    .outputs = {2, 2}};
  const NetworkOptions options{
      .outputs = {{.loss = cross_entropy()}, {.loss = mse()}}, .optimizer = {}, .seed = 5};
  Case<double> both(draw, twice, options);
  const auto gradient_of = [&](std::size_t output) {
    Description once = twice;
    once.outputs = {2};
    Draw again(4);
    Case<double> single(again, once,
                        {.outputs = {options.outputs[output]}, .optimizer = {}, .seed = 5});
    single.inputs = both.inputs;
    single.labels = both.labels;
    const Targets<double> targets = output == 0 ? Targets<double>{.labels = both.labels.data()}
                                                : Targets<double>{.rows = both.rows[1].data()};
    double* nowhere = nullptr;
    single.runner.differentiate({.inputs = single.images(), .targets = {&targets, 1}},
                                {&nowhere, 1});
    std::vector<double> grad(to_size(single.network.parameter("maps.weight").count()));
    single.network.read_gradient("maps.weight", grad.data());
    return grad;
  };
  double* nowhere = nullptr;
  both.runner.differentiate(both.batch(), {&nowhere, 1});
  std::vector<double> grad(to_size(both.network.parameter("maps.weight").count()));
  both.network.read_gradient("maps.weight", grad.data());
  const auto first = gradient_of(0), second = gradient_of(1);
  for (std::size_t i = 0; i < grad.size(); ++i) {
    CHECK(std::abs(grad[i] - first[i] - second[i]) < 1e-14);
  }
}

TEST_CASE("graphs: what nobody uses is refused, and batches that do not fit") {
  const auto refusal = [](const Description& description) -> std::string {
    try {
      const Network<float> network(description, {});
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(
      refusal({{kLeft, kRight}, {{same(2), "only", {0}}}, {2}}) ==
      "inputs: input 1 is used by no layer; use it in a layer, make it an output, or leave it out");
  CHECK(
      refusal({{kLeft}, {{same(2), "a", {0}}, {same(2), "b", {0}}}, {1}}) ==
      "Conv2D (layer b): its result is used by no layer and is no output; use it in a layer, make "
      "it an output, or leave it out");
  CHECK(refusal({{kLeft, kRight}, {{same(2), "sum", {0, 1}}}, {2}}) ==
        "layer sum: inputs: expected one, got 2");
  Draw draw(5);
  Case<float> c(draw);
  std::vector<Images> images = c.images();
  std::vector<float*> to(3, nullptr);
  CHECK_THROWS_WITH_AS(c.runner.predict({images.data(), 1}, to), Contains("2 arrays of images"),
                       ShapeError);
  images[1].count = 3;
  CHECK_THROWS_WITH_AS(c.runner.predict(images, to), Contains("4 images for each input, got 3"),
                       ShapeError);
}

}  // namespace cnnx::test
