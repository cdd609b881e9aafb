// How a batch is cut must not show: passes, lanes, slices and threads.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "cnnx/core/buffer.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/isas.h"
#include "support/networks.h"
#include "support/random_network.h"
#include "support/threads.h"

namespace cnnx::test {
namespace {

// A batch with labels.
template <class T>
struct Batch {
  Batch(Draw& draw, Index count, const Shape& shape, Index classes)
      : size(shape.size()), rows(draw.reals<T>(count * size)) {
    for (Index i = 0; i < count; ++i) labels.push_back(draw.integer(0, classes - 1));
  }
  Targets<T> targets(Index first = 0) const { return {.labels = labels.data() + first}; }
  Index count() const { return std::ssize(labels); }

  Index size;
  std::vector<T> rows;
  std::vector<Index> labels;
};

// Gradients of the mean loss as the mean of those of one image at a time, whose order of summing
// is another one.
template <class T>
Gradients<double> image_by_image(Network<T>& network, const Batch<T>& batch) {
  Gradients<double> total;
  const auto share = 1 / static_cast<double>(batch.count());
  for (Index i = 0; i < batch.count(); ++i) {
    const std::vector<T> image(batch.rows.begin() + i * batch.size,
                               batch.rows.begin() + (i + 1) * batch.size);
    const auto one = differentiate(network, image, batch.targets(i));
    total.result.loss_sum += one.result.loss_sum;
    total.result.correct += one.result.correct;
    for (const T v : one.images) total.images.push_back(share * static_cast<double>(v));
    for (const auto& [name, part] : one.parameters) {
      auto& sum = total.parameters[name];
      sum.resize(part.size());
      for (std::size_t k = 0; k < part.size(); ++k) {
        sum[k] += share * static_cast<double>(part[k]);
      }
    }
  }
  return total;
}

template <class T>
double largest(const std::vector<T>& values) {
  double most = 0;
  for (const T v : values) most = std::max(most, std::abs(static_cast<double>(v)));
  return most;
}

template <class T>
void check_against_single_images(Network<T>& network, const Batch<T>& batch) {
  const auto together = differentiate(network, batch.rows, batch.targets());
  const auto apart = image_by_image(network, batch);
  CHECK(together.result.correct == apart.result.correct);
  CHECK(std::abs(together.result.loss_sum - apart.result.loss_sum) <=
        1e3 * kRoundoff<T> * apart.result.loss_sum);
  CHECK(difference(together.images, apart.images, 200 * kRoundoff<T> * largest(apart.images)) ==
        "");
  for (const auto& [name, gradient] : apart.parameters) {
    CAPTURE(name);
    CHECK(difference(together.parameters.at(name), gradient,
                     1000 * kRoundoff<T> * largest(gradient)) == "");
  }
  // Again, after the buffers have been used for batches of another size.
  const auto again = differentiate(network, batch.rows, batch.targets());
  CHECK(same_bits(again.all(), together.all()));
}

// Every kind of segment, and work enough for threads.
const Shape kInput{2, 16, 16, false};
const std::vector<Attrs> kLayers = {
    rescale(2, -0.5),
    conv2d({.filters = 17, .padding = "same", .activation = "relu"}),
    max_pool2d({2, 2}, {2, 2}),
    conv2d({.filters = 20, .padding = "same", .activation = "tanh"}),
    activation("leaky_relu"),
    max_pool2d({3, 3}, {2, 2}, {1, 1}),
    flatten(),
    activation("sigmoid"),
    dense({.units = 70, .activation = "relu"}),
    activation("tanh"),
    dense({.units = 10, .activation = "softmax"})};

// Some steps, and everything that may be seen of them.
template <class T>
std::vector<T> training_trace(const std::vector<Attrs>& layers, const Shape& input, Index count) {
  Draw draw(5);
  Network<T> network(layers, input, options(cross_entropy(), adam("adamw", 0.01, 0.1)));
  const Batch<T> batch(draw, count, input, network.output().size());
  std::vector<T> trace;
  for (const Index images : {count, count / 2, Index{1}, count}) {
    const Images part{batch.rows.data(), sizeof(T) == 4 ? ImageType::float32 : ImageType::float64,
                      nullptr, images};
    const BatchResult trained = network.train_batch(part, batch.targets(), std::nullopt);
    const BatchResult evaluated = network.evaluate_batch(part, batch.targets());
    trace.push_back(static_cast<T>(trained.loss_sum));
    trace.push_back(static_cast<T>(evaluated.loss_sum));
    trace.push_back(static_cast<T>(evaluated.correct));
  }
  const auto append = [&](const std::vector<T>& values) {
    trace.insert(trace.end(), values.begin(), values.end());
  };
  append(parameters(network));
  append(predict(network, batch.rows));
  append(differentiate(network, batch.rows, batch.targets()).images);
  return trace;
}

template <class T>
void check_threads(const std::vector<Attrs>& layers, const Shape& input, Index count) {
  std::vector<T> expected;
  for (const int threads : {1, 2, 3, 5}) {
    CAPTURE(threads);
    const Threads set(threads);
    const auto trace = training_trace<T>(layers, input, count);
    for (const T value : trace) REQUIRE(std::isfinite(value));
    if (threads == 1) expected = trace;
    CHECK(same_bits(trace, expected));
  }
}

}  // namespace

TEST_CASE_TEMPLATE("cuts: training and predictions have the same bits with any number of threads",
                   T, float, double) {
  on_every_isa([&] { check_threads<T>(kLayers, kInput, 37); });
}

TEST_CASE_TEMPLATE("cuts: the same with convolutions that share the whole batch among threads", T,
                   float, double) {
  const std::vector<Attrs> layers = {
      conv2d({.filters = 97, .kernel = {1, 1}, .activation = "relu"}),
      conv2d({.filters = 90, .padding = "same", .activation = "sigmoid"}),
      max_pool2d({2, 2}, {2, 2}), flatten(), dense({.units = 5})};
  for (const std::string& isa : available_isas()) {
    if (isa == "reference") continue;  // it has no such convolution, and takes long
    CAPTURE(isa);
    const SelectedIsa selected(isa);
    check_threads<T>(layers, {3, 5, 6, false}, 14);
  }
}

TEST_CASE_TEMPLATE("cuts: the same with branches, statistics of the batch and dropout", T, float,
                   double) {
  const std::vector<Attrs> layers = {
      concat_of({{batch_norm()}, {conv2d({.filters = 6, .padding = "same"})}}),
      residual({conv2d({.filters = 8, .padding = "same", .use_bias = false}), batch_norm("relu"),
                spatial_dropout2d(0.2), conv2d({.filters = 8, .padding = "same"}), batch_norm()},
               {}, "relu"),
      max_pool2d({2, 2}, {2, 2}),
      separable_conv2d({.filters = 12, .padding = "same"}),
      flatten(),
      dropout(0.3),
      dense({.units = 20}),
      residual({dense({.units = 20}), batch_norm("tanh")}),
      dense({.units = 5})};
  on_every_isa([&] { check_threads<T>(layers, {2, 10, 9, false}, 150); });
}

TEST_CASE_TEMPLATE("cuts: several passes give the gradients of one", T, float, double) {
  const Threads one(1);
  Draw draw(1);
  SUBCASE("of a large batch of small images") {
    const Shape input{1, 4, 4, false};
    Network<T> network({conv2d({.filters = 2, .activation = "tanh"}), flatten(),
                        dense({.units = 3, .activation = "relu"}), dense({.units = 3})},
                       input, options(cross_entropy()));
    const Batch<T> batch(draw, 600, input, 3);
    REQUIRE(schedule_of(network).passes(batch.count()) >= 3);
    check_against_single_images(network, batch);
  }
  SUBCASE("of images with large activations") {
    const Shape input{1, 96, 96, false};
    Network<T> network({conv2d({.filters = 96, .kernel = {1, 1}, .activation = "tanh"}),
                        conv2d({.filters = 2, .kernel = {1, 1}}), max_pool2d({32, 32}, {32, 32}),
                        flatten(), dense({.units = 3})},
                       input, options(cross_entropy()));
    const Batch<T> batch(draw, 41, input, 3);
    REQUIRE(schedule_of(network).pass_images < 41);
    check_against_single_images(network, batch);
  }
}

TEST_CASE_TEMPLATE("cuts: lanes of several slices give the gradients of single images", T, float,
                   double) {
  const Shape input{1, 72, 72, false};
  const std::vector<Attrs> layers = {conv2d({.filters = 12, .padding = "same"}), activation("tanh"),
                                     max_pool2d({4, 4}, {4, 4}), flatten(), dense({.units = 4})};
  Draw draw(2);
  const Batch<T> batch(draw, 43, input, 4);
  for (const int threads : {1, 3}) {
    const Threads set(threads);
    Network<T> network(layers, input, options(cross_entropy()));
    const Schedule schedule = schedule_of(network);
    const Index in_pass = batch.count() / schedule.passes(batch.count());
    const Index lanes = schedule.lanes(in_pass);
    REQUIRE(lanes > 1);
    REQUIRE(schedule.slices(in_pass / lanes) > 1);
    check_against_single_images(network, batch);
  }
}

TEST_CASE_TEMPLATE("cuts: batches of any size give the gradients of single images", T, float,
                   double) {
  const Threads one(1);
  Draw draw(3);
  on_every_isa([&] {
    Network<T> network(kLayers, kInput, options(cross_entropy(), {}, 3));
    for (const Index count : {1, 2, 3, 5, 17, 33}) {
      CAPTURE(count);
      check_against_single_images(network, Batch<T>(draw, count, kInput, 10));
    }
  });
}

TEST_CASE_TEMPLATE("cuts: a prediction does not depend on the other images of the call", T, float,
                   double) {
  const Threads one(1);
  Draw draw(4);
  const auto check = [&](const std::vector<Attrs>& layers, const Shape& input, Index count) {
    Network<T> network(layers, input, {});
    const auto rows = draw.reals<T>(count * input.size());
    const auto together = predict(network, rows);
    for (const Index part : {1, 2, 7}) {
      std::vector<T> apart;
      for (Index first = 0; first < count; first += part) {
        const Index last = std::min(count, first + part);
        const auto some = predict<T>(
            network, {rows.begin() + first * input.size(), rows.begin() + last * input.size()});
        apart.insert(apart.end(), some.begin(), some.end());
      }
      REQUIRE(same_bits(apart, together));
    }
  };
  on_every_isa([&] {
    check(kLayers, kInput, 40);
    check({flatten(), dense({.units = 50, .activation = "sigmoid"}), dense({.units = 9})},
          {13, 10, 10, false}, 270);
    for (int i = 0; i < 15; ++i) {
      const NetworkCase c = NetworkDraw(draw).network();
      CAPTURE(c.text);
      check(c.layers, c.input, draw.integer(2, 30));
    }
  });
}

TEST_CASE_TEMPLATE("cuts: after the first step no step allocates, with these threads or fewer", T,
                   float, double) {
  Draw draw(6);
  const Threads three(3);
  on_every_isa([&] {
    Network<T> network(kLayers, kInput, options(cross_entropy(), adam("adam", 0.01)));
    const Batch<T> batch(draw, 50, kInput, 10);
    const auto steps = [&](Index count) {
      const Images part{batch.rows.data(), sizeof(T) == 4 ? ImageType::float32 : ImageType::float64,
                        nullptr, count};
      std::vector<T> outputs(static_cast<std::size_t>(count * 10));
      network.train_batch(part, batch.targets(), std::nullopt);
      network.evaluate_batch(part, batch.targets());
      network.predict(part, outputs.data());
    };
    steps(50);
    const Index before = allocation_counter();
    for (const Index count : {50, 49, 1, 16, 50}) steps(count);
    CHECK(allocation_counter() == before);
    const Threads fewer(2);
    steps(50);
    CHECK(allocation_counter() == before);
  });
}

}  // namespace cnnx::test
