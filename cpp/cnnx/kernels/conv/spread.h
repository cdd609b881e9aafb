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

  // The ways to spread, each with pixels(count, groups, in, out, from, to).

  // One input and one output channel a group: the source serves as it lies.
  struct Nothing {
    static constexpr bool kCopies = false;
  };

  // Group sizes that vectors hold whole groups of: one shuffle for each vector of the result.
  template <int In, int Out>
  struct Shuffled {
    static constexpr bool kCopies = true;
    static void pixels(Index count, Index groups, Index, Index, const T* from, T* to) {
      const Index channels = groups * Out;
      for (Index p = 0; p < count; ++p, from += groups * In, to += In * channels) {
        for (Index c = 0; c < channels; c += kLane) {
          const int lanes = static_cast<int>(smaller<Index>(kLane, channels - c));
          const V value = load_first<V>(from + c / Out * In, lanes / Out * In);
          picked_all<In, Out>(value, channels, lanes, to + c);
        }
      }
    }
  };

  // One output channel a group: each pixel is a matrix to be transposed.
  struct Turned {
    static constexpr bool kCopies = true;
    static void pixels(Index count, Index groups, Index in, Index, const T* from, T* to) {
      for (Index p = 0; p < count; ++p, from += groups * in, to += groups * in) {
        Turn<T, Bytes>::transpose(groups, in, from, in, to, groups);
      }
    }
  };

  struct OneByOne {
    static constexpr bool kCopies = true;
    static void pixels(Index count, Index groups, Index in, Index out, const T* from, T* to) {
      for (Index p = 0; p < count; ++p, from += groups * in) {
        for (Index i = 0; i < in; ++i) {
          for (Index group = 0; group < groups; ++group) {
            const T value = from[group * in + i];
            for (Index o = 0; o < out; ++o) *to++ = value;
          }
        }
      }
    }
  };

  // Calls body with the way that suits groups of `in` input and `out` output channels.
  template <class Body>
  static auto select(Index in, Index out, Body&& body) {
    if (in == 1 && out == 1) return body(Nothing{});
    if (in == out && in == 2) return body(Shuffled<2, 2>{});
    if constexpr (kLane >= 4) {
      if (in == out && in == 4) return body(Shuffled<4, 4>{});
      if (in == 1 && out == 2) return body(Shuffled<1, 2>{});
      if (in == 1 && out == 4) return body(Shuffled<1, 4>{});
    }
    if constexpr (kLane >= 8) {
      if (in == out && in == 8) return body(Shuffled<8, 8>{});
    }
    if (out == 1) return body(Turned{});
    return body(OneByOne{});
  }
};

}  // namespace
}  // namespace cnnx
