// Gradient of the weights of a convolution in groups of few channels: a vector of channels has a
// sum for each tap, and as many taps as registers allow walk over the pixels together.
#pragma once

#include "cnnx/kernels/conv/depthwise.h"
#include "cnnx/kernels/conv/spread.h"
#include "cnnx/kernels/conv/tap_axis.h"
#include "cnnx/kernels/table.h"
#include "cnnx/kernels/tile.h"

namespace cnnx {
namespace {

// A tap and input channel of a group: where its inputs lie, and its sums.
struct LaneTap {
  Index input, sums;
};

template <class T>
struct LaneSumArgs {
  const T* input;        // of the first pixel at the first tap
  const T* grad_output;  // of the first pixel
  T* sums;
  const LaneTap* taps;  // from the pointers above
  Index rows, pixels;   // of outputs
  Index in_row, in_pixel, out_row, out_pixel;
  bool accumulate;
  int lanes;  // channels of a vector; all of them unless the layer has fewer
  int done;   // lanes at the beginning that the vector before has summed up already
};

template <class T, int Bytes, int Taps, bool Full>
void lane_sums(const LaneSumArgs<T>& args) {
  using V = Vec<T, Bytes>;
  constexpr int kWidth = kLanes<T, Bytes>;
  const auto read = [&](const T* from) { return load_first<V>(from, Full ? kWidth : args.lanes); };
  V sum[Taps][1];
  const T* input[Taps];
  for_all<Taps, 1>([&](int k, int) {
    sum[k][0] = args.accumulate ? read(args.sums + args.taps[k].sums) : V{};
    input[k] = args.input + args.taps[k].input;
  });
  for (Index row = 0; row < args.rows; ++row) {
    const T* grad = args.grad_output + row * args.out_row;
    Index at = row * args.in_row;
    for (Index pixel = 0; pixel < args.pixels; ++pixel) {
      V right = read(grad);
      keep_in_register(right);
      for_all<Taps, 1>([&](int k, int) { sum[k][0] += read(input[k] + at) * right; });
      at += args.in_pixel;
      grad += args.out_pixel;
    }
  }
  for_all<Taps, 1>([&](int k, int) {
    T* to = args.sums + args.taps[k].sums;
    if (args.done > 0) sum[k][0] = after<V>(args.done, read(to), sum[k][0]);
    store_first(to, sum[k][0], Full ? kWidth : args.lanes);
  });
}

// The sums of an image whose channels are spread.
template <class T, class Shapes>
struct LaneSums {
  static constexpr int kLane = Shapes::kLane;
  static constexpr int kMostTaps = Shapes::kMostRows;
  using Function = void (*)(const LaneSumArgs<T>&);

  template <bool Full>
  struct ByTaps {
    Function function[kMostTaps + 1] = {};
    constexpr ByTaps() { fill<kMostTaps>(); }
    template <int Taps>
    constexpr void fill() {
      if constexpr (Taps > 0) {
        function[Taps] = lane_sums<T, Shapes::kBytes, Taps, Full>;
        fill<Taps - 1>();
      }
    }
  };
  static Function pick(int taps, bool full) {
    static constexpr ByTaps<true> kFull;
    static constexpr ByTaps<false> kPart;
    return full ? kFull.function[taps] : kPart.function[taps];
  }

  static void sum_image(const ConvGeometry& g, const T* input, const T* grad_output, T* accumulator,
                        LaneTap* taps) {
    const Index depth = g.group_in();
    const Index channels = g.out_channels;
    const Index wide = depth * channels;
    const Index row = g.in_width * wide;
    const TapAxis down = forward_rows(g);
    const TapAxis across = forward_columns(g);
    LaneSumArgs<T> args{};
    args.in_row = g.stride_height * row;
    args.in_pixel = g.stride_width * wide;
    args.out_row = g.out_width * channels;
    args.out_pixel = channels;
    args.accumulate = true;
    args.lanes = static_cast<int>(smaller<Index>(kLane, channels));
    down.for_each_run([&](Index y, Index y_end, const TapAxis::Range& rows) {
      across.for_each_run([&](Index x, Index x_end, const TapAxis::Range& columns) {
        Index count = 0;
        for (Index ky = rows.begin; ky < rows.end; ++ky) {
          for (Index kx = columns.begin; kx < columns.end; ++kx) {
            for (Index i = 0; i < depth; ++i) {
              taps[count++] = {.input = (ky - rows.begin) * g.dilation_height * row +
                                        (kx - columns.begin) * g.dilation_width * wide +
                                        i * channels,
                               .sums = ((ky * g.kernel_width + kx) * depth + i) * channels};
            }
          }
        }
        if (count == 0) return;
        args.pixels = x_end - x;
        // Blocks of rows whose pixels stay in the first-level cache for all channels and taps.
        const Index block = ceil_div(32, args.pixels);
        for (Index first = y; first < y_end; first += block) {
          args.rows = smaller(block, y_end - first);
          sum_block(
              args, g.out_channels,
              input + down.input(first, rows.begin) * row + across.input(x, columns.begin) * wide,
              grad_output + first * args.out_row + x * channels, accumulator, taps, count);
        }
      });
    });
  }

  // All taps and channels of a block of outputs.
  static void sum_block(LaneSumArgs<T>& args, Index channels, const T* input, const T* grad_output,
                        T* sums, const LaneTap* taps, Index count) {
    const bool full = args.lanes == kLane;
    for (Index c = 0; c < channels; c += kLane) {
      const Index at = full ? smaller(c, channels - kLane) : 0;
      args.done = static_cast<int>(c - at);
      args.input = input + at;
      args.grad_output = grad_output + at;
      args.sums = sums + at;
      for_each_tile(count, kMostTaps, [&](Index first, int some) {
        args.taps = taps + first;
        pick(some, full)(args);
      });
    }
  }
};

template <class T, class Shapes, class Way>
struct DepthwiseWeights {
  using Forward = DepthwiseForward<T, Shapes, Way>;

  static Index taps_size(const ConvGeometry& g) {
    return round_up(g.depth(), 16) * static_cast<Index>(sizeof(LaneTap) / sizeof(T));
  }
  static Index scratch_size(const ConvGeometry& g, Index) {
    return taps_size(g) + Forward::spread_size(g);
  }

  static void run(const ConvGeometry& g, Index images, const T* input, const T* grad_output,
                  T* accumulator, bool accumulate, T* scratch) {
    // Taps that meet the padding alone are never added to.
    if (!accumulate) {
      __builtin_memset(accumulator, 0, to_size(g.weight_count()) * sizeof(T));
    }
    LaneTap* taps = reinterpret_cast<LaneTap*>(scratch);
    scratch += taps_size(g);
    for (Index image = 0; image < images; ++image) {
      const T* source = Forward::spread(g, input + image * g.in_size(), scratch);
      LaneSums<T, Shapes>::sum_image(g, source, grad_output + image * g.out_size(), accumulator,
                                     taps);
    }
  }

  static constexpr ConvWeightsKernel<T> kernel() {
    return {.name = "depthwise", .scratch_size = scratch_size, .run = run};
  }
};

template <class T, class Shapes>
ConvWeightsKernel<T> select_depthwise_weights(const ConvGeometry& g) {
  return Spread<T, Shapes::kBytes>::select(g.group_in(), g.group_out(), [](auto way) {
    return DepthwiseWeights<T, Shapes, decltype(way)>::kernel();
  });
}

}  // namespace
}  // namespace cnnx
