// Vectors of T over the compilers' vector extensions: arithmetic and comparisons are the operators.
// Included only by the instruction-set files, each with its own flags; everything here and in the
// kernels has internal linkage, so that no function compiled for a new CPU is ever linked into code
// that runs on an old one.
#pragma once

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

// The first `lanes` elements only; the others read as zero and are left alone.
template <class V, class T>
[[gnu::always_inline]] inline V load_first(const T* from, int lanes) {
  V value{};
  __builtin_memcpy(&value, from, static_cast<unsigned>(lanes) * sizeof(T));
  return value;
}

template <class V, class T>
[[gnu::always_inline]] inline void store_first(T* to, V value, int lanes) {
  __builtin_memcpy(to, &value, static_cast<unsigned>(lanes) * sizeof(T));
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
