// Gradients of whole networks: against central differences, and of one instruction set against
// another.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "support/compare.h"
#include "support/draw.h"
#include "support/isas.h"
#include "support/networks.h"
#include "support/random_network.h"
#include "support/threads.h"

namespace cnnx::test {
namespace {

// How many elements were compared, and how many were left out: those where a rectifier or a maximum
// changes its mind within the step, so that the difference is no derivative.
struct Comparisons {
  int made = 0, kinks = 0;
};

// A network in double with a batch, its loss and the gradients of the mean loss.
class Checked {
 public:
  // Where training is special, the loss of a training pass is compared: dropout draws the same as
  // long as there is no step.
  Checked(const std::vector<Attrs>& layers, const Shape& input, const Attrs& loss, bool by_label,
          Draw& draw, Comparisons& comparisons, bool training_is_special = false)
      : training_is_special_(training_is_special),
        draw_(draw),
        network_(layers, input, options(loss, {}, 7)),
        x_(draw.reals<double>(kImages * input.size(), -1.5, 1.5)),
        comparisons_(comparisons) {
    const Index outputs = network_.output().size();
    for (Index i = 0; i < kImages; ++i) labels_.push_back(draw.integer(0, outputs - 1));
    rows_ = draw.reals<double>(kImages * outputs, 0, 1);
    // Biases of zero would put rectifiers right where they change their mind.
    for (const std::string& name : network_.learned_names()) {
      if (network_.parameter(name).dims.size() > 1) continue;
      std::vector<double> values = parameter(network_, name);
      for (double& value : values) value += draw.real(-0.1, 0.1);
      network_.write_parameter(name, values.data());
    }
    if (by_label) {
      targets_.labels = labels_.data();
    } else {
      targets_.rows = rows_.data();
    }
  }

  // Compares some elements of every gradient with central differences.
  void check() {
    const auto gradients = differentiate(network_, x_, targets_);
    REQUIRE(gradients.result.loss_sum == loss_sum());
    CAPTURE("images");
    check_elements(gradients.images, [&](std::size_t i, double value) { x_[i] = value; }, x_);
    for (const auto& [name, gradient] : gradients.parameters) {
      CAPTURE(name);
      std::vector<double> values = parameter(network_, name);
      const auto change = [&](std::size_t i, double value) {
        values[i] = value;
        network_.write_parameter(name, values.data());
      };
      check_elements(gradient, change, parameter(network_, name));
    }
  }

 private:
  static constexpr Index kImages = 3, kElements = 15;

  double loss_sum() {
    const Images batch = images(network_, x_);
    return training_is_special_ ? network_.differentiate(batch, targets_, nullptr).loss_sum
                                : network_.evaluate_batch(batch, targets_).loss_sum;
  }

  template <class Change>
  double slope(std::size_t i, double value, double step, Change& change) {
    change(i, value + step);
    const double above = loss_sum();
    change(i, value - step);
    const double below = loss_sum();
    change(i, value);
    return (above - below) / (2 * step * kImages);
  }

  template <class Change>
  void check_elements(const std::vector<double>& gradient, Change&& change,
                      const std::vector<double>& values) {
    double largest = 3e-3;  // the differences round to a few parts in 1e10 of the loss
    for (const double g : gradient) largest = std::max(largest, std::abs(g));
    for (Index n = 0; n < std::min(kElements, std::ssize(gradient)); ++n) {
      const auto i = std::ssize(gradient) <= kElements
                         ? static_cast<std::size_t>(n)
                         : static_cast<std::size_t>(draw_.integer(0, std::ssize(gradient) - 1));
      const double wide = slope(i, values[i], 1e-5, change);
      const double narrow = slope(i, values[i], 1e-6, change);
      ++comparisons_.made;
      if (std::abs(wide - narrow) > 1e-6 * largest) {
        ++comparisons_.kinks;
        continue;
      }
      REQUIRE(std::abs(gradient[i] - narrow) <= 1e-6 * largest);
    }
  }

