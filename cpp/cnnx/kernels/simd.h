// Vectors of T over the compilers' vector extensions: arithmetic and comparisons are the operators.
// Included only by the instruction-set files, each with its own flags; everything here and in the
// kernels has internal linkage, so that no function compiled for a new CPU is ever linked into code
// that runs on an old one.
#pragma once

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include <cstdint>

#include "cnnx/core/index.h"

namespace cnnx {
namespace {

template <class T, int Bytes>
struct VecTraits {
  typedef T type __attribute__((vector_size(Bytes)));
  typedef T unaligned __attribute__((vector_size(Bytes), aligned(sizeof(T)), may_alias));
};

// A vector of `Bytes` bytes of T.
template <class T, int Bytes>
using Vec = typename VecTraits<T, Bytes>::type;

template <class T, int Bytes>
constexpr int kLanes = Bytes / static_cast<int>(sizeof(T));

template <class V, class T>
[[gnu::always_inline]] inline V splat(T value) {
  return V{} + value;
}

template <class V, class T>
[[gnu::always_inline]] inline V load(const T* from) {
  return *reinterpret_cast<const typename VecTraits<T, sizeof(V)>::unaligned*>(from);
}

template <class V, class T>
[[gnu::always_inline]] inline void store(T* to, V value) {
  *reinterpret_cast<typename VecTraits<T, sizeof(V)>::unaligned*>(to) = value;
}

// Copies `count` < 2 * Most elements in pieces of a fixed, halving length: no call, no loop.
template <int Most, class T>
[[gnu::always_inline]] inline void copy_pieces(const T* from, T* to, int count) {
  if constexpr (Most > 0) {
    if (count & Most) {
      __builtin_memcpy(to, from, Most * sizeof(T));
      from += Most;
      to += Most;
    }
    copy_pieces<Most / 2>(from, to, count);
  }
}

// Vectors that the instruction set can load and store in part (measured: ragged channel
// counts, such as the 6 of LeNet, gain a third of a training step).
#if defined(__AVX512F__)
[[gnu::always_inline]] inline Vec<float, 64> masked_load(const float* from, Vec<float, 64>,
                                                         int lanes) {
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << lanes) - 1), from);
}
[[gnu::always_inline]] inline Vec<float, 32> masked_load(const float* from, Vec<float, 32>,
                                                         int lanes) {
  return _mm256_maskz_loadu_ps(static_cast<__mmask8>((1u << lanes) - 1), from);
}
[[gnu::always_inline]] inline Vec<double, 64> masked_load(const double* from, Vec<double, 64>,
                                                          int lanes) {
  return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << lanes) - 1), from);
}
[[gnu::always_inline]] inline void masked_store(float* to, Vec<float, 64> value, int lanes) {
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << lanes) - 1), value);
}
[[gnu::always_inline]] inline void masked_store(float* to, Vec<float, 32> value, int lanes) {
  _mm256_mask_storeu_ps(to, static_cast<__mmask8>((1u << lanes) - 1), value);
}
[[gnu::always_inline]] inline void masked_store(double* to, Vec<double, 64> value, int lanes) {
  _mm512_mask_storeu_pd(to, static_cast<__mmask8>((1u << lanes) - 1), value);
}
[[gnu::always_inline]] inline Vec<int, 64> masked_bytes(const std::uint8_t* from, Vec<int, 64>,
                                                        int lanes) {
  const auto mask = static_cast<__mmask16>((1u << lanes) - 1);
  return reinterpret_cast<Vec<int, 64>>(
      _mm512_maskz_cvtepu8_epi32(mask, _mm_maskz_loadu_epi8(mask, from)));
}
[[gnu::always_inline]] inline Vec<long, 64> masked_bytes(const std::uint8_t* from, Vec<long, 64>,
                                                         int lanes) {
  const auto mask = static_cast<__mmask16>((1u << lanes) - 1);
  return reinterpret_cast<Vec<long, 64>>(
      _mm512_maskz_cvtepu8_epi64(mask, _mm_maskz_loadu_epi8(mask, from)));
}
#endif

template <class V>
constexpr bool kMasksMemory =
    requires { masked_store(static_cast<decltype(V{}[0] + V{}[0])*>(nullptr), V{}, 1); };

// The first `lanes` elements only; the others read as zero and are left alone.
template <class V, class T>
[[gnu::always_inline]] inline V load_first(const T* from, int lanes) {
  constexpr int kAll = static_cast<int>(sizeof(V) / sizeof(T));
  if (lanes == kAll) return load<V>(from);
  if constexpr (requires { masked_load(from, V{}, lanes); }) {
    return masked_load(from, V{}, lanes);
  } else {
    V value{};
    copy_pieces<kAll / 2>(from, reinterpret_cast<T*>(&value), lanes);
    return value;
  }
}

template <class V, class T>
[[gnu::always_inline]] inline void store_first(T* to, V value, int lanes) {
  constexpr int kAll = static_cast<int>(sizeof(V) / sizeof(T));
  if (lanes == kAll) return store(to, value);
  if constexpr (requires { masked_store(to, value, lanes); }) {
    masked_store(to, value, lanes);
  } else {
    copy_pieces<kAll / 2>(reinterpret_cast<const T*>(&value), to, lanes);
  }
}

// The first `lanes` bytes as a vector of integers. Widened step by step: GCC 12 takes a vector
// apart to widen it by more than a factor of two.
template <class V>
[[gnu::always_inline]] inline V load_bytes(const std::uint8_t* from, int lanes) {
  if constexpr (requires { masked_bytes(from, V{}, lanes); }) {
    return masked_bytes(from, V{}, lanes);
  } else {
    constexpr int kAll = static_cast<int>(sizeof(V) / sizeof(V{}[0]));
    Vec<std::uint8_t, kAll> bytes{};
    if (lanes == kAll) {
      __builtin_memcpy(&bytes, from, kAll);
    } else {
      copy_pieces<kAll / 2>(from, reinterpret_cast<std::uint8_t*>(&bytes), lanes);
    }
    const auto shorts = __builtin_convertvector(bytes, Vec<std::uint16_t, 2 * kAll>);
    const auto words = __builtin_convertvector(shorts, Vec<std::int32_t, 4 * kAll>);
    return __builtin_convertvector(words, V);
  }
}

// Keeps a loaded vector in a register: the compiler would otherwise fold the load into each
// multiply-add that uses it and make the loop load-bound.
template <class V>
[[gnu::always_inline]] inline void keep_in_register(V& value) {
#if defined(__AVX512F__)
  __asm__("" : "+v"(value));
#elif defined(__SSE2__)
  __asm__("" : "+x"(value));
#elif defined(__aarch64__)
  __asm__("" : "+w"(value));
#endif
}

// Vectors of `Width` channels from `first` on: body(channel, lanes). Where channels do not fill the
// last one it overlaps the one before, and does the same once more; only where all of them fill
// less than one are there fewer lanes.
template <int Width, class Body>
[[gnu::always_inline]] inline void for_each_vector(Index first, Index channels, Body&& body) {
  Index c = first;
  for (; c + Width <= channels; c += Width) body(c, Width);
  if (c == channels) return;
  if (channels < Width) return body(0, static_cast<int>(channels));
  body(channels - Width, Width);
}

template <class T>
[[gnu::always_inline]] inline T smaller(T a, T b) {
  return b < a ? b : a;
}

template <class T>
[[gnu::always_inline]] inline T larger(T a, T b) {
  return a < b ? b : a;
}

}  // namespace
}  // namespace cnnx
