// Gradient of the input, scattered: each output pixel's products with all taps are added where the
// taps lie. Better than gathering where input channels are few (the taps of a row fill vectors that
// the channels alone would not) and where outputs are fewer than inputs.
#pragma once

#include "cnnx/kernels/conv/gather.h"
#include "cnnx/kernels/conv/padding.h"
#include "cnnx/kernels/conv/panels.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

template <class T, class Shapes>
struct ConvDataScatter {
  using V = Vec<T, Shapes::kBytes>;

  static bool suits(const ConvGeometry& g) { return g.groups == 1; }

  static Index packed_size(const ConvGeometry& g) {
    return g.out_channels * Shapes::packed_columns(g.depth());
  }

  // As that of gathering. To add a vector costs about as much as six multiply-adds; a part of one
  // more, since it waits for the store before, and much more where vectors are stored in pieces.
  static Index cost(const ConvGeometry& g) {
    constexpr Index kLane = Shapes::kLane;
    constexpr Index kWhole = 6, kPart = kMasksMemory<V> ? 16 : 80;
    const bool whole_rows = g.dilation_width == 1;
    const Index run = g.in_channels * (whole_rows ? g.kernel_width : 1);
    const Index runs = g.kernel_height * (whole_rows ? 1 : g.kernel_width);
    const Index adds = runs * (run / kLane * kWhole + (run % kLane > 0 ? kPart : 0));
    const Index products = ceil_div(Shapes::packed_columns(g.depth()), kLane) * g.out_channels;
    return g.out_pixels() * (products + adds);
  }

  static void pack(const ConvGeometry& g, const T* weights, T* packed) {
    pack_transposed_panels<Shapes>(g.out_channels, g.depth(), weights, g.out_channels, packed);
  }

  // Products of the pixels of one row of outputs, and a padded image to add them to.
  static Index products_size(const ConvGeometry& g) {
    return round_up(g.out_width * product_stride(g), 16);
  }
  static Index product_stride(const ConvGeometry& g) { return Shapes::packed_columns(g.depth()); }
  static Index scratch_size(const ConvGeometry& g, Index) {
    return products_size(g) + padded_size(forward_pad(g), g.in_channels);
  }

  static void run(const ConvGeometry& g, Index images, const T* grad_output, const T* packed,
                  T* grad_input, T* scratch) {
    const Padded pad = forward_pad(g);
    const Index row = pad.columns * g.in_channels;
    const Index padded = pad.rows * row;
    T* products = scratch;
    for (Index image = 0; image < images; ++image) {
      T* sums = pad.needed ? scratch + products_size(g) : grad_input;
      __builtin_memset(sums, 0, to_size(padded) * sizeof(T));
      for (Index y = 0; y < g.out_height; ++y) {
        multiply_row(g, grad_output, packed, products);
        T* first = sums + (y * g.stride_height + pad.lead_rows - g.pad_top) * row +
                   (pad.lead_columns - g.pad_left) * g.in_channels;
        add_row(g, products, row, first);
        grad_output += g.out_width * g.out_channels;
      }
      if (pad.needed) take_inside(g, pad, sums, grad_input);
      grad_input += g.in_size();
    }
  }

  static void multiply_row(const ConvGeometry& g, const T* grad_output, const T* packed,
                           T* products) {
    const Index stride = product_stride(g);
    // A single row: steps from row to row and from image to image are never taken.
    const PixelCursor<T> cursor{.source = grad_output,
                                .target = products,
                                .columns = g.out_width,
                                .rows = 1,
                                .source_column = g.out_channels,
                                .target_column = stride};
    const Walk walk{.count = {1, 1, g.out_channels}, .step = {0, 0, 1}};
    gather_product<T, Shapes>(cursor, g.out_width, g.depth(), walk,
                              {.packed = packed, .depth = g.out_channels}, nullptr, {});
  }

  static void add_row(const ConvGeometry& g, const T* products, Index row, T* first) {
    // Taps of a row lie side by side in the image as in the product, unless dilation parts them.
    const bool whole_rows = g.dilation_width == 1;
    const Index run = g.in_channels * (whole_rows ? g.kernel_width : 1);
    const Index runs = whole_rows ? 1 : g.kernel_width;
    for (Index x = 0; x < g.out_width; ++x) {
      const T* from = products;
      for (Index ky = 0; ky < g.kernel_height; ++ky) {
        T* to = first + ky * g.dilation_height * row;
        for (Index r = 0; r < runs; ++r) {
          add(run, from, to);
          from += run;
          to += g.dilation_width * g.in_channels;
        }
      }
      products += product_stride(g);
      first += g.stride_width * g.in_channels;
    }
  }

  [[gnu::always_inline]] static inline void add(Index count, const T* from, T* to) {
    constexpr int kWidth = kLanes<T, Shapes::kBytes>;
    Index i = 0;
    for (; i + kWidth <= count; i += kWidth) store(to + i, load<V>(to + i) + load<V>(from + i));
    if (i == count) return;
    const int rest = static_cast<int>(count - i);
    store_first(to + i, load_first<V>(to + i, rest) + load_first<V>(from + i, rest), rest);
  }

  // Copies the sums of the image without the padding around it.
  static void take_inside(const ConvGeometry& g, const Padded& pad, const T* sums, T* grad_input) {
    const Index row = g.in_width * g.in_channels;
    for (Index y = 0; y < g.in_height; ++y) {
      const T* from = sums + ((y + pad.lead_rows) * pad.columns + pad.lead_columns) * g.in_channels;
      __builtin_memcpy(grad_input + y * row, from, to_size(row) * sizeof(T));
    }
  }

  static constexpr ConvDataKernel<T> kernel() {
    return {.name = "scatter",
            .packed_size = packed_size,
            .pack = pack,
            .scratch_size = scratch_size,
            .run = run};
  }
};

}  // namespace
}  // namespace cnnx
