// Passes over arrays: activations and their derivatives, column sums, per-channel scaling.
#pragma once

#include "cnnx/kernels/exponential.h"
#include "cnnx/kernels/smooth.h"
#include "cnnx/kernels/table.h"
#include "cnnx/kernels/turn.h"

namespace cnnx {
namespace {

template <class T, int Bytes>
struct Element {
  using V = Vec<T, Bytes>;
  using Exp = Exponential<T, Bytes>;
  using Curve = Smooth<T, Bytes>;
  static constexpr int kWidth = kLanes<T, Bytes>;

  // values[i] = f(values[i], others[i]) for all i; the rest that fills no vector goes through one.
  template <class Function>
  static void map(Index count, T* values, const T* others, Function&& f) {
    Index i = 0;
    for (; i + kWidth <= count; i += kWidth) {
      store(values + i, f(load<V>(values + i), load<V>(others + i)));
    }
    if (i < count) {
      const int rest = static_cast<int>(count - i);
      store_first(values + i, f(load_first<V>(values + i, rest), load_first<V>(others + i, rest)),
                  rest);
    }
  }

  static void activate(Activation activation, Index rows, Index columns, T* values) {
    const Index count = rows * columns;
    const T alpha = static_cast<T>(activation.alpha);
    switch (activation.kind) {
      case ActivationKind::linear:
        return;
      case ActivationKind::relu:
        return map(count, values, values, [](V x, V) { return x < T{0} ? V{} : x; });
      case ActivationKind::leaky_relu:
        return map(count, values, values, [alpha](V x, V) { return x < T{0} ? x * alpha : x; });
      case ActivationKind::sigmoid:
        return map(count, values, values, [](V x, V) { return Exp::sigmoid(x); });
      case ActivationKind::tanh:
        return map(count, values, values, [](V x, V) { return Exp::tanh(x); });
      case ActivationKind::softmax:
        for (Index row = 0; row < rows; ++row) softmax(columns, values + row * columns);
        return;
      case ActivationKind::elu:
        return map(count, values, values, [alpha](V x, V) { return Curve::elu(x, alpha); });
      case ActivationKind::softplus:
        return map(count, values, values, [](V x, V) { return Curve::softplus(x); });
      case ActivationKind::gelu:
        return map(count, values, values, [](V x, V) { return Curve::gelu(x); });
      case ActivationKind::silu:
        return map(count, values, values, [](V x, V) { return Curve::silu(x); });
      case ActivationKind::hard_swish:
        return map(count, values, values, [](V x, V) { return Curve::hard_swish(x); });
    }
  }

  // exp(x - max) / sum: the largest exponent is 0, so that nothing overflows.
  static void softmax(Index columns, T* values) {
    T most = values[0];
    for (Index i = 1; i < columns; ++i) most = larger(most, values[i]);
    map(columns, values, values, [most](V x, V) { return Exp::exp(x - most); });
    T sum = 0;
    for (Index i = 0; i < columns; ++i) sum += values[i];
    for (Index i = 0; i < columns; ++i) values[i] /= sum;
  }

  static void activate_backward(Activation activation, Index rows, Index columns, const T* outputs,
                                T* grad) {
    const Index count = rows * columns;
    const T alpha = static_cast<T>(activation.alpha);
    switch (activation.kind) {
      case ActivationKind::linear:
        return;
      case ActivationKind::relu:
        return map(count, grad, outputs, [](V d, V y) { return y > T{0} ? d : V{}; });
      case ActivationKind::leaky_relu:
        // The sign of an output tells that of its input as long as the slope is not negative.
        return map(count, grad, outputs, [alpha](V d, V y) { return y > T{0} ? d : d * alpha; });
      case ActivationKind::sigmoid:
        return map(count, grad, outputs, [](V d, V y) { return d * y * (T{1} - y); });
      case ActivationKind::tanh:
        return map(count, grad, outputs, [](V d, V y) { return d * (T{1} - y * y); });
      case ActivationKind::softmax:
        // d_i = y_i (g_i - sum_j g_j y_j)
        for (Index row = 0; row < rows; ++row, outputs += columns, grad += columns) {
          T dot = 0;
          for (Index i = 0; i < columns; ++i) dot += grad[i] * outputs[i];
          map(columns, grad, outputs, [dot](V d, V y) { return y * (d - dot); });
        }
        return;
      case ActivationKind::elu:
        return map(count, grad, outputs,
                   [alpha](V d, V y) { return d * Curve::elu_slope(y, alpha); });
      case ActivationKind::softplus:
        return map(count, grad, outputs, [](V d, V y) { return d * Curve::softplus_slope(y); });
      case ActivationKind::gelu:
      case ActivationKind::silu:
      case ActivationKind::hard_swish:
        return unknown(count, grad);
    }
  }

