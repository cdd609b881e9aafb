// The element-wise kernels of every instruction set: activations, their derivatives, sums.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "cnnx/kernels/table.h"
#include "support/activations.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/guarded.h"
#include "support/isas.h"

namespace cnnx::test {
namespace {

// Lengths around those of all vectors.
constexpr Index kCounts[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 65, 200};

template <class T>
std::vector<T> backward(const KernelTable<T>& table, Activation activation, Index rows,
                        Index columns, const std::vector<T>& outputs, const std::vector<T>& grad) {
  Guarded<T> values = guarded_output<T>(rows * columns);
  std::copy(grad.begin(), grad.end(), values.data());
  table.element.activate_backward(activation, rows, columns, guarded_input(outputs).data(),
                                  values.data());
  REQUIRE(values.intact());
  return {values.values().begin(), values.values().end()};
}

}  // namespace

TEST_CASE_TEMPLATE("element: rectifiers keep what is not below zero, NaN included", T, float,
                   double) {
  using Limits = std::numeric_limits<T>;
  const T nan = Limits::quiet_NaN(), infinity = Limits::infinity();
  const std::vector<T> x{-2,
                         -0.5,
                         T{0},
                         0.5,
                         2,
                         infinity,
                         -infinity,
                         Limits::max(),
                         Limits::lowest(),
                         nan,
                         Limits::min(),
                         -Limits::min()};
  with_every_table<T>([&](const KernelTable<T>& table) {
    // Repeated, so that every place of a vector sees every value.
    for (std::size_t turn = 0; turn < x.size(); ++turn) {
      for (const Index count : kCounts) {
        std::vector<T> input, relu, leaky, flat;
        for (Index i = 0; i < count; ++i) {
          const T value = x[(turn + static_cast<std::size_t>(i)) % x.size()];
          input.push_back(value);
          relu.push_back(value < 0 ? 0 : value);
          leaky.push_back(value < 0 ? value * T{0.25} : value);
        }
        REQUIRE(difference(activated(table, {ActivationKind::relu}, 1, count, input), relu) == "");
        REQUIRE(difference(activated(table, {ActivationKind::leaky_relu, 0.25}, 1, count, input),
                           leaky) == "");
        REQUIRE(same_bits(activated(table, {ActivationKind::linear}, 1, count, input), input));
      }
    }
  });
}

TEST_CASE_TEMPLATE("element: derivatives told from the outputs", T, float, double) {
  Draw draw(1);
  for (const Index count : kCounts) {
    const auto outputs = draw.reals<T>(count);
    const auto grad = draw.reals<T>(count, -3, 3);
    for (const auto kind :
         {ActivationKind::linear, ActivationKind::relu, ActivationKind::leaky_relu,
          ActivationKind::sigmoid, ActivationKind::tanh}) {
      std::vector<Wide<T>> expected;
      for (std::size_t i = 0; i < grad.size(); ++i) {
        const Wide<T> y = outputs[i];
        const Wide<T> slope = kind == ActivationKind::relu         ? y > 0
                              : kind == ActivationKind::leaky_relu ? (y > 0 ? 1 : 0.25)
                              : kind == ActivationKind::sigmoid    ? y * (1 - y)
                              : kind == ActivationKind::tanh       ? 1 - y * y
                                                                   : 1;
        expected.push_back(grad[i] * slope);
      }
      CAPTURE(count);
      CAPTURE(static_cast<int>(kind));
      with_every_table<T>([&](const KernelTable<T>& table) {
        const auto got = backward<T>(table, {kind, 0.25}, 1, count, outputs, grad);
        REQUIRE(difference(got, expected, 3 * 4 * kRoundoff<T>) == "");
      });
    }
  }
}

TEST_CASE_TEMPLATE("element: a rectifier passes no gradient at zero and below", T, float, double) {
  const std::vector<T> outputs{0, -T{0}, -1, 1, 0, std::numeric_limits<T>::min()};
  with_every_table<T>([&](const KernelTable<T>& table) {
    CHECK(backward<T>(table, {ActivationKind::relu}, 2, 3, outputs, {1, 2, 3, 4, 5, 6}) ==
          std::vector<T>{0, 0, 0, 4, 0, 6});
    CHECK(backward<T>(table, {ActivationKind::leaky_relu, 0.5}, 3, 2, outputs,
                      {2, 4, 6, 8, 10, 12}) == std::vector<T>{1, 2, 3, 8, 5, 12});
  });
}

TEST_CASE_TEMPLATE("element: derivative of the softmax", T, float, double) {
  Draw draw(2);
  for (const Index columns : kCounts) {
    const Index rows = 3;
    const auto outputs = draw.reals<T>(rows * columns, 0, 1);
    const auto grad = draw.reals<T>(rows * columns);
    std::vector<Wide<T>> expected;
    for (std::size_t i = 0; i < grad.size(); ++i) {
      const std::size_t width = static_cast<std::size_t>(columns), row = i / width * width;
      Wide<T> dot = 0;
      for (std::size_t k = row; k < row + width; ++k) dot += Wide<T>{grad[k]} * outputs[k];
      expected.push_back(outputs[i] * (grad[i] - dot));
    }
    with_every_table<T>([&](const KernelTable<T>& table) {
      const auto got = backward<T>(table, {ActivationKind::softmax}, rows, columns, outputs, grad);
      REQUIRE(difference(got, expected, 4 * static_cast<double>(columns) * kRoundoff<T>) == "");
    });
  }
}

TEST_CASE_TEMPLATE("element: column sums, alone and added", T, float, double) {
  Draw draw(3);
  for (const Index columns : kCounts) {
    for (const Index rows : {0, 1, 2, 5, 37}) {
      const auto values = draw.integers<T>(rows * columns, 50);
      const auto start = draw.integers<T>(columns, 50);
      std::vector<T> expected(static_cast<std::size_t>(columns));
      for (std::size_t i = 0; i < values.size(); ++i) {
        expected[i % expected.size()] += values[i];
      }
      with_every_table<T>([&](const KernelTable<T>& table) {
        Guarded<T> x = guarded_input(values);
        Guarded<T> sums = guarded_output<T>(columns);
        table.element.column_sums(rows, columns, x.data(), sums.data(), false);
        REQUIRE(difference(sums.values(), expected) == "");
        std::copy(start.begin(), start.end(), sums.data());
        table.element.column_sums(rows, columns, x.data(), sums.data(), true);
        std::vector<T> added = expected;
        for (std::size_t i = 0; i < added.size(); ++i) added[i] += start[i];
        REQUIRE(difference(sums.values(), added) == "");
        REQUIRE(sums.intact());
      });
    }
  }
}

TEST_CASE_TEMPLATE("element: lanes are summed in order and only the first changes", T, float,
                   double) {
  Draw draw(4);
  for (const Index count : kCounts) {
    for (const Index lanes : {1, 2, 3, 16}) {
      const Index stride = count + draw.integer(0, 20);
      const auto values = draw.reals<T>(stride * lanes, -1e6, 1e6);
      std::vector<T> expected = values;
      for (Index i = 0; i < count; ++i) {
        for (Index lane = 1; lane < lanes; ++lane) {
          expected[static_cast<std::size_t>(i)] +=
              values[static_cast<std::size_t>(lane * stride + i)];
        }
      }
      with_every_table<T>([&](const KernelTable<T>& table) {
        Guarded<T> sums = guarded_input(values);
        table.element.sum_lanes(count, sums.data(), stride, lanes);
        REQUIRE(same_bits(sums.values(), expected));
        REQUIRE(sums.intact());
      });
    }
  }
}

TEST_CASE_TEMPLATE("element: a transpose between rows that lie apart", T, float, double) {
  Draw draw(6);
  for (const Index rows : kCounts) {
    for (const Index columns : kCounts) {
      const Index stride = columns + draw.integer(0, 2), to_stride = rows + draw.integer(0, 2);
      const auto input = draw.integers<T>((rows - 1) * stride + columns, 100);
      with_every_table<T>([&](const KernelTable<T>& table) {
        Guarded<T> output = guarded_output<T>((columns - 1) * to_stride + rows);
        table.element.transpose(rows, columns, guarded_input(input).data(), stride, output.data(),
                                to_stride);
        bool same = output.intact();
        for (Index at = 0; at < output.size(); ++at) {
          const Index c = at / to_stride, r = at % to_stride;
          const T value = output[at];
          same = same && (r < rows ? value == input[static_cast<std::size_t>(r * stride + c)]
                                   : std::isnan(value));
        }
        CAPTURE(rows);
        CAPTURE(columns);
        REQUIRE(same);
      });
    }
  }
}

TEST_CASE_TEMPLATE("element: scale and offset by column", T, float, double) {
  Draw draw(5);
  for (const Index columns : kCounts) {
    for (const Index rows : {1, 2, 7}) {
      const auto input = draw.integers<T>(rows * columns, 100);
      const auto scale = draw.integers<T>(columns, 9), offset = draw.integers<T>(columns, 9);
      std::vector<T> expected;
      for (std::size_t i = 0; i < input.size(); ++i) {
        expected.push_back(input[i] * scale[i % scale.size()] + offset[i % scale.size()]);
      }
      with_every_table<T>([&](const KernelTable<T>& table) {
        Guarded<T> output = guarded_output<T>(rows * columns);
        table.element.affine(rows, columns, guarded_input(input).data(),
                             guarded_input(scale).data(), guarded_input(offset).data(),
                             output.data());
        REQUIRE(difference(output.values(), expected) == "");
        REQUIRE(output.intact());
      });
    }
  }
}

}  // namespace cnnx::test
