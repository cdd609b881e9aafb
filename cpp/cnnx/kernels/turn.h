// Between images as users have them, plane after plane, and channels-last: a transpose, which for
// the two, three or four channels of pictures would leave most lanes empty; there vectors of one
// channel each are merged into pixels (or parted again) by shuffles with fixed indices.
#pragma once

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/transpose.h"

namespace cnnx {
namespace {

template <class T, int Bytes>
struct Turn {
  using V = Vec<T, Bytes>;
  static constexpr int kLane = kLanes<T, Bytes>;
  using All = typename CountLanes<kLane>::type;
  static constexpr Index kMostMerged = 4;

  // to[c * to_stride + r] = from[r * stride + c]; gives 0 where all numbers are finite, else NaN.
  static T transpose(Index rows, Index columns, const T* from, Index stride, T* to,
                     Index to_stride) {
    const bool merges = rows <= kMostMerged && to_stride == rows;
    const bool parts = columns <= kMostMerged && stride == columns;
    if (rows == 1 || columns == 1) return line(rows, columns, from, stride, to, to_stride);
    if (merges && rows == 2) return merge<2>(columns, from, stride, to);
    if (merges && rows == 3) return merge<3>(columns, from, stride, to);
    if (merges && rows == 4) return merge<4>(columns, from, stride, to);
    if (parts && columns == 2) return part<2>(rows, from, to, to_stride);
    if (parts && columns == 3) return part<3>(rows, from, to, to_stride);
    if (parts && columns == 4) return part<4>(rows, from, to, to_stride);
    return total(transpose_copy<T, Bytes>(rows, columns, rows, from, stride, to, to_stride));
  }

  static T total(V probe) {
    T sum = 0;
    for (int lane = 0; lane < kLane; ++lane) sum += probe[lane];
    return sum;
  }

  // One row that becomes a column, or the other way around.
  static T line(Index rows, Index columns, const T* from, Index stride, T* to, Index to_stride) {
    const Index count = rows == 1 ? columns : rows;
    const Index from_step = rows == 1 ? 1 : stride;
    const Index to_step = rows == 1 ? to_stride : 1;
    T sum = 0;
    Index i = 0;
    if (from_step == 1 && to_step == 1) {
      V probe[4] = {};
      for (; i + 4 * kLane <= count; i += 4 * kLane) {
#pragma GCC unroll 4
        for (int v = 0; v < 4; ++v) {
          const V value = load<V>(from + i + v * kLane);
          store(to + i + v * kLane, value);
          probe[v] += value * T{0};
        }
      }
      sum = total(probe[0] + probe[1] + probe[2] + probe[3]);
    }
    for (; i < count; ++i) {
      to[i * to_step] = from[i * from_step];
      sum += from[i * from_step] * T{0};
    }
    return sum;
  }

  // Lane l of vector k of merged pixels is channel (k * kLane + l) % Channels of pixel (k * kLane +
  // l) / Channels: brings the lanes of channel C to where they belong and leaves the others.
  template <int Channels, int K, int C, int... I>
  [[gnu::always_inline]] static inline V put(V merged, V channel, Lanes<I...>) {
    return __builtin_shufflevector(
        merged, channel,
        ((K * kLane + I) % Channels == C ? kLane + (K * kLane + I) / Channels : I)...);
  }

  template <int Channels, int K>
  [[gnu::always_inline]] static inline V merged(const V (&channel)[Channels]) {
    V value = put<Channels, K, 0>(V{}, channel[0], All{});
    value = put<Channels, K, 1>(value, channel[1], All{});
    if constexpr (Channels > 2) value = put<Channels, K, 2>(value, channel[2], All{});
    if constexpr (Channels > 3) value = put<Channels, K, 3>(value, channel[3], All{});
    return value;
  }

  template <int Channels>
  static T merge(Index pixels, const T* from, Index stride, T* to) {
    V probe{};
    Index p = 0;
    for (; p + kLane <= pixels; p += kLane, to += Channels * kLane) {
      V channel[Channels];
#pragma GCC unroll 4
      for (int c = 0; c < Channels; ++c) {
        channel[c] = load<V>(from + c * stride + p);
        probe += channel[c] * T{0};
      }
      store(to, merged<Channels, 0>(channel));
      store(to + kLane, merged<Channels, 1>(channel));
      if constexpr (Channels > 2) store(to + 2 * kLane, merged<Channels, 2>(channel));
      if constexpr (Channels > 3) store(to + 3 * kLane, merged<Channels, 3>(channel));
    }
    T sum = total(probe);
    for (; p < pixels; ++p) {
      for (int c = 0; c < Channels; ++c) {
        sum += from[c * stride + p] * T{0};
        *to++ = from[c * stride + p];
      }
    }
    return sum;
  }

  // Brings the lanes of channel C that lie in vector K of merged pixels to where they belong.
  template <int Channels, int K, int C, int... I>
  [[gnu::always_inline]] static inline V take(V channel, V merged, Lanes<I...>) {
    return __builtin_shufflevector(
        channel, merged,
        ((I * Channels + C) / kLane == K ? kLane + (I * Channels + C) % kLane : I)...);
  }

  template <int Channels, int C>
  [[gnu::always_inline]] static inline V parted(const V (&merged)[Channels]) {
    V value = take<Channels, 0, C>(V{}, merged[0], All{});
    value = take<Channels, 1, C>(value, merged[1], All{});
    if constexpr (Channels > 2) value = take<Channels, 2, C>(value, merged[2], All{});
    if constexpr (Channels > 3) value = take<Channels, 3, C>(value, merged[3], All{});
    return value;
  }

  template <int Channels>
  static T part(Index pixels, const T* from, T* to, Index stride) {
    V probe{};
    Index p = 0;
    for (; p + kLane <= pixels; p += kLane, from += Channels * kLane) {
      V merged[Channels];
#pragma GCC unroll 4
      for (int k = 0; k < Channels; ++k) {
        merged[k] = load<V>(from + k * kLane);
        probe += merged[k] * T{0};
      }
      store(to + p, parted<Channels, 0>(merged));
      store(to + stride + p, parted<Channels, 1>(merged));
      if constexpr (Channels > 2) store(to + 2 * stride + p, parted<Channels, 2>(merged));
      if constexpr (Channels > 3) store(to + 3 * stride + p, parted<Channels, 3>(merged));
    }
    T sum = total(probe);
    for (; p < pixels; ++p) {
      for (int c = 0; c < Channels; ++c) {
        sum += *from * T{0};
        to[c * stride + p] = *from++;
      }
    }
    return sum;
  }
};

}  // namespace
}  // namespace cnnx