  static void activate_backward_from_input(Activation activation, Index rows, Index columns,
                                           const T* inputs, T* grad) {
    const Index count = rows * columns;
    switch (activation.kind) {
      case ActivationKind::gelu:
        return map(count, grad, inputs, [](V d, V x) { return d * Curve::gelu_slope(x); });
      case ActivationKind::silu:
        return map(count, grad, inputs, [](V d, V x) { return d * Curve::silu_slope(x); });
      case ActivationKind::hard_swish:
        return map(count, grad, inputs, [](V d, V x) { return d * Curve::hard_swish_slope(x); });
      default:
        return unknown(count, grad);
    }
  }

  // No gradient is better than a wrong one that nobody notices.
  static void unknown(Index count, T* grad) {
    for (Index i = 0; i < count; ++i) grad[i] = static_cast<T>(__builtin_nan(""));
  }

  static void column_sums(Index rows, Index columns, const T* values, T* sums, bool accumulate) {
    Index c = 0;
    for (; c + 4 * kWidth <= columns; c += 4 * kWidth) {
      sum_down<4>(rows, columns, values + c, kWidth, sums + c, accumulate);
    }
    for (; c < columns; c += kWidth) {
      const int lanes = static_cast<int>(smaller<Index>(kWidth, columns - c));
      sum_down<1>(rows, columns, values + c, lanes, sums + c, accumulate);
    }
  }

  // Sums of NV vectors of columns, kept in registers over all rows.
  template <int NV>
  static void sum_down(Index rows, Index columns, const T* values, int lanes, T* sums,
                       bool accumulate) {
    V sum[NV];
    for (int v = 0; v < NV; ++v) {
      sum[v] = accumulate ? load_first<V>(sums + v * kWidth, lanes) : V{};
    }
    for (Index row = 0; row < rows; ++row, values += columns) {
      for (int v = 0; v < NV; ++v) sum[v] += load_first<V>(values + v * kWidth, lanes);
    }
    for (int v = 0; v < NV; ++v) store_first(sums + v * kWidth, sum[v], lanes);
  }

  static void sum_lanes(Index count, T* first, Index stride, Index lanes) {
    for (Index lane = 1; lane < lanes; ++lane) {
      map(count, first, first + lane * stride, [](V sum, V value) { return sum + value; });
    }
  }

  static void add(Index count, T* to, const T* from) {
    map(count, to, from, [](V sum, V value) { return sum + value; });
  }

  static void sum(Activation activation, Index count, const T* a, const T* b, T* output) {
    const T alpha = static_cast<T>(activation.alpha);
    const T below = activation.kind == ActivationKind::relu         ? T{0}
                    : activation.kind == ActivationKind::leaky_relu ? alpha
                                                                    : T{1};
    Index i = 0;
    const auto add = [&](V x, V y) {
      const V value = x + y;
      return below == T{0} ? (value < T{0} ? V{} : value) : value < T{0} ? value * below : value;
    };
    for (; i + kWidth <= count; i += kWidth) {
      store(output + i, add(load<V>(a + i), load<V>(b + i)));
    }
    if (i < count) {
      const int rest = static_cast<int>(count - i);
      store_first(output + i, add(load_first<V>(a + i, rest), load_first<V>(b + i, rest)), rest);
    }
  }

  static void affine(Index rows, Index columns, const T* input, const T* scale, const T* offset,
                     T* output) {
    for (Index row = 0; row < rows; ++row, input += columns, output += columns) {
      for (Index c = 0; c < columns; ++c) output[c] = input[c] * scale[c] + offset[c];
    }
  }

  static constexpr ElementKernel<T> kernel() {
    return {.activate = activate,
            .activate_backward = activate_backward,
            .activate_backward_from_input = activate_backward_from_input,
            .column_sums = column_sums,
            .sum_lanes = sum_lanes,
            .transpose = Turn<T, Bytes>::transpose,
            .add = add,
            .sum = sum,
            .affine = affine};
  }
};

}  // namespace
}  // namespace cnnx
