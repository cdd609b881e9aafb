// The one inner loop of every matrix-like pass: a tile of MR rows by NV vectors of sums,
//
//     out[m][n]  (+)=  sum over i, j, k of  a[m][i*s0 + j*s1 + k*s2] * b[(i, j, k)][n]
//
// held in registers. The rows of `a` are gathered by pointer. Forward, a row is an output pixel and
// (i, j, k) its taps; for the input gradient the same with the gradient's pixels; for the weight
// gradient a row is a weight and (i, j, k) walks images, rows and columns; a dense layer's rows are
// samples. So there is no im2col copy, and one loop to tune.
#pragma once

#include "cnnx/kernels/simd.h"

namespace cnnx {
namespace {

// Counts and steps of the three loops of a sum, outermost first.
struct Walk {
  Index count[3];
  Index step[3];
};

template <class T>
struct TileArgs {
  const T* const* a;  // MR pointers
  T* const* out;      // MR pointers
  Walk walk;
  const T* b;
  Index b_stride;           // elements from one row of b to the next
  const T* bias = nullptr;  // what every row starts from; null for zero
  bool accumulate = false;  // start from out instead
  bool rectify = false;     // out = negative values times slope
  T slope = T{0};
  int lanes;  // columns that exist; the others are computed and dropped
};

// relu (slope 0) and leaky relu; NaN stays.
template <class V, class T>
[[gnu::always_inline]] inline V rectified(V value, T slope) {
  return value < T{0} ? (slope == T{0} ? V{} : value * slope) : value;
}

// Calls body(m, v) for all rows and vectors of a tile. Unrolled before anything else, so that the
// sums are registers to the compiler and not an array.
template <int MR, int NV, class Body>
[[gnu::always_inline]] inline void for_all(Body&& body) {
#pragma GCC unroll 16
  for (int m = 0; m < MR; ++m) {
#pragma GCC unroll 4
    for (int v = 0; v < NV; ++v) body(m, v);
  }
}

template <class T, int Bytes, int MR, int NV>
void multiply_tile(const TileArgs<T>& args) {
  using V = Vec<T, Bytes>;
  constexpr int kWidth = kLanes<T, Bytes>;
  const bool full = args.lanes == kWidth * NV;
  const auto lanes = [&](int v) { return smaller(larger(args.lanes - v * kWidth, 0), kWidth); };

  V sum[MR][NV];
  for_all<MR, NV>([&](int m, int v) { sum[m][v] = V{}; });
  if (args.accumulate && full) {
    for_all<MR, NV>([&](int m, int v) { sum[m][v] = load<V>(args.out[m] + v * kWidth); });
  } else if (args.accumulate) {
    for_all<MR, NV>(
        [&](int m, int v) { sum[m][v] = load_first<V>(args.out[m] + v * kWidth, lanes(v)); });
  } else if (args.bias != nullptr) {
    V start[NV];
    for_all<1, NV>([&](int, int v) { start[v] = load_first<V>(args.bias + v * kWidth, lanes(v)); });
    for_all<MR, NV>([&](int m, int v) { sum[m][v] = start[v]; });
  }

  const T* row[MR];
  for_all<MR, 1>([&](int m, int) { row[m] = args.a[m]; });
  const T* b = args.b;
  const Index b_stride = args.b_stride;
  const Index inner = args.walk.count[2];
  const Index step = args.walk.step[2];
  for (Index i = 0; i < args.walk.count[0]; ++i) {
    for (Index j = 0; j < args.walk.count[1]; ++j) {
      Index at = i * args.walk.step[0] + j * args.walk.step[1];
      for (Index k = 0; k < inner; ++k) {
        V right[NV];
        for_all<1, NV>([&](int, int v) {
          right[v] = load<V>(b + v * kWidth);
          keep_in_register(right[v]);
        });
        for_all<MR, NV>([&](int m, int v) { sum[m][v] += row[m][at] * right[v]; });
        at += step;
        b += b_stride;
      }
    }
  }

  if (args.rectify) {
    if (args.slope == T{0}) {
      for_all<MR, NV>([&](int m, int v) { sum[m][v] = sum[m][v] < V{} ? V{} : sum[m][v]; });
    } else {
      for_all<MR, NV>([&](int m, int v) { sum[m][v] = rectified(sum[m][v], args.slope); });
    }
  }
  if (full) {
    for_all<MR, NV>([&](int m, int v) { store(args.out[m] + v * kWidth, sum[m][v]); });
  } else {
    for_all<MR, NV>(
        [&](int m, int v) { store_first(args.out[m] + v * kWidth, sum[m][v], lanes(v)); });
  }
}

// Columns of b are worked on in panels: as many of the widest kind as fit, then one that is just
// wide enough for the rest.
struct Panel {
  Index column;  // first column
  int lanes;     // columns that exist
  int width;     // columns computed (and stored, zero padded, in packed weights)
  int shape;     // index into the shapes of TileShapes
};

// The register tiles of an instruction set: full vectors in pairs, one full vector, half a vector.
template <class T, int Bytes, int PairRows, int SingleRows>
struct TileShapes {
  using Function = void (*)(const TileArgs<T>&);
  static constexpr int kBytes = Bytes;
  static constexpr int kLane = kLanes<T, Bytes>;
  static constexpr int kHalfBytes = Bytes > 16 ? Bytes / 2 : Bytes;  // 16 is the smallest there is
  static constexpr int kWidths[3] = {2 * kLane, kLane, kLanes<T, kHalfBytes>};
  static constexpr int kRows[3] = {PairRows, SingleRows, SingleRows};
  static constexpr int kMostRows = PairRows > SingleRows ? PairRows : SingleRows;
  static constexpr int kWidest = 2 * kLane;

