// Calls that fail leave a network as it was: afterwards it cannot be told from a twin that never
// saw them.
#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <utility>

#include "cnnx/core/error.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/isas.h"
#include "support/networks.h"
#include "support/threads.h"

namespace cnnx::test {
namespace {

const Shape kInput{2, 5, 5, false};
constexpr Index kClasses = 3;

// Takes several passes of the network below.
constexpr Index kImages = 600;

template <class T>
Network<T> make_network() {
  return {{conv2d({.filters = 3, .activation = "relu"}), max_pool2d({2, 2}, {1, 1}), flatten(),
           dense({.units = kClasses})},
          kInput,
          options(cross_entropy(), adam("adam", 0.05))};
}

template <class T>
struct Data {
  explicit Data(Draw& draw)
      : images(draw.reals<T>(kImages * kInput.size())),
        rows(draw.reals<T>(kImages * kClasses, 0, 1)) {
    for (Index i = 0; i < kImages; ++i) labels.push_back(draw.integer(0, kClasses - 1));
  }
  std::vector<T> images, rows;
  std::vector<Index> labels;
};

template <class T>
void step(Network<T>& network, const Data<T>& data) {
  network.train_batch(images(network, data.images), {.labels = data.labels.data()}, std::nullopt);
}

// Parameters and the optimizer's state.
template <class T>
std::vector<T> state(const Network<T>& network) {
  std::vector<T> all = parameters(network);
  for (const std::string& name : network.parameter_names()) {
    for (Index slot = 0; slot < std::ssize(network.slots()); ++slot) {
      std::vector<T> values(static_cast<std::size_t>(network.parameter(name).count()));
      network.read_slot(name, slot, values.data());
      all.insert(all.end(), values.begin(), values.end());
    }
  }
  all.push_back(static_cast<T>(network.step()));
  return all;
}

// `spoil` damages good data; whatever the network is then asked to do with them, it refuses with
// `text` and stays as it was.
template <class T>
void check_refused(const std::function<void(Data<T>&)>& spoil, bool by_label,
                   const std::string& text, bool predictions_too) {
  Draw draw(1);
  const Data<T> good(draw);
  Data<T> bad = good;
  spoil(bad);
  on_every_isa([&] {
    Network<T> network = make_network<T>(), twin = make_network<T>();
    step(network, good);
    step(twin, good);
    const Images batch = images(network, bad.images);
    Targets<T> targets{.labels = bad.labels.data()};
    if (!by_label) targets = {.rows = bad.rows.data()};
    const doctest::Contains expected(text.c_str());
    CHECK_THROWS_WITH_AS(network.train_batch(batch, targets, std::nullopt), expected, DataError);
    CHECK_THROWS_WITH_AS(network.evaluate_batch(batch, targets), expected, DataError);
    CHECK_THROWS_WITH_AS(network.differentiate(batch, targets, nullptr), expected, DataError);
    if (predictions_too) {
      std::vector<T> outputs(kImages * kClasses);
      CHECK_THROWS_WITH_AS(network.predict(batch, outputs.data()), expected, DataError);
    }
    CHECK(same_bits(state(network), state(twin)));
    step(network, good);
    step(twin, good);
    CHECK(same_bits(state(network), state(twin)));
    CHECK(same_bits(predict(network, good.images), predict(twin, good.images)));
  });
}

}  // namespace

TEST_CASE("errors: the batches of these tests take several passes") {
  CHECK(schedule_of(make_network<float>()).passes(kImages) > 1);
  CHECK(schedule_of(make_network<double>()).passes(kImages) > 1);
}

TEST_CASE_TEMPLATE("errors: a label out of range, wherever it stands", T, float, double) {
  const Threads one(1);
  for (const Index at : {Index{0}, kImages / 2, kImages - 1}) {
    for (const Index label : {Index{-1}, kClasses, std::numeric_limits<Index>::min()}) {
      check_refused<T>([&](Data<T>& data) { data.labels[static_cast<std::size_t>(at)] = label; },
                       true,
                       concat("label ", label, " at index ", at,
                              " is out of range for 3 classes; expected 0 to 2"),
                       false);
    }
  }
}

TEST_CASE_TEMPLATE("errors: an image that is not finite, in any pass", T, float, double) {
  const Threads one(1);
  for (const Index at : {Index{0}, kImages / 2, kImages - 1}) {
    for (const T value :
         {std::numeric_limits<T>::quiet_NaN(), -std::numeric_limits<T>::infinity()}) {
      check_refused<T>(
          [&](Data<T>& data) {
            data.images[static_cast<std::size_t>(at * kInput.size() + 17)] = value;
          },
          true, concat("the image at index ", at, " holds NaN or infinity (element 17 of its 50)"),
          true);
    }
  }
}

TEST_CASE_TEMPLATE("errors: a row of targets that is not finite", T, float, double) {
  check_refused<T>([](Data<T>& data) { data.rows.back() = std::numeric_limits<T>::quiet_NaN(); },
                   false, concat("the target at index ", kImages - 1, " holds NaN or infinity"),
                   false);
}

TEST_CASE("errors: an image that is not finite, seen by any of several threads") {
  const Threads three(3);
  auto network = make_network<float>();
  Draw draw(4);
  Data<float> data(draw);
  const auto before = state(network);
  for (const Index at : {Index{1}, kImages / 3, kImages - 2}) {
    float& value = data.images[static_cast<std::size_t>(at * kInput.size())];
    const float good = std::exchange(value, std::numeric_limits<float>::infinity());
    CHECK_THROWS_WITH_AS(step(network, data),
                         doctest::Contains(concat("image at index ", at, " ").c_str()), DataError);
    value = good;
  }
  CHECK(same_bits(state(network), before));
}

TEST_CASE("errors: images beyond the range of float32") {
  auto network = make_network<float>();
  const auto before = state(network);
  std::vector<double> image(static_cast<std::size_t>(2 * kInput.size()));
  image[60] = 1e300;
  const std::vector<Index> labels{0, 0};
  const Images batch{image.data(), ImageType::float64, nullptr, 2};
  CHECK_THROWS_WITH_AS(network.train_batch(batch, {.labels = labels.data()}, std::nullopt),
                       doctest::Contains("the image at index 1 holds NaN or infinity (element 10"),
                       DataError);
  CHECK(same_bits(state(network), before));
}

TEST_CASE("errors: the index names rows of the array, and other rows do not matter") {
  auto network = make_network<double>();
  Draw draw(2);
  Data<double> data(draw);
  data.images[static_cast<std::size_t>(7 * kInput.size())] = std::nan("");
  data.labels[9] = 5;
  const auto batch_of = [&](const std::vector<Index>& index) {
    return Images{data.images.data(), ImageType::float64, index.data(), std::ssize(index)};
  };
  const Targets<double> targets{.labels = data.labels.data()};
  const std::vector<Index> fine{1, 2, 3}, bad_image{1, 7, 3}, bad_label{1, 3, 9};
  CHECK_NOTHROW(network.train_batch(batch_of(fine), targets, std::nullopt));
  CHECK_THROWS_WITH_AS(network.train_batch(batch_of(bad_image), targets, std::nullopt),
                       doctest::Contains("the image at index 7 "), DataError);
  CHECK_THROWS_WITH_AS(network.train_batch(batch_of(bad_label), targets, std::nullopt),
                       doctest::Contains("label 5 at index 9 "), DataError);
}

TEST_CASE("errors: an empty batch, and a step without an optimizer") {
  auto network = make_network<float>();
  const Images none{nullptr, ImageType::float32, nullptr, 0};
  const Targets<float> targets;
  CHECK_THROWS_WITH_AS(network.train_batch(none, targets, std::nullopt),
                       "the batch is empty; give at least one image", ShapeError);
  CHECK_THROWS_AS(network.evaluate_batch(none, targets), ShapeError);
  CHECK_THROWS_AS(network.predict(none, nullptr), ShapeError);
  Network<float> fixed({flatten()}, kInput, options(mse()));
  const std::vector<float> image(50), row(50);
  CHECK_THROWS_WITH_AS(fixed.train_batch(images(fixed, image), {.rows = row.data()}, std::nullopt),
                       "the network has no optimizer", ConfigError);
}

TEST_CASE("errors: a refused optimizer leaves the old one and its state") {
  auto network = make_network<float>();
  Draw draw(3);
  const Data<float> data(draw);
  step(network, data);
  const auto before = state(network);
  CHECK_THROWS_AS(network.set_optimizer(sgd(-1)), ConfigError);
  CHECK_THROWS_AS(network.set_optimizer(of_kind("none")), ConfigError);
  CHECK(same_bits(state(network), before));
}

}  // namespace cnnx::test
