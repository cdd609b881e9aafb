// The kernels of dense layers of every instruction set against the definition.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "cnnx/core/error.h"
#include "cnnx/kernels/table.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/guarded.h"
#include "support/isas.h"
#include "support/sums.h"

namespace cnnx::test {
namespace {

Index draw_size(Draw& draw, Index most) {
  if (draw.chance(0.5)) return draw.integer(1, std::min<Index>(most, 12));
  if (draw.chance(0.3)) {
    return std::min(most, draw.one_of<Index>({15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 97}));
  }
  return draw.integer(1, most);
}

DenseGeometry draw_dense(Draw& draw) {
  const bool deep = draw.chance(0.1);  // sums that kernels may cut into blocks
  while (true) {
    const DenseGeometry g{.rows = draw_size(draw, 150),
                          .inputs = deep ? draw.integer(400, 1700) : draw_size(draw, 200),
                          .outputs = draw_size(draw, 140)};
    if (g.rows * g.inputs * g.outputs <= 120000) return g;
  }
}

// The passes by definition.
template <class T>
struct Oracle {
  const DenseGeometry& g;

  Sums<T> forward(const std::vector<T>& input, const std::vector<T>& weights,
                  const std::vector<T>& bias, Activation activation) const {
    Sums<T> output(g.rows * g.outputs);
    for_each_product([&](std::size_t x, std::size_t w, std::size_t y) {
      output.add(static_cast<Index>(y), Wide<T>{input[x]} * weights[w]);
    });
    for (std::size_t i = 0; i < output.value.size() && !bias.empty(); ++i) {
      output.add(static_cast<Index>(i), bias[i % bias.size()]);
    }
    output.rectify(activation);
    return output;
  }

  Sums<T> backward_data(const std::vector<T>& grad_output, const std::vector<T>& weights) const {
    Sums<T> grad(g.rows * g.inputs);
    for_each_product([&](std::size_t x, std::size_t w, std::size_t y) {
      grad.add(static_cast<Index>(x), Wide<T>{grad_output[y]} * weights[w]);
    });
    return grad;
  }

  Sums<T> backward_weights(const std::vector<T>& input, const std::vector<T>& grad_output) const {
    Sums<T> grad(g.inputs * g.outputs);
    for_each_product([&](std::size_t x, std::size_t w, std::size_t y) {
      grad.add(static_cast<Index>(w), Wide<T>{input[x]} * grad_output[y]);
    });
    return grad;
  }

  template <class Body>
  void for_each_product(Body&& body) const {
    const auto rows = static_cast<std::size_t>(g.rows);
    const auto inputs = static_cast<std::size_t>(g.inputs);
    const auto outputs = static_cast<std::size_t>(g.outputs);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t k = 0; k < inputs; ++k) {
        for (std::size_t n = 0; n < outputs; ++n) {
          body(row * inputs + k, k * outputs + n, row * outputs + n);
        }
      }
    }
  }
};

// Calls of a kernel, task by task in any order, with everything it touches in guarded memory.
template <class T>
class Run {
 public:
  Run(const DenseKernel<T>& kernel, const DenseGeometry& geometry)
      : kernel_(kernel), g_(geometry) {}

  std::vector<T> forward(const std::vector<T>& input, const std::vector<T>& weights,
                         const std::vector<T>& bias, Activation activation) {
    Guarded<T> x = guarded_input(input), w = guarded_input(weights, kSlack);
    Guarded<T> b = guarded_input(bias);
    Guarded<T> output = guarded_output<T>(g_.rows * g_.outputs);
    for_each_task(DensePass::forward, [&](Index task, T* scratch) {
      kernel_.forward(g_, task, x.data(), w.data(), bias.empty() ? nullptr : b.data(), activation,
                      output.data(), scratch);
    });
    return result(output);
  }

  std::vector<T> backward_data(const std::vector<T>& grad_output, const std::vector<T>& weights) {
    Guarded<T> dy = guarded_input(grad_output, kSlack), w = guarded_input(weights, kSlack);
    Guarded<T> grad = guarded_output<T>(g_.rows * g_.inputs);
    for_each_task(DensePass::backward_data, [&](Index task, T* scratch) {
      kernel_.backward_data(g_, task, dy.data(), w.data(), grad.data(), scratch);
    });
    return result(grad);
  }

  // Added to `start`, or on its own where that is empty.
  std::vector<T> backward_weights(const std::vector<T>& input, const std::vector<T>& grad_output,
                                  const std::vector<T>& start) {
    Guarded<T> x = guarded_input(input), dy = guarded_input(grad_output, kSlack);
    Guarded<T> grad = guarded_output<T>(g_.inputs * g_.outputs);
    std::copy(start.begin(), start.end(), grad.data());
    for_each_task(DensePass::backward_weights, [&](Index task, T* scratch) {
      kernel_.backward_weights(g_, task, x.data(), dy.data(), grad.data(), !start.empty(), scratch);
    });
    return result(grad);
  }

 private:
  template <class Body>
  void for_each_task(DensePass pass, Body&& body) {
    const Index tasks = kernel_.tasks(g_, pass);
    CHECK(tasks >= 1);
    Guarded<T> scratch = guarded_scratch<T>(kernel_.scratch_size(g_, pass));
    for (Index task = tasks - 1; task >= 0; --task) {
      std::fill(scratch.values().begin(), scratch.values().end(), poison<T>());
      body(task, scratch.data());
    }
    REQUIRE(scratch.intact());
  }

  static std::vector<T> result(const Guarded<T>& array) {
    REQUIRE(array.intact());
    return {array.values().begin(), array.values().end()};
  }

  const DenseKernel<T>& kernel_;
  DenseGeometry g_;
};

