// Direct convolution forward: each output pixel gathers its taps.
#pragma once

#include "cnnx/kernels/conv/gather.h"
#include "cnnx/kernels/conv/padding.h"
#include "cnnx/kernels/conv/panels.h"
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
    return together(images, g.out_pixels()) * padded_size(forward_pad(g), g.in_channels);
  }

  static void run(const ConvGeometry& g, Index images, const T* input, const T* packed,
                  const T* bias, Activation activation, T* output, T* scratch) {
    const Padded pad = forward_pad(g);
    const Index step = together(images, g.out_pixels());
    const Index in = g.group_in();
    const Index out = g.group_out();
    const Index row = pad.columns * g.in_channels;
    const bool whole_rows = g.dilation_width == 1 && g.groups == 1;
    const Walk walk =
        whole_rows
            ? Walk{{1, g.kernel_height, g.kernel_width * in}, {0, g.dilation_height * row, 1}}
            : Walk{{g.kernel_height, g.kernel_width, in},
                   {g.dilation_height * row, g.dilation_width * g.in_channels, 1}};
    for (Index first = 0; first < images; first += step) {
      const Index count = smaller(step, images - first);
      const T* source = input + first * g.in_size();
      if (pad.needed) {
        pad_images(pad, count, g.in_height, g.in_width, g.in_channels, source, scratch);
        source = scratch;
      }
      // The padded image begins at position -lead; the first tap of output 0 is at -pad.
      source += (pad.lead_rows - g.pad_top) * row + (pad.lead_columns - g.pad_left) * g.in_channels;
      for (Index group = 0; group < g.groups; ++group) {
        const PixelCursor<T> cursor{source + group * in,
                                    output + first * g.out_size() + group * out,
                                    g.out_width,
                                    g.out_height,
                                    g.stride_width * g.in_channels,
                                    g.stride_height * row,
                                    pad.rows * row,
                                    g.out_channels,
                                    g.out_width * g.out_channels,
                                    g.out_size()};
        gather_product<T, Shapes>(cursor, count * g.out_pixels(), out, walk,
                                  packed + group * g.depth() * Shapes::packed_columns(out),
                                  bias ? bias + group * out : nullptr, activation);
      }
    }
  }
};

}  // namespace
}  // namespace cnnx
