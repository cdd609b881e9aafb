// Convolution in groups of few channels, down to one (depthwise): a vector holds output channels of
// many groups, each lane with an input of its own. Where a group has more than one channel, its
// inputs are spread over the lanes first, so that all shapes share one loop. Borders are clipped.
#pragma once

#include "cnnx/kernels/conv/gather.h"
#include "cnnx/kernels/conv/lane_tile.h"
#include "cnnx/kernels/conv/phases.h"
#include "cnnx/kernels/conv/spread.h"
#include "cnnx/kernels/conv/tap_axis.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

// Whether a single group is too small to fill a vector.
template <class Shapes>
bool depthwise_suits(const ConvGeometry& g) {
  return g.groups > 1 && larger(g.group_in(), g.group_out()) <= larger<Index>(Shapes::kLane / 2, 2);
}

// One input and one output channel a group: nothing to spread.
inline bool depthwise_plain(const ConvGeometry& g) {
  return g.group_in() == 1 && g.group_out() == 1;
}

template <class T, class Shapes>
struct LaneMaps {
  using Tiles = LaneTiles<T, Shapes>;
  static constexpr int kLane = Shapes::kLane;

  // Images of vectors of spread channels: `depth` rows of `channels` for each pixel.
  struct Args {
    TapAxis rows, columns;
    Index depth, channels;
    const T* input;
    Index in_row;
    const T* weights;  // of the first tap
    Index w_row, w_column;
    const T* bias;
    Activation activation;
    T* output;
    Index out_row, out_pixel;
  };

  // Rectangles of outputs that meet the same taps. Inside, tiles lie along rows; the columns at the
  // left and right border are tiled downwards, so that tiles of one pixel are left to the corners.
  static void correlate(const Args& m) {
    LaneTileArgs<T> args{};
    args.in_row = m.rows.tap_step * m.in_row;
    args.in_column = m.columns.tap_step * m.depth * m.channels;
    args.in_depth = args.w_depth = m.channels;
    args.w_row = m.w_row;
    args.w_column = m.w_column;
    args.depth = m.depth;
    args.rectify = rectifies(m.activation);
    args.slope = static_cast<T>(rectifier_slope(m.activation));
    args.lanes = static_cast<int>(smaller<Index>(kLane, m.channels));
    m.rows.for_each_run([&](Index y, Index y_end, const TapAxis::Range& rows) {
      args.rows = rows.end - rows.begin;
      m.columns.for_each_run([&](Index x, Index x_end, const TapAxis::Range& columns) {
        args.columns = columns.end - columns.begin;
        const Spot spot{m.input + m.rows.input(y, rows.begin) * m.in_row +
                            m.columns.input(x, columns.begin) * m.depth * m.channels,
                        m.weights + rows.begin * m.w_row + columns.begin * m.w_column,
                        m.output + y * m.out_row + x * m.out_pixel};
        const Index down = m.rows.step * m.in_row;
        const Index across = m.columns.step * m.depth * m.channels;
        if (x_end - x == 1) {
          tiles(m, args, spot, y_end - y, down, m.out_row);
          return;
        }
        for (Index row = 0; row < y_end - y; ++row) {
          tiles(m, args, {spot.input + row * down, spot.weights, spot.output + row * m.out_row},
                x_end - x, across, m.out_pixel);
        }
      });
    });
  }

  struct Spot {
    const T* input;
    const T* weights;
    T* output;
  };

  // A line of outputs, in all channels.
  static void tiles(const Args& m, LaneTileArgs<T>& args, const Spot& spot, Index count,
                    Index in_pixel, Index out_pixel) {
    const bool full = args.lanes == kLane;
    args.in_pixel = in_pixel;
    args.out_pixel = out_pixel;
    for_each_tile(count, Tiles::kMostPixels, [&](Index first, int pixels) {
      const T* input = spot.input + first * in_pixel;
      T* output = spot.output + first * out_pixel;
      Tiles::for_each(m.channels, pixels == 1, [&](Index c, int vectors) {
        args.weights = spot.weights + c;
        args.bias = m.bias == nullptr ? nullptr : m.bias + c;
        args.input = input + c;
        args.output = output + c;
        (vectors > 1 ? Tiles::kDeepTile : Tiles::pick(pixels, full))(args);
      });
    });
  }
};

