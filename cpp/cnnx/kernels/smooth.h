// The smooth relatives of the rectifier on vectors - elu, softplus, silu, gelu - and the
// derivatives of the last two. Their tails are as exact as their middle: nothing is computed as a
// difference from 1 that is known better itself.
#pragma once

#include "cnnx/kernels/exponential.h"

namespace cnnx {
namespace {

// The normal distribution's tail over its density, in two steps: with t = c / (c + a) and
// u = 1 - scale a / (c + a), which runs from 1 at a = 0 to -1 at a = most,
//   P(X > a) = e^(-a^2 / 2) t p(u),
// p interpolated at the Chebyshev points (relative error 1.2e-9 and 6.4e-19). Beyond `most` the
// tail is smaller than every normal number. The scale is exact, so that nothing shifts u near 1.
template <class T>
struct TailLimits;
template <>
struct TailLimits<float> {
  using Bits = std::int32_t;
  static constexpr Bits kHighBits = ~Bits{0xFFF};  // a number's upper half: its square is exact
  static constexpr float kMost = 16, kC = 3, kScale = 2.375f;
  static constexpr float kTerms[] = {2.71805974e-1f,   1.642998881e-1f,  5.923161788e-2f,
                                     7.767007091e-3f,  -2.590093866e-3f, -7.79346318e-4f,
                                     2.329999371e-4f,  6.324406086e-5f,  -3.13793535e-5f,
                                     -3.237687184e-6f, 3.32670449e-6f};
};
template <>
struct TailLimits<double> {
  using Bits = std::int64_t;
  static constexpr Bits kHighBits = ~Bits{0x7FFFFFF};
  static constexpr double kMost = 40, kC = 5, kScale = 2.25;
  static constexpr double kTerms[] = {
      1.69939154343544086e-1,   1.4009298543366256e-1,   9.68749968285656499e-2,
      5.56238963917360759e-2,   2.58963301501194125e-2,  9.28796969416855708e-3,
      2.24765184844492619e-3,   1.78447200439789661e-4,  -1.0627042824432042e-4,
      -3.96723042332977436e-5,  8.05384081735521531e-7,  3.66191908272838423e-6,
      3.96290505067529332e-7,   -3.26371948821184857e-7, -6.28468273478456589e-8,
      3.32158209116495805e-8,   7.48383025250164432e-9,  -3.99627981539134862e-9,
      -7.65112434549259016e-10, 5.30277741641113805e-10, 6.12157121754562979e-11,
      -6.51595722613092774e-11, -2.7668445470554133e-12, 5.07724706127297328e-12};
};

template <class T, int Bytes>
struct Smooth {
  using V = Vec<T, Bytes>;
  using Exp = Exponential<T, Bytes>;
  using Limits = ExpLimits<T>;
  using Tail = TailLimits<T>;
  typedef typename Tail::Bits Integers __attribute__((vector_size(Bytes)));

  [[gnu::always_inline]] static inline V absolute(V x) { return x < T{0} ? -x : x; }

  // x, and alpha (e^x - 1) below zero.
  [[gnu::always_inline]] static inline V elu(V x, T alpha) {
    return x > T{0} ? x : alpha * Exp::expm1(x);
  }
  [[gnu::always_inline]] static inline V elu_slope(V y, T alpha) {
    return y > T{0} ? splat<V>(T{1}) : y + alpha;
  }

  // log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). With s = t / (2 + t) in [0, 1/3],
  // log(1 + t) = 2 (s + s^3 / 3 + s^5 / 5 + ...), cut where a term is below half a unit.
  [[gnu::always_inline]] static inline V softplus(V x) {
    constexpr int kTerms = sizeof(T) == sizeof(float) ? 8 : 17;
    const V t = Exp::exp(-absolute(x));
    const V s = t / (t + T{2});
    const V square = s * s;
    V sum = splat<V>(T{1} / static_cast<T>(2 * kTerms + 1));
    for (int k = kTerms - 1; k >= 0; --k) sum = sum * square + T{1} / static_cast<T>(2 * k + 1);
    return (x > T{0} ? x : V{}) + (s + s) * sum;
  }
  // sigmoid(x) = 1 - e^-y.
  [[gnu::always_inline]] static inline V softplus_slope(V y) { return -Exp::expm1(-y); }

