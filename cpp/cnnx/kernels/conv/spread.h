// Channels spread for groups: output channel o of a group needs each of the group's input channels
// in its own lane. spread[i][o] = input[o / out * in + i] for `in` input and `out` output channels
// a group, pixel by pixel.
#pragma once

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/turn.h"

namespace cnnx {
namespace {

template <class T, int Bytes>
struct Spread {
  using V = Vec<T, Bytes>;
  static constexpr int kLane = kLanes<T, Bytes>;
  using All = typename CountLanes<kLane>::type;

  template <int In, int Out, int I, int... L>
  [[gnu::always_inline]] static inline V picked(V value, Lanes<L...>) {
    return __builtin_shufflevector(value, value, (L / Out * In + I)...);
  }

  // Input channel I of all groups, then those after it.
  template <int In, int Out, int I = 0>
  [[gnu::always_inline]] static inline void picked_all(V value, Index channels, int lanes, T* to) {
    if constexpr (I < In) {
      store_first(to + I * channels, picked<In, Out, I>(value, All{}), lanes);
      picked_all<In, Out, I + 1>(value, channels, lanes, to);
    }
  }

  // Group sizes that vectors hold whole groups of: one shuffle for each vector of the result.
  template <int In, int Out>
  static void shuffled(Index pixels, Index groups, const T* from, T* to) {
    const Index channels = groups * Out;
    for (Index p = 0; p < pixels; ++p, from += groups * In, to += In * channels) {
      for (Index c = 0; c < channels; c += kLane) {
        const int lanes = static_cast<int>(smaller<Index>(kLane, channels - c));
        const V value = load_first<V>(from + c / Out * In, lanes / Out * In);
        picked_all<In, Out>(value, channels, lanes, to + c);
      }
    }
  }

  static void any(Index pixels, Index groups, Index in, Index out, const T* from, T* to) {
    for (Index p = 0; p < pixels; ++p, from += groups * in) {
      for (Index i = 0; i < in; ++i) {
        for (Index group = 0; group < groups; ++group) {
          const T value = from[group * in + i];
          for (Index o = 0; o < out; ++o) *to++ = value;
        }
      }
    }
  }

  static void pixels(Index count, Index groups, Index in, Index out, const T* from, T* to) {
    if (in == out && in == 2) return shuffled<2, 2>(count, groups, from, to);
    if constexpr (kLane >= 4) {
      if (in == out && in == 4) return shuffled<4, 4>(count, groups, from, to);
      if (in == 1 && out == 2) return shuffled<1, 2>(count, groups, from, to);
      if (in == 1 && out == 4) return shuffled<1, 4>(count, groups, from, to);
    }
    if constexpr (kLane >= 8) {
      if (in == out && in == 8) return shuffled<8, 8>(count, groups, from, to);
    }
    if (out == 1) {
      for (Index p = 0; p < count; ++p, from += groups * in, to += groups * in) {
        Turn<T, Bytes>::transpose(groups, in, from, in, to, groups);
      }
      return;
    }
    any(count, groups, in, out, from, to);
  }
};

}  // namespace
}  // namespace cnnx