template <class T>
void check_all_passes(int shapes, std::uint64_t seed, bool whole) {
  Draw draw(seed);
  for (int i = 0; i < shapes; ++i) {
    const DenseGeometry g = draw_dense(draw);
    const auto input = draw.numbers<T>(g.rows * g.inputs, whole);
    const auto weights = draw.numbers<T>(g.inputs * g.outputs, whole);
    const auto bias = draw.numbers<T>(draw.chance(0.7) ? g.outputs : 0, whole);
    const auto grad_output = draw.numbers<T>(g.rows * g.outputs, whole);
    const auto start = draw.numbers<T>(draw.chance(0.5) ? g.inputs * g.outputs : 0, whole);
    const Activation activation{
        draw.one_of({ActivationKind::linear, ActivationKind::relu, ActivationKind::leaky_relu}),
        0.25};
    const Oracle<T> oracle{g};
    const Sums<T> output = oracle.forward(input, weights, bias, activation);
    const Sums<T> grad_input = oracle.backward_data(grad_output, weights);
    Sums<T> grad_weights = oracle.backward_weights(input, grad_output);
    for (std::size_t k = 0; k < start.size(); ++k)
      grad_weights.add(static_cast<Index>(k), start[k]);

    const std::string shape =
        concat(g.rows, " rows, ", g.inputs, " inputs, ", g.outputs, " outputs, activation ",
               static_cast<int>(activation.kind), ", accumulate ", !start.empty());
    CAPTURE(shape);
    with_every_table<T>([&](const KernelTable<T>& table) {
      Run<T> run(table.dense, g);
      REQUIRE(difference(run.forward(input, weights, bias, activation), output.value,
                         output.within(whole ? kExact : kDirectRoundings)) == "");
      REQUIRE(difference(run.backward_data(grad_output, weights), grad_input.value,
                         grad_input.within(whole ? kExact : kDirectRoundings)) == "");
      REQUIRE(difference(run.backward_weights(input, grad_output, start), grad_weights.value,
                         grad_weights.within(whole ? kExact : kDirectRoundings)) == "");
    });
  }
}

}  // namespace

TEST_CASE_TEMPLATE("dense: all passes are exact on small integers", T, float, double) {
  check_all_passes<T>(1000, 1, true);
}

TEST_CASE_TEMPLATE("dense: all passes stay within their error bounds", T, float, double) {
  check_all_passes<T>(400, 2, false);
}

TEST_CASE_TEMPLATE("dense: an example computed by hand", T, float, double) {
  const DenseGeometry g{.rows = 2, .inputs = 3, .outputs = 2};
  const std::vector<T> input{1, 2, 3, -1, 0, 1};
  const std::vector<T> weights{1, -1, 2, -2, 3, -3};  // [input][output]
  with_every_table<T>([&](const KernelTable<T>& table) {
    Run<T> run(table.dense, g);
    CHECK(run.forward(input, weights, {5, 5}, {}) == std::vector<T>{19, -9, 7, 3});
    CHECK(run.forward(input, weights, {}, {ActivationKind::relu}) == std::vector<T>{14, 0, 2, 0});
    CHECK(run.backward_data({1, 2, 3, 4}, weights) == std::vector<T>{-1, -2, -3, -1, -2, -3});
    CHECK(run.backward_weights(input, {1, 2, 3, 4}, {}) == std::vector<T>{-2, -2, 2, 4, 6, 10});
  });
}

TEST_CASE_TEMPLATE("dense: a sample's numbers do not depend on the others", T, float, double) {
  Draw draw(3);
  for (int i = 0; i < 60; ++i) {
    DenseGeometry g = draw_dense(draw);
    const auto input = draw.reals<T>(g.rows * g.inputs);
    const auto weights = draw.reals<T>(g.inputs * g.outputs);
    const auto bias = draw.reals<T>(g.outputs);
    const auto grad_output = draw.reals<T>(g.rows * g.outputs);
    const std::string shape =
        concat(g.rows, " rows, ", g.inputs, " inputs, ", g.outputs, " outputs");
    CAPTURE(shape);
    with_every_table<T>([&](const KernelTable<T>& table) {
      const auto output = Run<T>(table.dense, g).forward(input, weights, bias, {});
      const auto grad = Run<T>(table.dense, g).backward_data(grad_output, weights);
      for (const Index row : {Index{0}, g.rows / 2, g.rows - 1}) {
        Run<T> one(table.dense, {1, g.inputs, g.outputs});
        const auto x = rows_of(input, row, 1, g.inputs);
        const auto dy = rows_of(grad_output, row, 1, g.outputs);
        REQUIRE(same_bits(one.forward(x, weights, bias, {}), rows_of(output, row, 1, g.outputs)));
        REQUIRE(same_bits(one.backward_data(dy, weights), rows_of(grad, row, 1, g.inputs)));
      }
    });
  }
}

TEST_CASE_TEMPLATE("dense: a NaN spoils its own sample and no other", T, float, double) {
  const DenseGeometry g{.rows = 40, .inputs = 33, .outputs = 21};
  Draw draw(4);
  auto input = draw.reals<T>(g.rows * g.inputs);
  input[17 * 33 + 4] = poison<T>();
  const auto weights = draw.reals<T>(g.inputs * g.outputs);
  with_every_table<T>([&](const KernelTable<T>& table) {
    const auto output =
        Run<T>(table.dense, g).forward(input, weights, {}, {ActivationKind::leaky_relu, 0.1});
    bool as_expected = true;
    for (std::size_t i = 0; i < output.size(); ++i) {
      as_expected = as_expected && std::isnan(output[i]) == (i / 21 == 17);
    }
    CHECK(as_expected);
  });
}

}  // namespace cnnx::test
