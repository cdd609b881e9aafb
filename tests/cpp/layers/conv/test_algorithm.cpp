// Both ways to compute a convolution, through the interface that the layer uses.
#include "cnnx/layers/conv/algorithm.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "support/compare.h"
#include "support/conv_case.h"
#include "support/guarded.h"
#include "support/isas.h"
#include "support/threads.h"

namespace cnnx::test {
namespace {

// Calls an algorithm with everything it touches in guarded memory.
template <class T>
class Run {
 public:
  Run(const ConvAlgorithm<T>& algorithm, const ConvGeometry& geometry,
      const std::vector<T>& weights)
      : algorithm_(algorithm),
        g_(geometry),
        forward_weights_(guarded_scratch<T>(algorithm.forward_packed_size())),
        backward_weights_(guarded_scratch<T>(algorithm.backward_packed_size())) {
    algorithm_.pack(guarded_input(weights).data(), forward_weights_.data(),
                    backward_weights_.data());
    REQUIRE(forward_weights_.intact());
    REQUIRE(backward_weights_.intact());
  }

  std::vector<T> forward(Index images, const std::vector<T>& input, const std::vector<T>& bias,
                         Activation activation) {
    Guarded<T> x = guarded_input(input), b = guarded_input(bias);
    Guarded<T> output = guarded_output<T>(images * g_.out_size());
    Memory memory(algorithm_, images);
    algorithm_.forward({.images = images,
                        .input = x.data(),
                        .output = output.data(),
                        .saved = nullptr,
                        .scratch = memory.scratch.data(),
                        .scratch_stride = memory.scratch_stride,
                        .shared = memory.shared.data()},
                       forward_weights_.data(), bias.empty() ? nullptr : b.data(), activation);
    memory.check();
    return result(output);
  }

  struct Gradients {
    std::vector<T> weights, input;
  };

  // Over `images` images, taken in parts of at most `part` that accumulate.
  Gradients backward(Index images, Index part, const std::vector<T>& input,
                     const std::vector<T>& grad_output, bool with_input) {
    Guarded<T> accumulator = guarded_scratch<T>(algorithm_.accumulator_size());
    Gradients gradients;
    for (Index first = 0; first < images; first += part) {
      const Index count = std::min(part, images - first);
      Guarded<T> x = guarded_input(rows_of(input, first, count, g_.in_size()));
      Guarded<T> dy = guarded_input(rows_of(grad_output, first, count, g_.out_size()), kSlack);
      Guarded<T> dx = guarded_output<T>(with_input ? count * g_.in_size() : 0);
      Memory memory(algorithm_, count);
      algorithm_.backward({.images = count,
                           .input = x.data(),
                           .output = nullptr,
                           .saved = nullptr,
                           .grad_output = dy.data(),
                           .grad_input = with_input ? dx.data() : nullptr,
                           .accumulator = accumulator.data(),
                           .accumulate = first > 0,
                           .scratch = memory.scratch.data(),
                           .scratch_stride = memory.scratch_stride,
                           .shared = memory.shared.data()},
                          backward_weights_.data());
      memory.check();
      const auto part_gradient = result(dx);
      gradients.input.insert(gradients.input.end(), part_gradient.begin(), part_gradient.end());
    }
    Guarded<T> grad = guarded_output<T>(g_.weight_count());
    algorithm_.finish(accumulator.data(), grad.data());
    REQUIRE(accumulator.intact());
    gradients.weights = result(grad);
    return gradients;
  }

 private:
  struct Memory {
    Memory(const ConvAlgorithm<T>& algorithm, Index images)
        : scratch_stride(round_up(algorithm.scratch_size(images), 16)),
          scratch(guarded_scratch<T>(scratch_stride * num_threads())),
          shared(guarded_scratch<T>(algorithm.shared_size(images))) {}
    void check() const {
      REQUIRE(scratch.intact());
      REQUIRE(shared.intact());
    }
    Index scratch_stride;
    Guarded<T> scratch, shared;
  };

  static std::vector<T> result(const Guarded<T>& array) {
    REQUIRE(array.intact());
    return {array.values().begin(), array.values().end()};
  }

