// Gradient of the weights: for each tap and channel of the input, and each output channel, a sum
// over all pixels. The rows of the tile are taps; the pixels of a few rows are walked at a time, so
// that their packed gradients stay in the first-level cache.
#pragma once

#include "cnnx/kernels/conv/padding.h"
#include "cnnx/kernels/conv/panels.h"
#include "cnnx/kernels/table.h"
#include "cnnx/kernels/tile.h"

namespace cnnx {
namespace {

// Packs: the gradients of the outputs are packed into panels first.
template <class T, class Shapes, bool Packs>
struct ConvWeights {
  static Index scratch_size(const ConvGeometry& g, Index images) {
    const Index packed = g.out_pixels() * Shapes::packed_columns(g.group_out());
    return images *
               (padded_size(forward_pad(g), g.in_channels) + (Packs ? round_up(packed, 16) : 0)) +
           round_up(g.depth(), 16) * static_cast<Index>(sizeof(Index) / sizeof(T));
  }

  static void run(const ConvGeometry& g, Index images, const T* input, const T* grad_output,
                  T* accumulator, bool accumulate, T* scratch) {
    const Padded pad = forward_pad(g);
    const Index in = g.group_in();
    const Index out = g.group_out();
    const Index row = pad.columns * g.in_channels;
    const Index depth = g.depth();

    Index* offsets = reinterpret_cast<Index*>(scratch);
    for (Index k = 0; k < depth; ++k) {
      const Index tap = k / in;
      offsets[k] = tap / g.kernel_width * g.dilation_height * row +
                   tap % g.kernel_width * g.dilation_width * g.in_channels + k % in;
    }
    scratch += round_up(depth, 16) * static_cast<Index>(sizeof(Index) / sizeof(T));

    const T* source = input;
    if (pad.needed) {
      pad_images(pad, images, g.in_height, g.in_width, g.in_channels, input, scratch);
      source = scratch;
      scratch += images * padded_size(pad, g.in_channels);
    }
    source += (pad.lead_rows - g.pad_top) * row + (pad.lead_columns - g.pad_left) * g.in_channels;

    // The sum runs over rows of pixels, in blocks whose gradients stay in the first-level cache.
    const Index block_rows = smaller(g.out_height, larger<Index>(1, ceil_div(128, g.out_width)));
    for (Index group = 0; group < g.groups; ++group) {
      if constexpr (Packs) {
        pack_row_panels<Shapes>(images * g.out_pixels(), out, grad_output + group * out,
                                g.out_channels, scratch);
      }
      bool keep = accumulate;
      for (Index image = 0; image < images; ++image) {
        for (Index first = 0; first < g.out_height; first += block_rows) {
          const Index rows = smaller(block_rows, g.out_height - first);
          const T* base =
              source + group * in + image * pad.rows * row + first * g.stride_height * row;
          const Walk walk{.count = {1, rows, g.out_width},
                          .step = {0, g.stride_height * row, g.stride_width * g.in_channels}};
          outer(g, base, offsets, walk, Packs ? scratch : grad_output,
                (image * g.out_height + first) * g.out_width, images * g.out_pixels(),
                accumulator + group * out, keep);
          keep = true;
        }
      }
    }
  }

  // accumulator (+)= the products of every tap with every output channel over one walk of pixels.
  static void outer(const ConvGeometry& g, const T* base, const Index* offsets, const Walk& walk,
                    const T* grads, Index first_pixel, Index pixels, T* accumulator,
                    bool accumulate) {
    const T* a[Shapes::kMostRows];
    T* target[Shapes::kMostRows];
    const Index out = g.group_out();
    for (Index p = 0; p < Shapes::panel_count(out); ++p) {
      const Panel panel = Shapes::panel(out, p);
      const Index stride = Packs ? panel.width : g.out_channels;
      const T* b = grads + pixels * panel.column + first_pixel * stride;
      const TileArgs<T> args{.a = a,
                             .out = target,
                             .walk = walk,
                             .b = b,
                             .b_stride = stride,
                             .accumulate = accumulate,
                             .lanes = panel.lanes};
      for_each_tile(g.depth(), Shapes::kRows[panel.shape], [&](Index first, int rows) {
        for (int m = 0; m < rows; ++m) {
          a[m] = base + offsets[first + m];
          target[m] = accumulator + (first + m) * g.out_channels + panel.column;
        }
        Shapes::pick(panel.shape, rows)(args);
      });
    }
  }

  static constexpr ConvWeightsKernel<T> kernel() {
    return {.name = Packs ? "packed" : "plain", .scratch_size = scratch_size, .run = run};
  }
};

// Where one panel takes all output channels, the gradients serve as they lie; what a vector reads
// beyond the last channel are dropped lanes.
template <class T, class Shapes>
ConvWeightsKernel<T> select_conv_weights(const ConvGeometry& g) {
  return g.groups > 1 || Shapes::panel_count(g.out_channels) > 1
             ? ConvWeights<T, Shapes, true>::kernel()
             : ConvWeights<T, Shapes, false>::kernel();
}

}  // namespace
}  // namespace cnnx
