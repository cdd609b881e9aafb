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
  // Columns of grad_output that a position of grad_input may ask for.
  static Padded backward_pad(const ConvGeometry& g) {
    const Index reach = g.pad_left - (g.kernel_width - 1) * g.dilation_width;
    return pad_plan(g.out_height, g.out_width, 0, g.out_height - 1,
                    reach >= 0 ? 0 : -ceil_div(-reach, g.stride_width),
                    (g.in_width - 1 + g.pad_left) / g.stride_width);
  }

  static Index packed_size(const ConvGeometry& g) {
    return g.groups * g.kernel_height * g.kernel_width * g.group_out() *
           Shapes::packed_columns(g.group_in());
  }

  // Multiply-adds of vectors for an image.
  static Index cost(const ConvGeometry& g) {
    Index cost = 0;
    for_each_phase(g, [&](const PhaseTaps& rows, const PhaseTaps& columns) {
      cost += rows.inputs * columns.inputs * rows.count * columns.count;
    });
    return cost * g.groups * g.group_out() *
           ceil_div(Shapes::packed_columns(g.group_in()), Shapes::kLane);
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
          run_phase(g, pad, rows, columns, count, source + group * g.group_out(), weights,
                    grad_input + first * g.in_size() + group * g.group_in());
          weights +=
              rows.count * columns.count * g.group_out() * Shapes::packed_columns(g.group_in());
        });
      }
    }
  }

  // Rows of inputs that meet the same rows of taps are worked on together.
  static void run_phase(const ConvGeometry& g, const Padded& pad, const PhaseTaps& rows,
                        const PhaseTaps& columns, Index images, const T* source, const T* packed,
                        T* grad_input) {
    if (columns.inputs == 0) return;
    const Index out = g.group_out();
    const Index row = pad.columns * g.out_channels;
    const Index depth = rows.count * columns.count * out;
    // Column of outputs reached from the phase's first input through its first tap.
    const Index x = columns.count == 0
                        ? 0
                        : (columns.first_input + g.pad_left - columns.first * g.dilation_width) /
                              g.stride_width;
    const TapAxis axis =
        backward_axis(rows, g.stride_height, g.dilation_height, g.pad_top, g.out_height);
    axis.for_each_run([&](Index y, Index end, const TapAxis::Range& met) {
      // The axis counts taps from the last to the first, the weights the other way around.
      const Index first_tap = rows.count - met.end;
      const Index count = met.end - met.begin;
      const T* from = source + (x + pad.lead_columns) * g.out_channels;
      if (count > 0) from += axis.input(y, met.end - 1) * row;
      T* to = grad_input +
              ((rows.first_input + y * g.stride_height) * g.in_width + columns.first_input) *
                  g.in_channels;
      const PixelCursor<T> cursor{.source = from,
                                  .target = to,
                                  .columns = columns.inputs,
                                  .rows = end - y,
                                  .source_column = g.out_channels,
                                  .source_row = row,
                                  .source_image = pad.rows * row,
                                  .target_column = g.stride_width * g.in_channels,
                                  .target_row = g.stride_height * g.in_width * g.in_channels,
                                  .target_image = g.in_size()};
      const Walk walk{.count = {count, columns.count, out},
                      .step = {-rows.shift * row, -columns.shift * g.out_channels, 1}};
      const PackedRows<T> weights{
          .packed = packed, .depth = depth, .first = first_tap * columns.count * out};
      gather_product<T, Shapes>(cursor, images * (end - y) * columns.inputs, g.group_in(), walk,
                                weights, nullptr, {});
    });
  }

  static constexpr ConvDataKernel<T> kernel() {
    return {.name = "gather",
            .packed_size = packed_size,
            .pack = pack,
            .scratch_size = scratch_size,
            .run = run};
  }
};

}  // namespace
}  // namespace cnnx
