// Gradient of the input, gathered: each input position collects from the outputs it took part in.
// With a stride they do so phase by phase (phases.h).
#pragma once

#include "cnnx/kernels/conv/gather.h"
#include "cnnx/kernels/conv/padding.h"
#include "cnnx/kernels/conv/panels.h"
#include "cnnx/kernels/conv/phases.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

template <class T, class Shapes>
struct ConvDataGather {
  // Rows and columns of grad_output that a position of grad_input may ask for.
  static Padded backward_pad(const ConvGeometry& g) {
    const auto lowest = [](Index kernel, Index dilation, Index stride, Index pad) {
      const Index reach = pad - (kernel - 1) * dilation;
      return reach >= 0 ? Index{0} : -ceil_div(-reach, stride);
    };
    return pad_plan(g.out_height, g.out_width,
                    lowest(g.kernel_height, g.dilation_height, g.stride_height, g.pad_top),
                    (g.in_height - 1 + g.pad_top) / g.stride_height,
                    lowest(g.kernel_width, g.dilation_width, g.stride_width, g.pad_left),
                    (g.in_width - 1 + g.pad_left) / g.stride_width);
  }

  static Index packed_size(const ConvGeometry& g) {
    return g.groups * g.kernel_height * g.kernel_width * g.group_out() *
           Shapes::packed_columns(g.group_in());
  }

  // Multiply-adds of an image, those of padded lanes and zero pixels included.
  static Index cost(const ConvGeometry& g) {
    Index cost = 0;
    for_each_phase(g, [&](const PhaseTaps& rows, const PhaseTaps& columns) {
      cost += rows.inputs * columns.inputs * rows.count * columns.count;
    });
    return cost * g.groups * g.group_out() * Shapes::packed_columns(g.group_in());
  }

  static void pack(const ConvGeometry& g, const T* weights, T* packed) {
    const Index in = g.group_in();
    const Index out = g.group_out();
    for (Index group = 0; group < g.groups; ++group) {
      for_each_phase(g, [&](const PhaseTaps& rows, const PhaseTaps& columns) {
        packed = pack_panels<Shapes>(
            rows.count * columns.count * out, in, packed, [&](Index k, Index n) {
              const Index tap = k / out;
              const Index row = rows.first + tap / columns.count * rows.step;
              const Index column = columns.first + tap % columns.count * columns.step;
              return weights[((row * g.kernel_width + column) * in + n) * g.out_channels +
                             group * out + k % out];
            });
      });
    }
  }

  static Index scratch_size(const ConvGeometry& g, Index images) {
    return together(images, g.in_height * g.in_width) *
           padded_size(backward_pad(g), g.out_channels);
  }

  static void run(const ConvGeometry& g, Index images, const T* grad_output, const T* packed,
                  T* grad_input, T* scratch) {
    const Padded pad = backward_pad(g);
    const Index step = together(images, g.in_height * g.in_width);
    const Index in = g.group_in();
    const Index out = g.group_out();
    const Index row = pad.columns * g.out_channels;
    for (Index first = 0; first < images; first += step) {
      const Index count = smaller(step, images - first);
      const T* source = grad_output + first * g.out_size();
      if (pad.needed) {
        pad_images(pad, count, g.out_height, g.out_width, g.out_channels, source, scratch);
        source = scratch;
      }
      const T* weights = packed;
      for (Index group = 0; group < g.groups; ++group) {
        for_each_phase(g, [&](const PhaseTaps& rows, const PhaseTaps& columns) {
          const Index taps = rows.count * columns.count;
          const Index pixels = rows.inputs * columns.inputs;
          T* target = grad_input + first * g.in_size() + group * in +
                      (rows.first_input * g.in_width + columns.first_input) * g.in_channels;
          // Output reached from the phase's first input through its first tap.
          const Index y =
              (rows.first_input + g.pad_top - rows.first * g.dilation_height) / g.stride_height;
          const Index x = (columns.first_input + g.pad_left - columns.first * g.dilation_width) /
                          g.stride_width;
          const T* from = source + group * out;
          if (taps > 0) {
            from += (y + pad.lead_rows) * row + (x + pad.lead_columns) * g.out_channels;
          }
          const PixelCursor<T> cursor{from,
                                      target,
                                      columns.inputs,
                                      rows.inputs,
                                      g.out_channels,
                                      row,
                                      pad.rows * row,
                                      g.stride_width * g.in_channels,
                                      g.stride_height * g.in_width * g.in_channels,
                                      g.in_size()};
          const Walk walk{{rows.count, columns.count, out},
                          {-rows.shift * row, -columns.shift * g.out_channels, 1}};
          if (pixels > 0)
            gather_product<T, Shapes>(cursor, count * pixels, in, walk, weights, nullptr, {});
          weights += taps * out * Shapes::packed_columns(in);
        });
      }
    }
  }
};

}  // namespace
}  // namespace cnnx
