// The convolution kernels of every instruction set against the definition.
#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "support/compare.h"
#include "support/conv_case.h"
#include "support/conv_run.h"
#include "support/isas.h"

namespace cnnx::test {
namespace {

constexpr Index kMostProducts = 60000;

template <class T>
ConvCase<T> draw_case(Draw& draw, bool whole) {
  const Index images = draw.chance(0.5) ? 1 : draw.integer(2, 5);
  return {draw, images, draw_conv(draw, images, kMostProducts), whole};
}

template <class T>
void check_forward(int shapes, std::uint64_t seed, bool whole) {
  Draw draw(seed);
  for (int i = 0; i < shapes; ++i) {
    const ConvCase<T> c = draw_case<T>(draw, whole);
    const Sums<T> expected =
        ConvOracle<T>(c.geometry, c.images).forward(c.input, c.weights, c.bias, c.activation);
    const std::string shape = c.describe();
    CAPTURE(shape);
    with_every_table<T>([&](const KernelTable<T>& table) {
      const auto output = ConvRun<T>(table.direct, c.geometry)
                              .forward(c.images, c.input, c.weights, c.bias, c.activation);
      REQUIRE(difference(output, expected.value,
                         expected.within(whole ? kExact : kDirectRoundings)) == "");
    });
  }
}

template <class T>
void check_backward_data(int shapes, std::uint64_t seed, bool whole) {
  Draw draw(seed);
  for (int i = 0; i < shapes; ++i) {
    const ConvCase<T> c = draw_case<T>(draw, whole);
    const Sums<T> expected =
        ConvOracle<T>(c.geometry, c.images).backward_data(c.grad_output, c.weights);
    const std::string shape = c.describe();
    CAPTURE(shape);
    with_every_table<T>([&](const KernelTable<T>& table) {
      const auto grad =
          ConvRun<T>(table.direct, c.geometry).backward_data(c.images, c.grad_output, c.weights);
      REQUIRE(difference(grad, expected.value,
                         expected.within(whole ? kExact : kDirectRoundings)) == "");
    });
  }
}

template <class T>
void check_backward_weights(int shapes, std::uint64_t seed, bool whole) {
  Draw draw(seed);
  for (int i = 0; i < shapes; ++i) {
    const ConvCase<T> c = draw_case<T>(draw, whole);
    const Sums<T> expected =
        ConvOracle<T>(c.geometry, c.images).backward_weights(c.input, c.grad_output);
    const std::string shape = c.describe();
    CAPTURE(shape);
    with_every_table<T>([&](const KernelTable<T>& table) {
      const auto grad = ConvRun<T>(table.direct, c.geometry)
                            .backward_weights(c.images, c.part, c.input, c.grad_output);
      REQUIRE(difference(grad, expected.value,
                         expected.within(whole ? kExact : kDirectRoundings)) == "");
    });
  }
}

}  // namespace

TEST_CASE("conv: the shapes drawn are of every kind") {
  Draw draw(11);
  std::map<std::string, int> kinds;
  for (int i = 0; i < 2500; ++i) {
    const ConvGeometry g = draw_conv(draw, 1, kMostProducts);
    const bool strided = g.stride_height > 1 || g.stride_width > 1;
    const bool padded = g.pad_top > 0 || g.pad_left > 0;
    const bool depthwise = g.groups > 1 && g.group_in() == 1 && g.group_out() == 1;
    kinds["plain 1x1"] += g.kernel_height * g.kernel_width == 1 && g.groups == 1;
    kinds["strided 1x1"] += g.kernel_height * g.kernel_width == 1 && g.groups == 1 && strided;
    kinds["single channel"] += g.in_channels == 1 && g.out_channels > 1;
    kinds["few channels"] += g.in_channels <= 4 && g.out_channels <= 8 && g.groups == 1;
    kinds["depthwise, below a vector"] += depthwise && g.groups < 16;
    kinds["depthwise, vectors and a rest"] += depthwise && g.groups > 16 && g.groups % 16 != 0;
    kinds["depthwise, four vectors"] += depthwise && g.groups >= 64 && padded;
    kinds["depthwise, strided"] += depthwise && strided && g.groups >= 16;
    kinds["depthwise, dilated"] += depthwise && g.dilation_width > 1 && g.groups >= 16;
    kinds["depthwise, 3x3"] += depthwise && g.kernel_height == 3 && g.kernel_width == 3;
    kinds["depth multiplier"] += g.groups > 4 && g.group_in() == 1 && g.group_out() > 1;
    kinds["groups of two"] += g.groups > 4 && g.group_in() == 2 && g.group_out() == 2;
    kinds["groups of four"] += g.groups > 4 && g.group_in() == 4 && g.group_out() == 4;
    kinds["groups of eight"] += g.groups > 4 && g.group_in() == 8 && g.group_out() == 8;
    kinds["uneven groups"] += g.groups > 4 && g.group_in() > g.group_out();
    kinds["large groups"] += g.groups > 1 && g.group_out() > 16;
  }
  for (const auto& [kind, count] : kinds) {
    CAPTURE(kind);
    CHECK(count >= 5);
  }
}

TEST_CASE_TEMPLATE("conv: the shapes drawn select every kernel", T, float, double) {
  with_every_table<T>([&](const KernelTable<T>& table) {
    Draw draw(11);
    std::map<std::string, int> forward, data, weights;
    for (int i = 0; i < 2500; ++i) {
      const ConvGeometry g = draw_conv(draw, 1, kMostProducts);
      ++forward[table.direct.forward(g).name];
      ++data[table.direct.backward_data(g).name];
      ++weights[table.direct.backward_weights(g).name];
    }
    for (const auto& names : {forward, data, weights}) {
      CHECK((names.size() == 3 || names.count("definition") == 1));
      for (const auto& [name, count] : names) {
        CAPTURE(name);
        CHECK(count >= 5);
      }
    }
  });
}

TEST_CASE_TEMPLATE("conv: forward is exact on small integers", T, float, double) {
  check_forward<T>(2500, 11, true);
}
TEST_CASE_TEMPLATE("conv: backward_data is exact on small integers", T, float, double) {
  check_backward_data<T>(2500, 12, true);
}
TEST_CASE_TEMPLATE("conv: backward_weights is exact on small integers", T, float, double) {
  check_backward_weights<T>(2500, 13, true);
}
TEST_CASE_TEMPLATE("conv: forward stays within its error bound", T, float, double) {
  check_forward<T>(400, 21, false);
}
TEST_CASE_TEMPLATE("conv: backward_data stays within its error bound", T, float, double) {
  check_backward_data<T>(400, 22, false);
}
TEST_CASE_TEMPLATE("conv: backward_weights stays within its error bound", T, float, double) {
  check_backward_weights<T>(400, 23, false);
}

TEST_CASE_TEMPLATE("conv: a 3x3 example computed by hand", T, float, double) {
  // One 3x3 image with padding 1 and the kernel that takes the right neighbour twice.
  const ConvGeometry g = same_3x3(1, 1, 3, 3);
  const std::vector<T> input{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const std::vector<T> weights{0, 0, 0, 0, 1, 2, 0, 0, 0};
  with_every_table<T>([&](const KernelTable<T>& table) {
    ConvRun<T> run(table.direct, g);
    CHECK(run.forward(1, input, weights, {10}, {}) ==
          std::vector<T>{15, 18, 13, 24, 27, 16, 33, 36, 19});
    CHECK(run.backward_data(1, input, weights) == std::vector<T>{1, 4, 7, 4, 13, 16, 7, 22, 25});
    CHECK(run.backward_weights(1, 1, input, std::vector<T>(9, 1)) ==
          std::vector<T>{12, 21, 16, 27, 45, 33, 24, 39, 28});
  });
}

TEST_CASE_TEMPLATE("conv: an image's outputs do not depend on its neighbours", T, float, double) {
  Draw draw(31);
  for (int i = 0; i < 60; ++i) {
    const Index images = draw.integer(2, 6);
    const ConvGeometry g = draw_conv(draw, images, kMostProducts);
    const std::string shape = describe(g);
    CAPTURE(shape);
    const auto input = draw.reals<T>(images * g.in_size());
    const auto grad_output = draw.reals<T>(images * g.out_size());
    const auto weights = draw.reals<T>(g.weight_count());
    const auto bias = draw.reals<T>(g.out_channels);
    with_every_table<T>([&](const KernelTable<T>& table) {
      ConvRun<T> run(table.direct, g);
      const auto together = run.forward(images, input, weights, bias, {});
      const auto grads = run.backward_data(images, grad_output, weights);
      for (Index n = 0; n < images; ++n) {
        const auto x = rows_of(input, n, 1, g.in_size());
        const auto dy = rows_of(grad_output, n, 1, g.out_size());
        const auto y = run.forward(1, x, weights, bias, {});
        const auto dx = run.backward_data(1, dy, weights);
        REQUIRE(same_bits(y, rows_of(together, n, 1, g.out_size())));
        REQUIRE(same_bits(dx, rows_of(grads, n, 1, g.in_size())));
      }
    });
  }
}

TEST_CASE_TEMPLATE("conv: activations that the kernel does not know are left to the caller", T,
                   float, double) {
  const ConvGeometry g{.in_channels = 2,
                       .in_height = 4,
                       .in_width = 4,
                       .out_channels = 3,
                       .out_height = 4,
                       .out_width = 4,
                       .kernel_height = 1,
                       .kernel_width = 1};
  Draw draw(41);
  const auto input = draw.reals<T>(g.in_size());
  const auto weights = draw.reals<T>(g.weight_count());
  with_every_table<T>([&](const KernelTable<T>& table) {
    ConvRun<T> run(table.direct, g);
    const auto plain = run.forward(1, input, weights, {}, {ActivationKind::linear});
    for (const auto kind :
         {ActivationKind::sigmoid, ActivationKind::tanh, ActivationKind::softmax}) {
      REQUIRE(same_bits(run.forward(1, input, weights, {}, {kind}), plain));
    }
  });
}

TEST_CASE_TEMPLATE("conv: NaN and infinity reach the outputs that see them and no others", T, float,
                   double) {
  // A 3x3 kernel over a 6x7 image with padding: the bad pixel is seen by its neighbours only.
  const ConvGeometry g = same_3x3(17, 19, 6, 7);
  Draw draw(51);
  const auto weights = draw.reals<T>(g.weight_count(), 0.5, 1);
  for (const T bad : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity()}) {
    auto input = draw.reals<T>(g.in_size());
    input[static_cast<std::size_t>((2 * 7 + 0) * 17 + 5)] = bad;  // row 2, column 0, channel 5
    with_every_table<T>([&](const KernelTable<T>& table) {
      const auto output =
          ConvRun<T>(table.direct, g).forward(1, input, weights, {}, {ActivationKind::relu});
      bool as_expected = true;
      for (Index i = 0; i < g.out_size(); ++i) {
        const Index row = i / 19 / 7, column = i / 19 % 7;
        const bool sees = row >= 1 && row <= 3 && column <= 1;
        const T value = output[static_cast<std::size_t>(i)];
        const bool spoilt = std::isnan(bad) ? std::isnan(value) : std::isinf(value);
        as_expected = as_expected && spoilt == sees;
      }
      CHECK(as_expected);
    });
  }
}

}  // namespace cnnx::test
