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
  Index b_stride;   // elements from one row of b to the next
  const T* bias;    // added to every row; null for none
  bool accumulate;  // start from out instead of zero
  bool rectify;     // out = negative values times slope
  T slope;
  int lanes;  // columns that exist; the others are computed and dropped
};

// relu (slope 0) and leaky relu; NaN stays.
template <class V, class T>
[[gnu::always_inline]] inline V rectified(V value, T slope) {
  return value < T{0} ? (slope == T{0} ? V{} : value * slope) : value;
}

template <class T, int Bytes, int MR, int NV>
void multiply_tile(const TileArgs<T>& args) {
  using V = Vec<T, Bytes>;
  constexpr int kWidth = kLanes<T, Bytes>;
  const bool full = args.lanes == kWidth * NV;
  V sum[MR][NV];
  for (int v = 0; v < NV; ++v) {
    const int lanes = smaller(larger(args.lanes - v * kWidth, 0), kWidth);
    V start{};
    if (args.bias != nullptr) {
      start = full ? load<V>(args.bias + v * kWidth) : load_first<V>(args.bias + v * kWidth, lanes);
    }
    for (int m = 0; m < MR; ++m) {
      sum[m][v] = start;
      if (args.accumulate) {
        const T* from = args.out[m] + v * kWidth;
        sum[m][v] += full ? load<V>(from) : load_first<V>(from, lanes);
      }
    }
  }

  const T* row[MR];
  for (int m = 0; m < MR; ++m) row[m] = args.a[m];
  const T* b = args.b;
  const Index b_stride = args.b_stride;
  const Index inner = args.walk.count[2];
  const Index step = args.walk.step[2];
  for (Index i = 0; i < args.walk.count[0]; ++i) {
    for (Index j = 0; j < args.walk.count[1]; ++j) {
      Index at = i * args.walk.step[0] + j * args.walk.step[1];
      for (Index k = 0; k < inner; ++k) {
        V right[NV];
        for (int v = 0; v < NV; ++v) {
          right[v] = load<V>(b + v * kWidth);
          keep_in_register(right[v]);
        }
        for (int m = 0; m < MR; ++m) {
          const T left = row[m][at];
          for (int v = 0; v < NV; ++v) sum[m][v] += left * right[v];
        }
        at += step;
        b += b_stride;
      }
    }
  }

  for (int m = 0; m < MR; ++m) {
    for (int v = 0; v < NV; ++v) {
      V value = sum[m][v];
      if (args.rectify) value = rectified(value, args.slope);
      T* to = args.out[m] + v * kWidth;
      if (full) {
        store(to, value);
      } else {
        store_first(to, value, smaller(larger(args.lanes - v * kWidth, 0), kWidth));
      }
    }
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
    return {column, lanes, kWidths[shape], shape};
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

}  // namespace
}  // namespace cnnx
