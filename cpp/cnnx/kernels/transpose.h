// Square blocks of vectors, rows made columns in registers: log2(lanes) rounds, each of which swaps
// the off-diagonal halves of ever larger (or smaller) blocks. Eklundh, "A fast computer method for
// matrix transposing", IEEE Transactions on Computers, 1972.
#pragma once

#include "cnnx/kernels/simd.h"

namespace cnnx {
namespace {

template <int... I>
struct Lanes {};

template <int Count, int... I>
struct CountLanes {
  using type = typename CountLanes<Count - 1, Count - 1, I...>::type;
};
template <int... I>
struct CountLanes<0, I...> {
  using type = Lanes<I...>;
};

// Lane l of the result: upper[l] where bit Step of l is clear, lower[l - Step] where it is set.
template <int Step, class V, int... I>
[[gnu::always_inline]] inline V swap_into_upper(V upper, V lower, Lanes<I...>) {
  constexpr int kCount = sizeof...(I);
  return __builtin_shufflevector(upper, lower, ((I & Step) ? kCount + I - Step : I)...);
}

// Lane l of the result: upper[l + Step] where bit Step of l is clear, lower[l] where it is set.
template <int Step, class V, int... I>
[[gnu::always_inline]] inline V swap_into_lower(V upper, V lower, Lanes<I...>) {
  constexpr int kCount = sizeof...(I);
  return __builtin_shufflevector(upper, lower, ((I & Step) ? kCount + I : I + Step)...);
}

template <int Step, class V, int Count>
[[gnu::always_inline]] inline void transpose_from(V (&rows)[Count]) {
  if constexpr (Step < Count) {
    using All = typename CountLanes<Count>::type;
#pragma GCC unroll 16
    for (int i = 0; i < Count; ++i) {
      if (i & Step) continue;
      const V upper = rows[i];
      const V lower = rows[i + Step];
      rows[i] = swap_into_upper<Step>(upper, lower, All{});
      rows[i + Step] = swap_into_lower<Step>(upper, lower, All{});
    }
    transpose_from<2 * Step>(rows);
  }
}

// rows[i][j] becomes rows[j][i].
template <class V, int Count>
[[gnu::always_inline]] inline void transpose(V (&rows)[Count]) {
  transpose_from<1>(rows);
}

// Loads `rows` rows of `columns` numbers and stores them as columns; both counts at most that of
// the lanes. Rows from `rows` to `room` are stored as zeros.
template <class V, class T>
[[gnu::always_inline]] inline void transpose_edge(const T* from, Index stride, T* to,
                                                  Index to_stride, int rows, int columns,
                                                  int room) {
  constexpr int kLane = static_cast<int>(sizeof(V) / sizeof(T));
  V block[kLane];
#pragma GCC unroll 16
  for (int i = 0; i < kLane; ++i) {
    block[i] = i < rows ? load_first<V>(from + i * stride, columns) : V{};
  }
  transpose(block);
#pragma GCC unroll 16
  for (int i = 0; i < kLane; ++i) {
    if (i < columns) store_first(to + i * to_stride, block[i], room);
  }
}

// The same for a whole block, without any test.
template <class V, class T>
[[gnu::always_inline]] inline void transpose_block(const T* from, Index stride, T* to,
                                                   Index to_stride) {
  constexpr int kLane = static_cast<int>(sizeof(V) / sizeof(T));
  V block[kLane];
#pragma GCC unroll 16
  for (int i = 0; i < kLane; ++i) block[i] = load<V>(from + i * stride);
  transpose(block);
#pragma GCC unroll 16
  for (int i = 0; i < kLane; ++i) store(to + i * to_stride, block[i]);
}

// Copies `rows` x `columns` numbers (rows `stride` apart) as their transpose: to[c * to_stride +
// r]. Rows past the last up to `pad_rows` are written as zeros.
template <class T, int Bytes>
void transpose_copy(Index rows, Index columns, Index pad_rows, const T* from, Index stride, T* to,
                    Index to_stride) {
  using V = Vec<T, Bytes>;
  constexpr int kLane = kLanes<T, Bytes>;
  for (Index r = 0; r < pad_rows; r += kLane) {
    const int high = static_cast<int>(larger<Index>(0, smaller<Index>(kLane, rows - r)));
    const int room = static_cast<int>(smaller<Index>(kLane, pad_rows - r));
    Index c = 0;
    if (high == kLane) {
      for (; c + kLane <= columns; c += kLane) {
        transpose_block<V>(from + r * stride + c, stride, to + c * to_stride + r, to_stride);
      }
    }
    for (; c < columns; c += kLane) {
      const int across = static_cast<int>(smaller<Index>(kLane, columns - c));
      transpose_edge<V>(from + r * stride + c, stride, to + c * to_stride + r, to_stride, high,
                        across, room);
    }
  }
}

}  // namespace
}  // namespace cnnx