template <class T, class Shapes>
struct DepthwiseForward {
  static bool suits(const ConvGeometry& g) { return depthwise_suits<Shapes>(g); }
  static Index packed_size(const ConvGeometry& g) { return g.weight_count(); }
  static void pack(const ConvGeometry& g, const T* weights, T* packed) {
    __builtin_memcpy(packed, weights, static_cast<std::size_t>(g.weight_count()) * sizeof(T));
  }

  static Index scratch_size(const ConvGeometry& g, Index) { return spread_size(g); }

  // The input with the channels of a group spread; as it lies where a group has but one.
  static Index spread_size(const ConvGeometry& g) {
    return depthwise_plain(g) ? 0 : g.in_height * g.in_width * g.group_in() * g.out_channels;
  }
  static const T* spread(const ConvGeometry& g, const T* image, T* scratch) {
    if (depthwise_plain(g)) return image;
    Spread<T, Shapes::kBytes>::pixels(g.in_height * g.in_width, g.groups, g.group_in(),
                                      g.group_out(), image, scratch);
    return scratch;
  }

  static void run(const ConvGeometry& g, Index images, const T* input, const T* packed,
                  const T* bias, Activation activation, T* output, T* scratch) {
    const Index depth = g.group_in();
    const Index wide = depth * g.out_channels;
    for (Index image = 0; image < images; ++image) {
      LaneMaps<T, Shapes>::correlate({forward_rows(g), forward_columns(g), depth, g.out_channels,
                                      spread(g, input + image * g.in_size(), scratch),
                                      g.in_width * wide, packed, g.kernel_width * wide, wide, bias,
                                      activation, output + image * g.out_size(),
                                      g.out_width * g.out_channels, g.out_channels});
    }
  }
};

template <class T, class Shapes>
struct DepthwiseData {
  static bool suits(const ConvGeometry& g) { return depthwise_suits<Shapes>(g); }
  static Index packed_size(const ConvGeometry& g) { return g.weight_count(); }

  // [kernel row][kernel column][output channel of the group][input channel].
  static void pack(const ConvGeometry& g, const T* weights, T* packed) {
    const Index in = g.group_in();
    const Index out = g.group_out();
    for (Index tap = 0; tap < g.kernel_height * g.kernel_width; ++tap) {
      for (Index o = 0; o < out; ++o) {
        for (Index c = 0; c < g.in_channels; ++c) {
          *packed++ = weights[(tap * in + c % in) * g.out_channels + c / in * out + o];
        }
      }
    }
  }

  static Index scratch_size(const ConvGeometry& g, Index) {
    return depthwise_plain(g) ? 0 : g.out_pixels() * g.group_out() * g.in_channels;
  }

  static void run(const ConvGeometry& g, Index images, const T* grad_output, const T* packed,
                  T* grad_input, T* scratch) {
    const Index depth = g.group_out();
    const Index wide = depth * g.in_channels;
    for (Index image = 0; image < images; ++image, grad_input += g.in_size()) {
      const T* source = grad_output + image * g.out_size();
      if (!depthwise_plain(g)) {
        Spread<T, Shapes::kBytes>::pixels(g.out_pixels(), g.groups, depth, g.group_in(), source,
                                          scratch);
        source = scratch;
      }
      for_each_phase(g, [&](const PhaseTaps& rows, const PhaseTaps& columns) {
        const Index last_row = rows.first + (rows.count - 1) * rows.step;
        const Index last_column = columns.first + (columns.count - 1) * columns.step;
        const bool none = rows.count == 0 || columns.count == 0;
        LaneMaps<T, Shapes>::correlate(
            {backward_axis(rows, g.stride_height, g.dilation_height, g.pad_top, g.out_height),
             backward_axis(columns, g.stride_width, g.dilation_width, g.pad_left, g.out_width),
             depth,
             g.in_channels,
             source,
             g.out_width * wide,
             none ? packed : packed + (last_row * g.kernel_width + last_column) * wide,
             -rows.step * g.kernel_width * wide,
             -columns.step * wide,
             nullptr,
             {},
             grad_input + (rows.first_input * g.in_width + columns.first_input) * g.in_channels,
             g.stride_height * g.in_width * g.in_channels,
             g.stride_width * g.in_channels});
      });
    }
  }
};

}  // namespace
}  // namespace cnnx
