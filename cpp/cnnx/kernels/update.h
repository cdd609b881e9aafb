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

  // v is the decaying mean of g^2; w -= rate g / (sqrt v + epsilon), or through a momentum.
  static void rmsprop(const RmspropStep& s, Index count, const T* grad, T* square, T* momentum,
                      T* weights) {
    const T rate = static_cast<T>(s.learning_rate);
    const T rho = static_cast<T>(s.rho);
    const T rest = static_cast<T>(1.0 - s.rho);
    const T keep = static_cast<T>(s.momentum);
    const T epsilon = static_cast<T>(s.epsilon);
    const T decay = static_cast<T>(s.weight_decay);
    for_each_vector(count, [&](Index i, int lanes) {
      const V w = load_first<V>(weights + i, lanes);
      const V g = load_first<V>(grad + i, lanes) + decay * w;
      const V v = rho * load_first<V>(square + i, lanes) + rest * g * g;
      store_first(square + i, v, lanes);
      V step = g / (square_root(v) + epsilon);
      if (momentum != nullptr) {
        step += keep * load_first<V>(momentum + i, lanes);
        store_first(momentum + i, step, lanes);
      }
      store_first(weights + i, w - rate * step, lanes);
    });
  }

  // v is the sum of g^2; w -= rate g / (sqrt v + epsilon).
  static void adagrad(const AdagradStep& s, Index count, const T* grad, T* square, T* weights) {
    const T rate = static_cast<T>(s.learning_rate);
    const T epsilon = static_cast<T>(s.epsilon);
    const T decay = static_cast<T>(s.weight_decay);
    for_each_vector(count, [&](Index i, int lanes) {
      const V w = load_first<V>(weights + i, lanes);
      const V g = load_first<V>(grad + i, lanes) + decay * w;
      const V v = load_first<V>(square + i, lanes) + g * g;
      store_first(square + i, v, lanes);
      store_first(weights + i, w - rate * g / (square_root(v) + epsilon), lanes);
    });
  }

  // w -= rate (sign(beta_1 m + (1 - beta_1) g) + decay w), then m = beta_2 m + (1 - beta_2) g.
  static void lion(const LionStep& s, Index count, const T* grad, T* mean, T* weights) {
    const T rate = static_cast<T>(s.learning_rate);
    const T beta_1 = static_cast<T>(s.beta_1);
    const T beta_2 = static_cast<T>(s.beta_2);
    const T rest_1 = static_cast<T>(1.0 - s.beta_1);
    const T rest_2 = static_cast<T>(1.0 - s.beta_2);
    const T shrink = static_cast<T>(1.0 - s.learning_rate * s.weight_decay);
    for_each_vector(count, [&](Index i, int lanes) {
      const V g = load_first<V>(grad + i, lanes);
      const V m = load_first<V>(mean + i, lanes);
      V sign = beta_1 * m + rest_1 * g;  // 0 stays 0, and NaN stays NaN
      sign = sign > T{0} ? splat<V>(T{1}) : sign;
      sign = sign < T{0} ? splat<V>(T{-1}) : sign;
      store_first(mean + i, beta_2 * m + rest_2 * g, lanes);
      store_first(weights + i, shrink * load_first<V>(weights + i, lanes) - rate * sign, lanes);
    });
  }

  [[gnu::always_inline]] static inline V within(V x, T most) {
    x = x > most ? splat<V>(most) : x;
    return x < -most ? splat<V>(-most) : x;
  }

  static void clip(Index count, T most, T scale, T* grad) {
    for_each_vector(count, [&](Index i, int lanes) {
      store_first(grad + i, scale * within(load_first<V>(grad + i, lanes), most), lanes);
    });
  }

  // Sums side by side, as many whatever the vectors' length, so that all instruction sets add
  // alike.
  static double sum_squares(Index count, T most, const T* grad) {
    constexpr int kSums = 32;
    double sums[kSums] = {};
    const auto square = [&](Index i) {
      const T g = grad[i] > most ? most : grad[i] < -most ? -most : grad[i];
      return static_cast<double>(g) * static_cast<double>(g);
    };
    Index i = 0;
    for (; i + kSums <= count; i += kSums) {
      for (int k = 0; k < kSums; ++k) sums[k] += square(i + k);
    }
    for (int k = 0; i < count; ++i, ++k) sums[k] += square(i);
    for (int width = kSums / 2; width > 0; width /= 2) {
      for (int k = 0; k < width; ++k) sums[k] += sums[k + width];
    }
    return sums[0];
  }

  // As a step towards the weights: at constant weights it ends at them, not beside them.
  static void average(Index count, double decay, const T* weights, T* average) {
    const T rest = static_cast<T>(1.0 - decay);
    for_each_vector(count, [&](Index i, int lanes) {
      const V before = load_first<V>(average + i, lanes);
      const V w = load_first<V>(weights + i, lanes);
      store_first(average + i, before + rest * (w - before), lanes);
    });
  }

  static float square_root(float x) { return __builtin_sqrtf(x); }
  static double square_root(double x) { return __builtin_sqrt(x); }
  [[gnu::always_inline]] static inline V square_root(V x) {
    V roots;
    for (int lane = 0; lane < kWidth; ++lane) roots[lane] = square_root(x[lane]);
    return roots;
  }

  static constexpr UpdateKernel<T> kernel() {
    return {.sgd = sgd,
            .adam = adam,
            .rmsprop = rmsprop,
            .adagrad = adagrad,
            .lion = lion,
            .clip = clip,
            .sum_squares = sum_squares,
            .average = average};
  }
};

}  // namespace
}  // namespace cnnx
