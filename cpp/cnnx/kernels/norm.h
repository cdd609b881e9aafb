// Normalisation: means, squared distances and scales of columns, a few vectors of columns at a
// time.
#pragma once

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

template <class T, int Bytes>
struct Norm {
  using V = Vec<T, Bytes>;
  static constexpr int kWidth = kLanes<T, Bytes>;
  static constexpr int kSums = 4;  // rows go to as many sums in turn: short chains, small errors

  // Calls body(first column, columns) for each vector of columns.
  template <class Body>
  [[gnu::always_inline]] static void each_vector(Index columns, Body&& body) {
    for (Index c = 0; c < columns; c += kWidth) {
      body(c, static_cast<int>(smaller<Index>(kWidth, columns - c)));
    }
  }

  // total[i] = the sum over the rows of term(row)[i], for N vectors of sums; the cut does not
  // depend on anything but the number of rows.
  template <int N, class Term>
  [[gnu::always_inline]] static void sum_rows(Index rows, V (&total)[N], Term&& term) {
    V sums[kSums][N] = {};
    Index row = 0;
    for (; row + kSums <= rows; row += kSums) {
#pragma GCC unroll 4
      for (int s = 0; s < kSums; ++s) term(row + s, sums[s]);
    }
    for (int s = 0; row < rows; ++row, ++s) term(row, sums[s]);
    for (int i = 0; i < N; ++i) {
      total[i] = (sums[0][i] + sums[1][i]) + (sums[2][i] + sums[3][i]);
    }
  }

  static void moments(Index rows, Index columns, const T* values, T* mean, T* squares) {
    each_vector(columns, [&](Index c, int lanes) {
      const auto value = [&](Index row) {
        return load_first<V>(values + row * columns + c, lanes);
      };
      V total[1];
      sum_rows(rows, total, [&](Index row, V(&sum)[1]) { sum[0] += value(row); });
      const V middle = total[0] / static_cast<T>(rows);
      sum_rows(rows, total, [&](Index row, V(&sum)[1]) {
        const V distance = value(row) - middle;
        sum[0] += distance * distance;
      });
      store_first(mean + c, middle, lanes);
      store_first(squares + c, total[0], lanes);
    });
  }

  template <class Function>
  [[gnu::always_inline]] static void scale_with(Index rows, Index columns, const T* input,
                                                const T* scale, const T* offset, T* output,
                                                Function&& f) {
    each_vector(columns, [&](Index c, int lanes) {
      const V factor = load_first<V>(scale + c, lanes);
      const V term = load_first<V>(offset + c, lanes);
      for (Index row = 0; row < rows; ++row) {
        const Index at = row * columns + c;
        store_first(output + at, f(load_first<V>(input + at, lanes) * factor + term), lanes);
      }
    });
  }

  static void scale(Activation activation, Index rows, Index columns, const T* input,
                    const T* scale, const T* offset, T* output) {
    const T alpha = static_cast<T>(activation.alpha);
    switch (activation.kind) {
      case ActivationKind::relu:
        return scale_with(rows, columns, input, scale, offset, output,
                          [](V x) { return x < T{0} ? V{} : x; });
      case ActivationKind::leaky_relu:
        return scale_with(rows, columns, input, scale, offset, output,
                          [alpha](V x) { return x < T{0} ? x * alpha : x; });
      default:
        return scale_with(rows, columns, input, scale, offset, output, [](V x) { return x; });
    }
  }

  static void gradient_sums(Index rows, Index columns, const T* input, const T* mean, const T* grad,
                            T* sums, T* products) {
    each_vector(columns, [&](Index c, int lanes) {
      const V middle = load_first<V>(mean + c, lanes);
      V total[2];
      sum_rows(rows, total, [&](Index row, V(&sum)[2]) {
        const Index at = row * columns + c;
        const V g = load_first<V>(grad + at, lanes);
        sum[0] += g;
        sum[1] += g * (load_first<V>(input + at, lanes) - middle);
      });
      store_first(sums + c, total[0], lanes);
      store_first(products + c, total[1], lanes);
    });
  }

  static void gradient(Index rows, Index columns, const T* input, const T* grad, const T* a,
                       const T* b, const T* c, T* grad_input) {
    each_vector(columns, [&](Index column, int lanes) {
      const V of_grad = load_first<V>(a + column, lanes),
              of_input = load_first<V>(b + column, lanes);
      const V term = load_first<V>(c + column, lanes);
      for (Index row = 0; row < rows; ++row) {
        const Index at = row * columns + column;
        store_first(grad_input + at,
                    load_first<V>(grad + at, lanes) * of_grad +
                        (load_first<V>(input + at, lanes) * of_input + term),
                    lanes);
      }
    });
  }

  static constexpr NormKernel<T> kernel() {
    return {
        .moments = moments, .scale = scale, .gradient_sums = gradient_sums, .gradient = gradient};
  }
};

}  // namespace
}  // namespace cnnx