  // x / (1 + e^-x). Below zero x e^x / (1 + e^x), with e^x as the square of h = e^(x/2) so that
  // nothing underflows before the result does.
  [[gnu::always_inline]] static inline V silu(V x) {
    const V h = Exp::exp(absolute(x) * T{-0.5});
    const V top = x < T{0} ? (x * h) * h : x;
    const V value = top / (T{1} + h * h);
    return x < 2 * Limits::kLowest ? V{} : value;  // minus infinity times zero
  }
  // s (1 + x (1 - s)), s = sigmoid(x); s and 1 - s from e^-|x|, neither as a difference.
  [[gnu::always_inline]] static inline V silu_slope(V x) {
    const V p = Exp::exp(-absolute(x));
    const V larger_part = T{1} / (T{1} + p);
    const V smaller_part = p * larger_part;
    const V s = x < T{0} ? smaller_part : larger_part;
    const V rest = x < T{0} ? larger_part : smaller_part;
    return s * (T{1} + Exp::clamp(x) * rest);
  }

  struct Normal {
    V density;  // e^(-a^2 / 2)
    V ratio;    // P(X > a) / density
    V a;        // |x|, at most kMost
  };

  [[gnu::always_inline]] static inline Normal normal(V x) {
    V a = absolute(x);
    a = a > Tail::kMost ? splat<V>(Tail::kMost) : a;
    // a^2 / 2 to twice the precision: its rounding error would be the exponential's relative one.
    const V high = reinterpret_cast<V>(reinterpret_cast<Integers>(a) & Tail::kHighBits);
    const V square = high * high * T{-0.5};
    const V low = (a - high) * (a + high) * T{-0.5};
    const typename Exp::Parts parts = Exp::split(Exp::clamp(square), low);
    V density = parts.power * parts.rest + parts.power;
    density = square + low < Limits::kLowest ? V{} : density;

    const V inverse = T{1} / (Tail::kC + a);
    const V u = T{1} - Tail::kScale * (a * inverse);
    constexpr int kLast = static_cast<int>(sizeof(Tail::kTerms) / sizeof(T)) - 1;
    V sum = splat<V>(Tail::kTerms[kLast]);
    for (int k = kLast - 1; k >= 0; --k) sum = sum * u + Tail::kTerms[k];
    return {density, Tail::kC * inverse * sum, a};
  }

  // x P(X < x).
  [[gnu::always_inline]] static inline V gelu(V x) {
    const Normal n = normal(x);
    const V value = x < T{0} ? (-n.a * n.ratio) * n.density : x * (T{1} - n.ratio * n.density);
    return x == x ? value : x;
  }
  // P(X < x) + x density / sqrt(2 pi).
  [[gnu::always_inline]] static inline V gelu_slope(V x) {
    constexpr T kPeak = static_cast<T>(0.39894228040143267794);  // 1 / sqrt(2 pi)
    const Normal n = normal(x);
    const V below = n.density * (n.ratio - n.a * kPeak);
    const V value = x < T{0} ? below : T{1} - below;
    return x == x ? value : x;
  }

  // x clamp(x + 3, 0, 6) / 6.
  [[gnu::always_inline]] static inline V hard_swish(V x) {
    const V middle = x * (x + T{3}) * (T{1} / T{6});
    const V value = x < T{3} ? middle : x;
    return x < T{-3} ? V{} : value;
  }
  [[gnu::always_inline]] static inline V hard_swish_slope(V x) {
    const V middle = x * (T{1} / T{3}) + T{0.5};
    const V value = x < T{3} ? middle : x == x ? splat<V>(T{1}) : x;
    return x <= T{-3} ? V{} : value;
  }
};

}  // namespace
}  // namespace cnnx
