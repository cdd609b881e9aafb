// Optimizer steps on a run of weights.
#pragma once

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

template <class T, int Bytes>
struct Update {
  using V = Vec<T, Bytes>;
  static constexpr int kWidth = kLanes<T, Bytes>;

  // v = momentum v + g;  w -= rate v, or with Nesterov's look-ahead w -= rate (g + momentum v).
  static void sgd(const SgdStep& s, Index count, const T* grad, T* momentum, T* weights) {
    const T rate = static_cast<T>(s.learning_rate);
    const T decay = static_cast<T>(s.weight_decay);
    const T keep = static_cast<T>(s.momentum);
    const auto gradient = [&](Index i, int lanes) {
      return load_first<V>(grad + i, lanes) + decay * load_first<V>(weights + i, lanes);
    };
    const auto subtract = [&](Index i, int lanes, V step) {
      store_first(weights + i, load_first<V>(weights + i, lanes) - rate * step, lanes);
    };
    const auto accumulate = [&](Index i, int lanes, V g) {
      const V v = keep * load_first<V>(momentum + i, lanes) + g;
      store_first(momentum + i, v, lanes);
      return v;
    };
    if (momentum == nullptr) {
      for_each_vector(count, [&](Index i, int lanes) { subtract(i, lanes, gradient(i, lanes)); });
    } else if (s.nesterov) {
      for_each_vector(count, [&](Index i, int lanes) {
        const V g = gradient(i, lanes);
        subtract(i, lanes, g + keep * accumulate(i, lanes, g));
      });
    } else {
      for_each_vector(count, [&](Index i, int lanes) {
        subtract(i, lanes, accumulate(i, lanes, gradient(i, lanes)));
      });
    }
  }

  // body(i, lanes) for all elements, a vector at a time: left to itself the compiler takes them one
  // by one, for fear that the arrays overlap.
  template <class Body>
  [[gnu::always_inline]] static inline void for_each_vector(Index count, Body&& body) {
    Index i = 0;
    for (; i + kWidth <= count; i += kWidth) body(i, kWidth);
    if (i < count) body(i, static_cast<int>(count - i));
  }

  // m and v are the decaying means of g and g^2; w -= rate m' / (sqrt v' + epsilon), with m' and v'
  // freed of their start at zero.
  static void adam(const AdamStep& s, Index count, const T* grad, T* mean, T* square, T* weights) {
    const T beta_1 = static_cast<T>(s.beta_1);
    const T beta_2 = static_cast<T>(s.beta_2);
    const T rest_1 = static_cast<T>(1.0 - s.beta_1);
    const T rest_2 = static_cast<T>(1.0 - s.beta_2);
    const T step = static_cast<T>(s.learning_rate / s.correction_1);
    const T root = static_cast<T>(__builtin_sqrt(s.correction_2));
    const T epsilon = static_cast<T>(s.epsilon);
    const T shrink = s.decoupled ? static_cast<T>(1.0 - s.learning_rate * s.weight_decay) : T{1};
    const T decay = s.decoupled ? T{0} : static_cast<T>(s.weight_decay);
    for (Index i = 0; i < count; ++i) {
      const T w = weights[i] * shrink;
      const T g = grad[i] + decay * w;
      const T m = beta_1 * mean[i] + rest_1 * g;
      const T v = beta_2 * square[i] + rest_2 * g * g;
      mean[i] = m;
      square[i] = v;
      weights[i] = w - step * m / (square_root(v) / root + epsilon);
    }
  }

  static float square_root(float x) { return __builtin_sqrtf(x); }
  static double square_root(double x) { return __builtin_sqrt(x); }

  static constexpr UpdateKernel<T> kernel() { return {sgd, adam}; }
};

}  // namespace
}  // namespace cnnx
