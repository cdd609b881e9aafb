// Direct convolution forward: each output pixel gathers its taps.
#pragma once

#include "cnnx/kernels/conv/gather.h"
#include "cnnx/kernels/conv/padding.h"
#include "cnnx/kernels/conv/panels.h"
#include "cnnx/kernels/conv/tap_axis.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

template <class T, class Shapes>
struct ConvForward {
  static Index packed_size(const ConvGeometry& g) {
    return g.groups * g.depth() * Shapes::packed_columns(g.group_out());
  }

  static void pack(const ConvGeometry& g, const T* weights, T* packed) {
    for (Index group = 0; group < g.groups; ++group) {
      packed = pack_row_panels<Shapes>(g.depth(), g.group_out(), weights + group * g.group_out(),
                                       g.out_channels, packed);
    }
  }

  static Index scratch_size(const ConvGeometry& g, Index images) {
    return together(images, g.out_pixels()) * padded_size(forward_columns_pad(g), g.in_channels);
  }

  static void run(const ConvGeometry& g, Index images, const T* input, const T* packed,
                  const T* bias, Activation activation, T* output, T* scratch) {
    const Padded pad = forward_columns_pad(g);
    const Index step = together(images, g.out_pixels());
    for (Index first = 0; first < images; first += step) {
      const Index count = smaller(step, images - first);
      const T* source = input + first * g.in_size();
      if (pad.needed) {
        pad_images(pad, count, g.in_height, g.in_width, g.in_channels, source, scratch);
        source = scratch;
      }
      // The padded image begins at column -lead; the first tap of output column 0 is at -pad.
      source += (pad.lead_columns - g.pad_left) * g.in_channels;
      for (Index group = 0; group < g.groups; ++group) {
        run_group(g, pad, count, source + group * g.group_in(),
                  packed + group * g.depth() * Shapes::packed_columns(g.group_out()),
                  bias ? bias + group * g.group_out() : nullptr, activation,
                  output + first * g.out_size() + group * g.group_out());
      }
    }
  }

  // Rows of outputs that meet the same rows of taps are worked on together.
  static void run_group(const ConvGeometry& g, const Padded& pad, Index images, const T* source,
                        const T* packed, const T* bias, Activation activation, T* output) {
    const Index in = g.group_in();
    const Index row = pad.columns * g.in_channels;
    const bool whole_rows = g.dilation_width == 1 && g.groups == 1;
    const TapAxis axis = forward_rows(g);
    axis.for_each_run([&](Index y, Index end, const TapAxis::Range& taps) {
      const Index count = taps.end - taps.begin;
      const Walk walk =
          whole_rows ? Walk{.count = {1, count, g.kernel_width * in},
                            .step = {0, g.dilation_height * row, 1}}
                     : Walk{.count = {count, g.kernel_width, in},
                            .step = {g.dilation_height * row, g.dilation_width * g.in_channels, 1}};
      const PixelCursor<T> cursor{.source = source + axis.input(y, taps.begin) * row,
                                  .target = output + y * g.out_width * g.out_channels,
                                  .columns = g.out_width,
                                  .rows = end - y,
                                  .source_column = g.stride_width * g.in_channels,
                                  .source_row = g.stride_height * row,
                                  .source_image = pad.rows * row,
                                  .target_column = g.out_channels,
                                  .target_row = g.out_width * g.out_channels,
                                  .target_image = g.out_size()};
      const PackedRows<T> weights{
          .packed = packed, .depth = g.depth(), .first = taps.begin * g.kernel_width * in};
      gather_product<T, Shapes>(cursor, images * (end - y) * g.out_width, g.group_out(), walk,
                                weights, bias, activation);
    });
  }

  static constexpr ConvForwardKernel<T> kernel() {
    return {.name = "gather",
            .packed_size = packed_size,
            .pack = pack,
            .scratch_size = scratch_size,
            .run = run};
  }
};

}  // namespace
}  // namespace cnnx
