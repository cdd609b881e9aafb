// exp and its relatives on vectors. With n = round(x / ln 2) and r = x - n ln 2, |r| <= ln 2 / 2,
//   e^x = 2^n (1 + r q(r)),   q the Taylor series of (e^r - 1) / r,
// cut where the next term is below half a unit in the last place.
#pragma once

#include "cnnx/kernels/simd.h"

namespace cnnx {
namespace {

template <class T>
struct ExpLimits;
template <>
struct ExpLimits<float> {
  using Bits = std::int32_t;
  static constexpr int kTerms = 8, kMantissa = 23, kBias = 127;
  static constexpr float kLowest = -87.3f, kHighest = 88.37f;
  static constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  static constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
};
template <>
struct ExpLimits<double> {
  using Bits = std::int64_t;
  static constexpr int kTerms = 14, kMantissa = 52, kBias = 1023;
  static constexpr double kLowest = -708.3, kHighest = 709.43;
  static constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52
  static constexpr double kLn2High = 6.93145751953125e-1, kLn2Low = 1.42860682030941723212e-6;
};

template <class T, int Bytes>
struct Exponential {
  using V = Vec<T, Bytes>;
  using Limits = ExpLimits<T>;
  typedef typename Limits::Bits Integers __attribute__((vector_size(Bytes)));

  struct Parts {
    V power;  // 2^n
    V rest;   // r q(r)
  };

  // Of e^(x + low): `low` is what rounding cut off x.
  [[gnu::always_inline]] static inline Parts split(V x, V low = V{}) {
    // n must be exact: the sum is kept in a register so that it cannot be folded away.
    V shifted = (x + low) * static_cast<T>(1.4426950408889634) + Limits::kRound;
    keep_in_register(shifted);
    const V n = shifted - Limits::kRound;
    const V r = ((x - n * Limits::kLn2High) - n * Limits::kLn2Low) + low;
    V q = splat<V>(T{1} / static_cast<T>(factorial(Limits::kTerms)));
    for (int term = Limits::kTerms - 1; term >= 1; --term) {
      q = q * r + T{1} / static_cast<T>(factorial(term));
    }
    const Integers exponent = __builtin_convertvector(n, Integers) + Limits::kBias;
    return {reinterpret_cast<V>(exponent << Limits::kMantissa), q * r};
  }

  [[gnu::always_inline]] static inline V clamp(V x) {
    x = x < Limits::kLowest ? splat<V>(Limits::kLowest) : x;
    return x > Limits::kHighest ? splat<V>(Limits::kHighest) : x;
  }

  // e^x; below the smallest normal number zero, above kHighest no larger: there 2^n with n rounded
  // up would be infinite. NaN stays NaN.
  [[gnu::always_inline]] static inline V exp(V x) {
    const Parts parts = split(clamp(x));
    V value = parts.power * parts.rest + parts.power;
    value = x < Limits::kLowest ? V{} : value;
    return x == x ? value : x;
  }

  // e^x - 1, exact near zero too.
  [[gnu::always_inline]] static inline V expm1(V x) {
    const Parts parts = split(clamp(x));
    const V value = parts.power * parts.rest + (parts.power - T{1});
    return x == x ? value : x;
  }

  [[gnu::always_inline]] static inline V sigmoid(V x) { return T{1} / (T{1} + exp(-x)); }

  // tanh x = m / (m + 2) with m = e^2x - 1 = 2^n r q(r) + (2^n - 1), exact near zero too.
  [[gnu::always_inline]] static inline V tanh(V x) {
    V twice = x + x;
    constexpr T kFlat = 40;  // tanh 20 is 1 in every precision here
    twice = twice < -kFlat ? splat<V>(-kFlat) : twice;
    twice = twice > kFlat ? splat<V>(kFlat) : twice;
    const Parts parts = split(twice);
    const V m = parts.power * parts.rest + (parts.power - T{1});
    const V value = m / (m + T{2});
    return x == x ? value : x;
  }

  static constexpr double factorial(int n) { return n <= 1 ? 1.0 : n * factorial(n - 1); }
};

}  // namespace
}  // namespace cnnx
