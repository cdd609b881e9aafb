// The inner loop of convolutions whose vectors hold channels that each have an input and weights of
// their own (depthwise, and groups of few channels): X neighbouring pixels by NV vectors of
// channels, kept in registers over all taps.
#pragma once

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/tile.h"

namespace cnnx {
namespace {

// Lanes from `first` on of one vector, those before it of another.
template <class V>
[[gnu::always_inline]] inline V after(int first, V before, V value) {
  using Mask = decltype(V{} < V{});
  constexpr int kCount = static_cast<int>(sizeof(V) / sizeof(V{}[0]));
  Mask lane{};
#pragma GCC unroll 16
  for (int l = 0; l < kCount; ++l) lane[l] = l;
  return lane < static_cast<decltype(Mask{}[0] + 0)>(first) ? before : value;
}

template <class T>
struct LaneTileArgs {
  const T* input;   // of the first tap of the first pixel
  Index in_pixel;   // from one pixel of the tile to the next
  Index in_row;     // from one row of taps to the next
  Index in_column;  // from one tap of a row to the next
  Index in_depth;   // from one input channel of a group to the next
  const T* weights;
  Index w_row, w_column, w_depth;  // the same for the weights
  Index rows, columns, depth;      // of taps
  const T* bias;                   // what every pixel starts from; null for zero
  T* output;
  Index out_pixel;
  bool rectify;  // output = negative values times slope
  T slope;
  int lanes;  // channels of a vector; all of them unless the layer has fewer
};

// One row of taps of a tile; a number of columns known to the compiler unrolls the loop.
template <class V, int X, int NV, bool Full, class T>
[[gnu::always_inline]] inline void add_lane_taps(const LaneTileArgs<T>& args, const T* input,
                                                 const T* weights, Index columns, Index depth,
                                                 V (&sum)[X][NV]) {
  constexpr int kWidth = static_cast<int>(sizeof(V) / sizeof(T));
  const auto read = [&](const T* from) {
    if constexpr (Full) {
      return load<V>(from);
    } else {
      return load_first<V>(from, args.lanes);
    }
  };
#pragma GCC unroll 3
  for (Index column = 0; column < columns; ++column) {
    const T* in = input + column * args.in_column;
    const T* w = weights + column * args.w_column;
    for (Index i = 0; i < depth; ++i, in += args.in_depth, w += args.w_depth) {
      V weight[NV];
      for_all<1, NV>([&](int, int v) {
        weight[v] = read(w + v * kWidth);
        keep_in_register(weight[v]);
      });
      for_all<X, NV>([&](int x, int v) {
        sum[x][v] += read(in + x * args.in_pixel + v * kWidth) * weight[v];
      });
    }
  }
}

template <class T, int Bytes, int X, int NV, bool Full>
void lane_tile(const LaneTileArgs<T>& args) {
  using V = Vec<T, Bytes>;
  constexpr int kWidth = kLanes<T, Bytes>;
  V sum[X][NV];
  for_all<X, NV>([&](int x, int v) { sum[x][v] = V{}; });
  if (args.bias != nullptr) {
    V start[NV];
    for_all<1, NV>([&](int, int v) {
      start[v] = load_first<V>(args.bias + v * kWidth, Full ? kWidth : args.lanes);
    });
    for_all<X, NV>([&](int x, int v) { sum[x][v] = start[v]; });
  }
  const T* input = args.input;
  const T* weights = args.weights;
  if (Full && args.rows == 3 && args.columns == 3 && args.depth == 1) {
#pragma GCC unroll 3
    for (int row = 0; row < 3; ++row) {
      add_lane_taps<V, X, NV, Full>(args, input + row * args.in_row, weights + row * args.w_row, 3,
                                    1, sum);
    }
  } else if (args.depth == 1) {
    for (Index row = 0; row < args.rows; ++row, input += args.in_row, weights += args.w_row) {
      add_lane_taps<V, X, NV, Full>(args, input, weights, args.columns, 1, sum);
    }
  } else {
    for (Index row = 0; row < args.rows; ++row, input += args.in_row, weights += args.w_row) {
      add_lane_taps<V, X, NV, Full>(args, input, weights, args.columns, args.depth, sum);
    }
  }
  if (args.rectify) {
    for_all<X, NV>([&](int x, int v) { sum[x][v] = rectified(sum[x][v], args.slope); });
  }
  for_all<X, NV>([&](int x, int v) {
    store_first(args.output + x * args.out_pixel + v * kWidth, sum[x][v],
                Full ? kWidth : args.lanes);
  });
}

// The tile functions of an instruction set. Tiles of one pixel, which borders need, hold several
// vectors of channels instead, so that there are enough sums in flight.
template <class T, class Shapes>
struct LaneTiles {
  using Function = void (*)(const LaneTileArgs<T>&);
  static constexpr int kLane = Shapes::kLane;
  static constexpr int kMostPixels = Shapes::kMostRows;
  static constexpr int kDeep = 4;

  template <bool Full>
  struct ByPixels {
    Function function[kMostPixels + 1] = {};
    constexpr ByPixels() { fill<kMostPixels>(); }
    template <int X>
    constexpr void fill() {
      if constexpr (X > 0) {
        function[X] = lane_tile<T, Shapes::kBytes, X, 1, Full>;
        fill<X - 1>();
      }
    }
  };

  static Function pick(int pixels, bool full) {
    static constexpr ByPixels<true> kFull;
    static constexpr ByPixels<false> kPart;
    return full ? kFull.function[pixels] : kPart.function[pixels];
  }
  static constexpr Function kDeepTile = lane_tile<T, Shapes::kBytes, 1, kDeep, true>;

  // Calls body(first channel, vectors) for all vectors of channels.
  template <class Body>
  [[gnu::always_inline]] static inline void for_each(Index channels, bool deep, Body&& body) {
    Index c = 0;
    if (deep) {
      for (; c + kDeep * kLane <= channels; c += kDeep * kLane) body(c, kDeep);
    }
    for_each_vector<kLane>(c, channels, [&](Index at, int) { body(at, 1); });
  }
};

}  // namespace
}  // namespace cnnx