  bool training_is_special_;
  Draw& draw_;
  Network<double> network_;
  std::vector<double> x_, rows_;
  std::vector<Index> labels_;
  Targets<double> targets_;
  Comparisons& comparisons_;
};

struct Row {
  const char* text;
  Shape input;
  std::vector<Attrs> layers;
  bool training_is_special = false;
};

const Shape kMaps{2, 7, 6, false};

// Every layer, and the neighbours that share work: an activation before a pool, levels nobody
// keeps, layers without parameters in front, Winograd.
const Row kRows[] = {
    {"dense", Shape::features(5), {dense({.units = 4, .activation = "tanh"})}},
    {"dense and softmax",
     Shape::features(5),
     {dense({.units = 6, .activation = "softmax"}), dense({.units = 3, .activation = "softmax"})}},
    {"conv same stride 2",
     kMaps,
     {conv2d({.stride = {2, 2}, .padding = "same", .activation = "sigmoid"}), flatten()}},
    {"conv groups and dilation",
     kMaps,
     {conv2d({.kernel = {2, 3}, .pad = Pair{2, 1}, .dilation = {3, 2}, .groups = 2}), flatten(),
      dense({})}},
    {"conv relu pool",
     kMaps,
     {conv2d({.activation = "relu"}), max_pool2d({2, 2}, {2, 2}), flatten(), dense({})}},
    {"conv tanh overlapping pool",
     kMaps,
     {conv2d({.padding = "same", .activation = "tanh"}), max_pool2d({3, 3}, {2, 1}, {1, 1}),
      conv2d({.filters = 2}), flatten()}},
    {"conv sigmoid pool pool",
     kMaps,
     {conv2d({.padding = "same", .activation = "sigmoid"}), max_pool2d({2, 2}, {1, 1}),
      max_pool2d({2, 2}, {1, 1}), flatten(), dense({.units = 3})}},
    {"conv softmax pool",
     kMaps,
     {conv2d({.activation = "softmax"}), max_pool2d({2, 2}, {2, 2}), flatten(), dense({})}},
    {"activation layers before a pool",
     kMaps,
     {conv2d({}), activation("leaky_relu", 0.3), max_pool2d({2, 2}, {1, 2}), activation("tanh"),
      activation("sigmoid"), flatten(), dense({})}},
    {"fixed layers in front",
     kMaps,
     {rescale(0.5, 0.1), normalize({0.1, -0.2}, {0.7, 1.4}), activation("tanh"),
      conv2d({.filters = 3}), normalize({0.3}, {0.5}), rescale(2, 0), flatten(), dense({})}},
    {"pool in front", kMaps, {max_pool2d({2, 2}, {1, 1}), conv2d({}), flatten()}},
    {"no parameters", kMaps, {rescale(2, 1), max_pool2d({2, 2}, {2, 2}), flatten()}},
    {"flatten twice, dense in a row",
     kMaps,
     {flatten(), flatten(), dense({.units = 9, .activation = "relu"}),
      dense({.units = 7, .activation = "leaky_relu"}), activation("tanh"), dense({.units = 3})}},
    {"Winograd",
     {16, 6, 7, false},
     {conv2d({.filters = 17, .padding = "same", .activation = "tanh"}), max_pool2d({2, 2}, {2, 2}),
      flatten(), dense({.units = 3})}},
    {"Winograd over the whole batch",
     {61, 4, 4, false},
     {conv2d({.filters = 63, .padding = "same", .activation = "sigmoid"}),
      max_pool2d({2, 2}, {2, 2}), flatten(), dense({.units = 3})}},
    {"residual block with normalisations",
     kMaps,
     {conv2d({.filters = 5, .padding = "same"}), batch_norm("relu", 0.9, 0.1),
      residual({conv2d({.filters = 6, .padding = "same"}), batch_norm("tanh", 0.9, 0.1),
                conv2d({.filters = 5, .padding = "same"}), batch_norm("linear", 0.9, 0.1)},
               {}, "relu"),
      max_pool2d({2, 2}, {2, 2}), flatten(), batch_norm("linear", 0.9, 0.1), dense({.units = 3})},
     true},
    {"normalised images, and features at the end",
     kMaps,
     {concat_of({{batch_norm("sigmoid", 0.9, 0.1)}, {}, {conv2d({.padding = "same"})}}), flatten(),
      dense({.units = 5}), batch_norm("linear", 0.9, 0.1)},
     true},
    {"dropouts",
     kMaps,
     {dropout(0.2), conv2d({.filters = 9, .activation = "tanh"}), spatial_dropout2d(0.4),
      max_pool2d({2, 2}, {2, 2}), flatten(), dropout(0.3), dense({.units = 4})},
     true},
};

// What a few layers may round, told from the largest value.
template <class T>
double roundings(const std::vector<double>& values) {
  double largest = 1;
  for (const double v : values) largest = std::max(largest, std::abs(v));
  return 2000 * kRoundoff<T> * largest;
}

}  // namespace

TEST_CASE("gradients: chosen networks agree with central differences") {
  const Threads one(1);  // many small batches: waking a second thread takes longer than they do
  on_every_isa([&] {
    Draw draw(1);
    Comparisons comparisons;
    for (const Row& row : kRows) {
      const std::string text = row.text;
      CAPTURE(text);
      for (const bool by_label : {true, false}) {
        Checked(row.layers, row.input, by_label ? cross_entropy() : mse(), by_label, draw,
                comparisons, row.training_is_special)
            .check();
      }
    }
    CHECK(comparisons.kinks * 100 <= comparisons.made);
  });
}

TEST_CASE("gradients: random networks agree with central differences") {
  const Threads one(1);  // many small batches: waking a second thread takes longer than they do
  Draw draw(2);
  Comparisons comparisons;
  for (int i = 0; i < 500; ++i) {
    const NetworkCase c = NetworkDraw(draw).network();
    CAPTURE(c.text);
    Checked(c.layers, c.input, draw.chance(0.5) ? cross_entropy() : mse(), draw.chance(0.5), draw,
            comparisons, c.training_is_special)
        .check();
  }
  CHECK(comparisons.kinks * 100 <= comparisons.made);
}

TEST_CASE_TEMPLATE("gradients: random networks are the same on every instruction set", T, float,
                   double) {
  const Threads one(1);
  Draw draw(3);
  for (int i = 0; i < 150; ++i) {
    const NetworkCase c = NetworkDraw(draw).network();
    CAPTURE(c.text);
    const Index count = draw.integer(1, 40);
    const auto x = draw.reals<float>(count * c.input.size());
    const std::vector<double> wide_x(x.begin(), x.end());
    const SelectedIsa reference("reference");
    Network<double> network(c.layers, c.input, {});
    const auto outputs = predict(network, wide_x);
    const auto dy = draw.reals<double>(std::ssize(outputs));
    const auto gradients = backpropagate(network, wide_x, dy).all();
    on_every_isa([&] {
      Network<T> other(c.layers, c.input, {});
      const std::vector<T> rows(x.begin(), x.end());
      REQUIRE(difference(predict(other, rows), outputs, roundings<T>(outputs)) == "");
      // Rounded to float, a rectifier or a maximum may choose another way.
      if (sizeof(T) < sizeof(double)) return;
      const std::vector<T> slopes(dy.begin(), dy.end());
      REQUIRE(difference(backpropagate(other, rows, slopes).all(), gradients,
                         roundings<T>(gradients)) == "");
    });
  }
}

}  // namespace cnnx::test
