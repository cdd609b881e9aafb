// Several runners over one network.
#include "cnnx/runner.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "support/compare.h"
#include "support/descriptions.h"
#include "support/draw.h"
#include "support/networks.h"
#include "support/threads.h"

namespace cnnx::test {
namespace {

constexpr Index kImages = 12;
const Shape kInput{3, 10, 9, false};

std::vector<Attrs> layers() {
  return {conv2d({.filters = 32, .padding = "same"}),
          batch_norm("relu"),
          residual({conv2d({.filters = 32, .padding = "same"}), dropout(0.3)}),
          max_pool2d({2, 2}, {2, 2}),
          spatial_dropout2d(0.2),
          flatten(),
          dense({.units = 20, .activation = "gelu"}),
          dense({.units = 5, .activation = "softmax"})};
}

}  // namespace

TEST_CASE_TEMPLATE("runner: several at once give what one gives", T, float, double) {
  Draw draw(1);
  Network<T> network(layers(), kInput, options(cross_entropy(), sgd(0.05)));
  const auto x = draw.reals<T>(kImages * kInput.size(), -1, 1);
  const std::vector<Index> labels(to_size(kImages), 2);
  const Images batch = images(network, x);
  const Targets<T> targets{.labels = labels.data()};
  network.train_batch(batch, targets, std::nullopt);
  const std::vector<T> expected = predict(network, x);
  const double loss = network.evaluate_batch(batch, targets).loss_sum;
  for (const int threads : {1, 2}) {
    const Threads set(threads);
    std::vector<std::vector<T>> outputs(6, std::vector<T>(expected.size()));
    std::vector<double> losses(outputs.size());
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      workers.emplace_back([&, i] {
        Runner<T> runner(network);
        T* to = outputs[i].data();
        for (int repeat = 0; repeat < 4; ++repeat) runner.predict({&batch, 1}, {&to, 1});
        losses[i] = runner.evaluate_batch({.inputs = {&batch, 1}, .targets = {&targets, 1}})
                        .front()
                        .loss_sum;
      });
    }
    for (std::thread& worker : workers) worker.join();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      CHECK(same_bits(outputs[i], expected));
      CHECK(losses[i] == loss);
    }
  }
}

TEST_CASE("runner: a second one costs memory for its batches only") {
  Draw draw(2);
  Network<float> network(layers(), kInput, options(cross_entropy(), sgd(0.05)));
  Runner<float> runner(network);
  CHECK(runner.workspace_bytes() == 0);
  const auto x = draw.reals<float>(kInput.size(), -1, 1);
  std::vector<float> output(5);
  float* to = output.data();
  const Images image = images(network, x);
  runner.predict({&image, 1}, {&to, 1});
  const Index inference = runner.workspace_bytes();
  CHECK(inference > 0);
  const Index label = 1;
  const Targets<float> targets{.labels = &label};
  runner.train_batch({.inputs = {&image, 1}, .targets = {&targets, 1}}, std::nullopt);
  CHECK(runner.workspace_bytes() > inference);
}

TEST_CASE("runner: weights that are not drawn are zero until they are written") {
  NetworkOptions not_drawn = options(cross_entropy());
  not_drawn.draw_weights = false;
  const Network<float> network(layers(), kInput, not_drawn);
  for (const float value : parameters(network)) REQUIRE(value == 0.0f);
  Attrs unknown = conv2d({});
  unknown.set("kernel_initializer", std::string("magic"));
  not_drawn.outputs.clear();
  CHECK_THROWS_AS(Network<float>({unknown}, kInput, not_drawn), ConfigError);
}

}  // namespace cnnx::test
