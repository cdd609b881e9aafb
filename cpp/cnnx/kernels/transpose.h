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
[[gnu::always_inline]] inline V transpose_edge(const T* from, Index stride, T* to, Index to_stride,
                                               int rows, int columns, int room) {
  constexpr int kLane = static_cast<int>(sizeof(V) / sizeof(T));
  V block[kLane];
  V probe{};
#pragma GCC unroll 16
  for (int i = 0; i < kLane; ++i) {
    block[i] = i < rows ? load_first<V>(from + i * stride, columns) : V{};
    probe += block[i] * T{0};
  }
  transpose(block);
#pragma GCC unroll 16
  for (int i = 0; i < kLane; ++i) {
    if (i < columns) store_first(to + i * to_stride, block[i], room);
  }
  return probe;
}

// The same for a whole block, without any test.
template <class V, class T>
[[gnu::always_inline]] inline V transpose_block(const T* from, Index stride, T* to,
                                                Index to_stride) {
  constexpr int kLane = static_cast<int>(sizeof(V) / sizeof(T));
  V block[kLane];
  V probe{};
#pragma GCC unroll 16
  for (int i = 0; i < kLane; ++i) {
    block[i] = load<V>(from + i * stride);
    probe += block[i] * T{0};
  }
  transpose(block);
#pragma GCC unroll 16
  for (int i = 0; i < kLane; ++i) store(to + i * to_stride, block[i]);
  return probe;
}

// Blocks side by side that go through a buffer, so that far rows are read, or written, in runs:
// rows a multiple of the page size apart would push one another out of the first-level cache
// between the two blocks that share a cache line.
template <class T, int Bytes>
struct StagedBlocks {
  using V = Vec<T, Bytes>;
  static constexpr int kLane = kLanes<T, Bytes>;
  static constexpr int kBlocks = 4;
  static constexpr int kRun = kBlocks * kLane;
  static constexpr Index kFarBytes = 1024;

  // kLane rows of kRun numbers, with the rows of `from` far apart.
  static V read(const T* from, Index stride, T* to, Index to_stride) {
    alignas(64) T rows[kLane * kRun];
    for (int i = 0; i < kLane; ++i) copy_run(from + i * stride, rows + i * kRun);
    V probe{};
    for (int b = 0; b < kRun; b += kLane) {
      probe += transpose_block<V>(rows + b, kRun, to + b * to_stride, to_stride);
    }
    return probe;
  }

  // kRun rows of kLane numbers, with the rows of `to` far apart.
  static V write(const T* from, Index stride, T* to, Index to_stride) {
    alignas(64) T rows[kLane * kRun];
    V probe{};
    for (int b = 0; b < kRun; b += kLane) {
      probe += transpose_block<V>(from + b * stride, stride, rows + b, kRun);
    }
    for (int i = 0; i < kLane; ++i) copy_run(rows + i * kRun, to + i * to_stride);
    return probe;
  }

  [[gnu::always_inline]] static inline void copy_run(const T* from, T* to) {
    V run[kBlocks];
#pragma GCC unroll 4
    for (int b = 0; b < kBlocks; ++b) run[b] = load<V>(from + b * kLane);
#pragma GCC unroll 4
    for (int b = 0; b < kBlocks; ++b) store(to + b * kLane, run[b]);
  }
};

// Copies `rows` x `columns` numbers (rows `stride` apart) as their transpose: to[c * to_stride +
// r]. Rows past the last up to `pad_rows` are written as zeros. Gives zeros where all numbers are
// finite, and some NaN where not.
template <class T, int Bytes>
Vec<T, Bytes> transpose_copy(Index rows, Index columns, Index pad_rows, const T* from, Index stride,
                             T* to, Index to_stride) {
  using V = Vec<T, Bytes>;
  using Staged = StagedBlocks<T, Bytes>;
  constexpr int kLane = kLanes<T, Bytes>;
  const bool far_from = stride * Index{sizeof(T)} >= Staged::kFarBytes;
  const bool far_to = !far_from && to_stride * Index{sizeof(T)} >= Staged::kFarBytes;
  V probe{};
  // What whole runs leave is done in blocks, from the row and column on where they end.
  Index run_rows = 0;
  if (far_to) {
    for (; run_rows + Staged::kRun <= rows; run_rows += Staged::kRun) {
      const T* row = from + run_rows * stride;
      Index c = 0;
      for (; c + kLane <= columns; c += kLane) {
        probe += Staged::write(row + c, stride, to + c * to_stride + run_rows, to_stride);
      }
      for (Index r = 0; r < Staged::kRun && c < columns; r += kLane) {
        probe += transpose_edge<V>(row + r * stride + c, stride, to + c * to_stride + run_rows + r,
                                   to_stride, kLane, static_cast<int>(columns - c), kLane);
      }
    }
  }
  for (Index r = run_rows; r < pad_rows; r += kLane) {
    const int high = static_cast<int>(larger<Index>(0, smaller<Index>(kLane, rows - r)));
    const int room = static_cast<int>(smaller<Index>(kLane, pad_rows - r));
    const T* row = from + r * stride;
    Index c = 0;
    if (high == kLane) {
      for (; far_from && c + Staged::kRun <= columns; c += Staged::kRun) {
        probe += Staged::read(row + c, stride, to + c * to_stride + r, to_stride);
      }
      for (; c + kLane <= columns; c += kLane) {
        probe += transpose_block<V>(row + c, stride, to + c * to_stride + r, to_stride);
      }
    }
    for (; c < columns; c += kLane) {
      const int across = static_cast<int>(smaller<Index>(kLane, columns - c));
      probe +=
          transpose_edge<V>(row + c, stride, to + c * to_stride + r, to_stride, high, across, room);
    }
  }
  return probe;
}

}  // namespace
}  // namespace cnnx