  const ConvAlgorithm<T>& algorithm_;
  ConvGeometry g_;
  Guarded<T> forward_weights_, backward_weights_;
};

// A 3x3 convolution with stride 1 and enough channels for any vector.
ConvGeometry draw_3x3(Draw& draw) {
  const Index in_channels = draw.integer(16, 36), out_channels = draw.integer(16, 36);
  const Index height = draw.integer(4, 11), width = draw.integer(4, 11);
  const Index top = draw.integer(0, 3), left = draw.integer(0, 3);
  const Index bottom = draw.integer(2, 3), right = draw.integer(2, 3);
  return {.in_channels = in_channels,
          .in_height = height,
          .in_width = width,
          .out_channels = out_channels,
          .out_height = height + top + bottom - 2,
          .out_width = width + left + right - 2,
          .kernel_height = 3,
          .kernel_width = 3,
          .pad_top = top,
          .pad_left = left};
}

// A grid of numbers, channels-last.
struct Grid {
  Index images, rows, columns, channels;
};

// Each element's mass becomes the largest of its channel within `reach` rows and columns.
template <class T>
void spread(const Grid& grid, Index reach, Sums<T>& sums) {
  const std::vector<Wide<T>> mass = sums.mass;
  const auto at = [&](Index image, Index row, Index column, Index channel) {
    return static_cast<std::size_t>(
        ((image * grid.rows + row) * grid.columns + column) * grid.channels + channel);
  };
  for (Index i = 0; i < std::ssize(mass); ++i) {
    const Index channel = i % grid.channels, column = i / grid.channels % grid.columns;
    const Index row = i / grid.channels / grid.columns % grid.rows;
    const Index image = i / grid.channels / grid.columns / grid.rows;
    Wide<T>& largest = sums.mass[static_cast<std::size_t>(i)];
    for (Index r = std::max<Index>(0, row - reach); r <= std::min(grid.rows - 1, row + reach);
         ++r) {
      for (Index k = std::max<Index>(0, column - reach);
           k <= std::min(grid.columns - 1, column + reach); ++k) {
        largest = std::max(largest, mass[at(image, r, k, channel)]);
      }
    }
  }
}

// All passes of one case, as exact as `roundings` units of roundoff a unit of mass.
template <class T>
void check_passes(const ConvAlgorithm<T>& algorithm, const ConvCase<T>& c, double roundings) {
  const ConvGeometry& g = c.geometry;
  const ConvOracle<T> oracle(g, c.images);
  auto output = oracle.forward(c.input, c.weights, c.bias, c.activation);
  auto grad_weights = oracle.backward_weights(c.input, c.grad_output);
  auto grad_input = oracle.backward_data(c.grad_output, c.weights);
  if (roundings > kDirectRoundings) {
    // Winograd's tiles of 4x4 outputs and 6x6 inputs share their rounding errors, and so do the
    // taps of a filter. That matters at borders, where some elements have few products.
    spread({c.images, g.out_height, g.out_width, g.out_channels}, 3, output);
    spread({1, 3, 3, g.in_channels * g.out_channels}, 2, grad_weights);
    spread({c.images, g.in_height, g.in_width, g.in_channels}, 5, grad_input);
  }

  Run<T> run(algorithm, g, c.weights);
  REQUIRE(difference(run.forward(c.images, c.input, c.bias, c.activation), output.value,
                     output.within(roundings)) == "");
  const auto grads = run.backward(c.images, c.part, c.input, c.grad_output, true);
  REQUIRE(difference(grads.weights, grad_weights.value, grad_weights.within(roundings)) == "");
  REQUIRE(difference(grads.input, grad_input.value, grad_input.within(roundings)) == "");
  const auto without = run.backward(c.images, c.part, c.input, c.grad_output, false);
  REQUIRE(same_bits(without.weights, grads.weights));
}

constexpr double kWinogradRoundings = 64;

// What Winograd gives on every table that offers it; body(algorithm).
template <class T, class Body>
void with_every_winograd(const ConvGeometry& geometry, Body&& body) {
  with_every_table<T>([&](const KernelTable<T>& table) {
    const auto algorithm = make_winograd_conv(geometry, table);
    REQUIRE((algorithm != nullptr) == (table.winograd != nullptr));
    if (algorithm) body(*algorithm);
  });
}

}  // namespace

TEST_CASE_TEMPLATE("conv algorithm: direct is exact on small integers", T, float, double) {
  Draw draw(1);
  for (int i = 0; i < 100; ++i) {
    const Index images = draw.integer(1, 4);
    const ConvCase<T> c(draw, images, draw_conv(draw, images, 30000), true);
    const std::string shape = c.describe();
    CAPTURE(shape);
    with_every_table<T>([&](const KernelTable<T>& table) {
      const auto algorithm = make_direct_conv(c.geometry, table);
      REQUIRE_FALSE(algorithm->whole_batch());
      check_passes(*algorithm, c, kExact);
    });
  }
}

TEST_CASE_TEMPLATE("conv algorithm: Winograd's error stays within 64 roundings", T, float, double) {
  Draw draw(2);
  for (int i = 0; i < 25; ++i) {
    const ConvCase<T> c(draw, draw.integer(1, 3), draw_3x3(draw), draw.chance(0.3));
    const std::string shape = c.describe();
    CAPTURE(shape);
    with_every_winograd<T>(c.geometry, [&](const ConvAlgorithm<T>& algorithm) {
      CHECK_FALSE(algorithm.whole_batch());
      check_passes(algorithm, c, kWinogradRoundings);
    });
  }
}

TEST_CASE_TEMPLATE("conv algorithm: Winograd over a whole batch on several threads", T, float,
                   double) {
  Draw draw(3);
  for (const int threads : {1, 3}) {
    const Threads set(threads);
    // So many filters that one core's cache does not hold them.
    const ConvGeometry g = same_3x3(97, 90, 6, 5);
    const ConvCase<T> c(draw, 4, g, false);
    with_every_winograd<T>(g, [&](const ConvAlgorithm<T>& algorithm) {
      CHECK(algorithm.whole_batch());
      check_passes(algorithm, c, kWinogradRoundings);
    });
  }
}

TEST_CASE_TEMPLATE("conv algorithm: an image does not depend on its neighbours with Winograd", T,
                   float, double) {
  Draw draw(4);
  const ConvGeometry shapes[] = {draw_3x3(draw), draw_3x3(draw), draw_3x3(draw),
                                 same_3x3(97, 90, 6, 5)};
  for (const ConvGeometry& g : shapes) {
    const ConvCase<T> c(draw, 9, g, false);
    const std::string shape = c.describe();
    CAPTURE(shape);
    with_every_winograd<T>(g, [&](const ConvAlgorithm<T>& algorithm) {
      Run<T> run(algorithm, g, c.weights);
      const auto output = run.forward(c.images, c.input, c.bias, c.activation);
      const auto grad = run.backward(c.images, c.images, c.input, c.grad_output, true).input;
      for (Index n = 0; n < c.images; ++n) {
        const auto x = rows_of(c.input, n, 1, g.in_size());
        const auto dy = rows_of(c.grad_output, n, 1, g.out_size());
        REQUIRE(same_bits(run.forward(1, x, c.bias, c.activation),
                          rows_of(output, n, 1, g.out_size())));
        REQUIRE(same_bits(run.backward(1, 1, x, dy, true).input, rows_of(grad, n, 1, g.in_size())));
      }
    });
  }
}

TEST_CASE_TEMPLATE("conv algorithm: Winograd leaves other shapes to the direct one", T, float,
                   double) {
  const ConvGeometry suitable = same_3x3(32, 32, 8, 8);
  const auto offered = [](ConvGeometry g) {
    return make_winograd_conv(g, current_tables().get<T>()) != nullptr;
  };
  const auto changed = [&](auto change) {
    ConvGeometry g = suitable;
    change(g);
    return g;
  };
  on_every_isa([&] {
    if (current_tables().get<T>().winograd == nullptr) return;
    CHECK(offered(suitable));
    CHECK_FALSE(offered(changed([](ConvGeometry& g) { g.kernel_width = 1; })));
    CHECK_FALSE(offered(changed([](ConvGeometry& g) { g.kernel_height = 5; })));
    CHECK_FALSE(offered(changed([](ConvGeometry& g) { g.stride_height = 2; })));
    CHECK_FALSE(offered(changed([](ConvGeometry& g) { g.stride_width = 2; })));
    CHECK_FALSE(offered(changed([](ConvGeometry& g) { g.dilation_height = 2; })));
    CHECK_FALSE(offered(changed([](ConvGeometry& g) { g.dilation_width = 2; })));
    CHECK_FALSE(offered(changed([](ConvGeometry& g) { g.groups = 2; })));
  });
}

}  // namespace cnnx::test
