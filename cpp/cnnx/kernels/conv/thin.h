// Forward convolution of single-channel maps into a few channels, as in the first layer of a
// digit reader: a vector holds neighbouring output pixels, so that no lane is left empty where
// output channels would fill less than half of one. The results are turned into channels-last as
// they are stored.
#pragma once

#include "cnnx/kernels/conv/gather.h"
#include "cnnx/kernels/conv/padding.h"
#include "cnnx/kernels/table.h"
#include "cnnx/kernels/tile.h"
#include "cnnx/kernels/transpose.h"

namespace cnnx {
namespace {

template <class T, class Shapes>
struct ConvThin {
  using V = Vec<T, Shapes::kBytes>;
  static constexpr int kLane = Shapes::kLane;
  static constexpr int kMostChannels = kLane / 2;
  static constexpr int kAcross = 2;  // vectors of pixels side by side: enough sums in flight

  static bool suits(const ConvGeometry& g) {
    return g.in_channels == 1 && g.stride_width == 1 && g.out_channels <= kMostChannels;
  }

  static Index packed_size(const ConvGeometry& g) { return g.weight_count(); }
  static void pack(const ConvGeometry& g, const T* weights, T* packed) {
    __builtin_memcpy(packed, weights, to_size(g.weight_count()) * sizeof(T));
  }

  // A padded image, copied even where no padding is asked for: vectors read past a row's end.
  static Index scratch_size(const ConvGeometry& g, Index) {
    const Padded pad = forward_pad(g);
    return round_up(pad.rows * pad.columns, 16) + kAcross * kLane;
  }

  template <int Channels>
  static void run(const ConvGeometry& g, Index images, const T* input, const T* packed,
                  const T* bias, Activation activation, T* output, T* scratch) {
    const Padded pad = forward_pad(g);
    const T* source =
        scratch + (pad.lead_rows - g.pad_top) * pad.columns + pad.lead_columns - g.pad_left;
    for (Index image = 0; image < images; ++image) {
      pad_images(pad, 1, g.in_height, g.in_width, 1, input, scratch);
      __builtin_memset(scratch + pad.rows * pad.columns, 0, kAcross * kLane * sizeof(T));
      for (Index y = 0; y < g.out_height; ++y) {
        const T* row = source + y * g.stride_height * pad.columns;
        for (Index x = 0; x < g.out_width; x += kAcross * kLane) {
          block<Channels>(g, row + x, pad.columns, packed, bias, activation, g.out_width - x,
                          output + x * Channels);
        }
        output += g.out_width * g.out_channels;
      }
      input += g.in_size();
    }
  }

  // kAcross vectors of pixels from `row` on, of which `pixels` exist, in all channels.
  template <int Channels>
  static void block(const ConvGeometry& g, const T* row, Index columns, const T* weights,
                    const T* bias, Activation activation, Index pixels, T* output) {
    V sum[Channels][kAcross];
    for_all<Channels, kAcross>(
        [&](int c, int x) { sum[c][x] = splat<V>(bias == nullptr ? T{0} : bias[c]); });
    for (Index ky = 0; ky < g.kernel_height; ++ky) {
      const T* from = row + ky * g.dilation_height * columns;
      for (Index kx = 0; kx < g.kernel_width; ++kx, weights += Channels) {
        V pixel[kAcross];
        for_all<1, kAcross>([&](int, int x) {
          pixel[x] = load<V>(from + kx * g.dilation_width + x * kLane);
          keep_in_register(pixel[x]);
        });
        for_all<Channels, kAcross>([&](int c, int x) { sum[c][x] += weights[c] * pixel[x]; });
      }
    }
    if (rectifies(activation)) {
      const T slope = static_cast<T>(rectifier_slope(activation));
      for_all<Channels, kAcross>([&](int c, int x) { sum[c][x] = rectified(sum[c][x], slope); });
    }
    for (int x = 0; x < kAcross; ++x) {
      V turned[kLane];
#pragma GCC unroll 16
      for (int c = 0; c < kLane; ++c) turned[c] = c < Channels ? sum[c][x] : V{};
      transpose(turned);
#pragma GCC unroll 16
      for (int p = 0; p < kLane; ++p) {
        if (x * kLane + p >= pixels) return;
        store_first(output + (x * kLane + p) * Channels, turned[p], Channels);
      }
    }
  }

  // The kernel for a number of channels.
  template <int Channels = kMostChannels>
  static ConvForwardKernel<T> select(Index channels) {
    if constexpr (Channels > 1) {
      if (channels < Channels) return select<Channels - 1>(channels);
    }
    return {.name = "thin",
            .packed_size = packed_size,
            .pack = pack,
            .scratch_size = scratch_size,
            .run = run<Channels>};
  }
};

}  // namespace
}  // namespace cnnx
