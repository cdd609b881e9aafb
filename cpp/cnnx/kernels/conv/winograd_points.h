// The one-dimensional transforms of Winograd's F(4, 3) at the points 0, +-a, +-b and infinity, and
// their transposes. In two dimensions they are applied along columns and rows (see
// winograd_transforms.h).
#pragma once

#include "cnnx/kernels/simd.h"

namespace cnnx {
namespace {

// The one-dimensional transforms on anything that adds and multiplies.
template <class T>
struct WinogradPoints {
  static constexpr T a = static_cast<T>(0.75), b = static_cast<T>(1.5);
  static constexpr T aa = a * a, bb = b * b;

  // B^T d
  template <class V>
  [[gnu::always_inline]] static inline void input(const V (&d)[6], V (&t)[6]) {
    const V even_a = d[4] - bb * d[2];
    const V odd_a = a * (d[3] - bb * d[1]);
    const V even_b = d[4] - aa * d[2];
    const V odd_b = b * (d[3] - aa * d[1]);
    t[0] = aa * bb * d[0] + (d[4] - (aa + bb) * d[2]);
    t[1] = even_a + odd_a;
    t[2] = even_a - odd_a;
    t[3] = even_b + odd_b;
    t[4] = even_b - odd_b;
    t[5] = aa * bb * d[1] + (d[5] - (aa + bb) * d[3]);
  }

  // B t
  template <class V>
  [[gnu::always_inline]] static inline void input_transposed(const V (&t)[6], V (&d)[6]) {
    const V sum_a = t[1] + t[2];
    const V sum_b = t[3] + t[4];
    const V difference_a = a * (t[1] - t[2]);
    const V difference_b = b * (t[3] - t[4]);
    d[0] = aa * bb * t[0];
    d[1] = aa * bb * t[5] - (bb * difference_a + aa * difference_b);
    d[2] = -((aa + bb) * t[0] + (bb * sum_a + aa * sum_b));
    d[3] = difference_a + difference_b - (aa + bb) * t[5];
    d[4] = t[0] + (sum_a + sum_b);
    d[5] = t[5];
  }

  // A^T m
  template <class V>
  [[gnu::always_inline]] static inline void output(const V (&m)[6], V (&y)[4]) {
    const V sum_a = m[1] + m[2];
    const V sum_b = m[3] + m[4];
    const V difference_a = m[1] - m[2];
    const V difference_b = m[3] - m[4];
    y[0] = m[0] + (sum_a + sum_b);
    y[1] = a * difference_a + b * difference_b;
    y[2] = aa * sum_a + bb * sum_b;
    y[3] = (a * aa) * difference_a + (b * bb) * difference_b + m[5];
  }

  // A y
  template <class V>
  [[gnu::always_inline]] static inline void output_transposed(const V (&y)[4], V (&m)[6]) {
    const V even_a = y[0] + aa * y[2];
    const V odd_a = a * y[1] + (a * aa) * y[3];
    const V even_b = y[0] + bb * y[2];
    const V odd_b = b * y[1] + (b * bb) * y[3];
    m[0] = y[0];
    m[1] = even_a + odd_a;
    m[2] = even_a - odd_a;
    m[3] = even_b + odd_b;
    m[4] = even_b - odd_b;
    m[5] = y[3];
  }

  // The rows of G are (1, p, p^2) / product of (p - q) over the other finite points q.
  static constexpr T n0 = 1 / (aa * bb), na = 1 / (2 * aa * (aa - bb)),
                     nb = 1 / (2 * bb * (bb - aa));

  // G g
  template <class V>
  [[gnu::always_inline]] static inline void filter(const V (&g)[3], V (&u)[6]) {
    const V even_a = na * g[0] + (na * aa) * g[2];
    const V odd_a = (na * a) * g[1];
    const V even_b = nb * g[0] + (nb * bb) * g[2];
    const V odd_b = (nb * b) * g[1];
    u[0] = n0 * g[0];
    u[1] = even_a + odd_a;
    u[2] = even_a - odd_a;
    u[3] = even_b + odd_b;
    u[4] = even_b - odd_b;
    u[5] = g[2];
  }

  // G^T u
  template <class V>
  [[gnu::always_inline]] static inline void filter_transposed(const V (&u)[6], V (&g)[3]) {
    const V sum_a = u[1] + u[2];
    const V sum_b = u[3] + u[4];
    g[0] = n0 * u[0] + (na * sum_a + nb * sum_b);
    g[1] = (na * a) * (u[1] - u[2]) + (nb * b) * (u[3] - u[4]);
    g[2] = (na * aa) * sum_a + (nb * bb) * sum_b + u[5];
  }
};

}  // namespace
}  // namespace cnnx