  // The tile functions of one shape by their number of rows.
  template <int VectorBytes, int NV, int Rows>
  struct ByRows {
    Function function[Rows + 1] = {};
    constexpr ByRows() { fill<Rows>(); }
    template <int MR>
    constexpr void fill() {
      if constexpr (MR > 0) {
        function[MR] = multiply_tile<T, VectorBytes, MR, NV>;
        fill<MR - 1>();
      }
    }
  };

  static Function pick(int shape, int rows) {
    static constexpr ByRows<Bytes, 2, PairRows> kPair;
    static constexpr ByRows<Bytes, 1, SingleRows> kSingle;
    static constexpr ByRows<kHalfBytes, 1, SingleRows> kHalf;
    return shape == 0   ? kPair.function[rows]
           : shape == 1 ? kSingle.function[rows]
                        : kHalf.function[rows];
  }

  static Index panel_count(Index columns) { return ceil_div(columns, kWidest); }

  static Panel panel(Index columns, Index index) {
    const Index column = index * kWidest;
    const int lanes = static_cast<int>(smaller<Index>(columns - column, kWidest));
    const int shape = lanes > kLane ? 0 : (lanes > kWidths[2] ? 1 : 2);
    return {.column = column, .lanes = lanes, .width = kWidths[shape], .shape = shape};
  }

  // Width of all panels together: the columns of a packed matrix.
  static Index packed_columns(Index columns) {
    const Panel last = panel(columns, panel_count(columns) - 1);
    return last.column + last.width;
  }
};

// Rows are split evenly, so that no tile is left with one or two of them: 16 rows in tiles of up to
// 6 are 6 + 5 + 5. Calls body(first, rows).
template <class Body>
[[gnu::always_inline]] inline void for_each_tile(Index rows, Index most, Body&& body) {
  const Index tiles = ceil_div(rows, most);
  for (Index tile = 0; tile < tiles; ++tile) {
    const Index first = rows * tile / tiles;
    body(first, static_cast<int>(rows * (tile + 1) / tiles - first));
  }
}

// Points the rows of a tile at rows [first, first + rows) of two matrices with even steps.
template <class T>
void aim(const T* a, Index a_step, T* out, Index out_step, Index first, int rows, const T** a_rows,
         T** out_rows) {
  for (int m = 0; m < rows; ++m) {
    a_rows[m] = a + (first + m) * a_step;
    out_rows[m] = out + (first + m) * out_step;
  }
}

}  // namespace
}  // namespace cnnx
