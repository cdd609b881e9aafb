// Direct convolution, any stride, padding, dilation and groups, as gathers over zero-padded copies
// of the images (see tile.h). The copies are skipped where no padding is asked for.
#pragma once

#include "cnnx/kernels/table.h"
#include "cnnx/kernels/tile.h"

namespace cnnx {
namespace {

// An image with room around it: `lead` rows and columns before, and space for every tap after.
struct Padded {
  Index lead_rows, lead_columns;
  Index rows, columns;  // of the padded image
  bool needed;          // false: the image itself serves
};

inline Padded pad_plan(Index in_rows, Index in_columns, Index first_row, Index last_row,
                       Index first_column, Index last_column) {
  const Index lead_rows = larger<Index>(0, -first_row);
  const Index lead_columns = larger<Index>(0, -first_column);
  const Index rows = lead_rows + larger(in_rows, last_row + 1);
  const Index columns = lead_columns + larger(in_columns, last_column + 1);
  return {lead_rows, lead_columns, rows, columns, rows != in_rows || columns != in_columns};
}

template <class T>
void pad_images(const Padded& pad, Index images, Index rows, Index columns, Index channels,
                const T* from, T* to) {
  const Index row = columns * channels;
  const Index before = pad.lead_columns * channels;
  const Index after = pad.columns * channels - before - row;
  for (Index image = 0; image < images; ++image) {
    __builtin_memset(to, 0,
                     static_cast<std::size_t>(pad.lead_rows * pad.columns * channels) * sizeof(T));
    to += pad.lead_rows * pad.columns * channels;
    for (Index r = 0; r < rows; ++r) {
      __builtin_memset(to, 0, static_cast<std::size_t>(before) * sizeof(T));
      __builtin_memcpy(to + before, from, static_cast<std::size_t>(row) * sizeof(T));
      __builtin_memset(to + before + row, 0, static_cast<std::size_t>(after) * sizeof(T));
      from += row;
      to += before + row + after;
    }
    const Index rest = (pad.rows - pad.lead_rows - rows) * pad.columns * channels;
    __builtin_memset(to, 0, static_cast<std::size_t>(rest) * sizeof(T));
    to += rest;
  }
}

// Walks over a grid of output pixels, image after image, and gives for each the place of its first
// tap in the source and its place in the target.
template <class T>
struct PixelCursor {
  const T* source;
  T* target;
  Index columns, rows;                            // of the grid
  Index source_column, source_row, source_image;  // steps
  Index target_column, target_row, target_image;
  Index column = 0, row = 0;

  void take(int count, const T** a, T** out) {
    for (int m = 0; m < count; ++m) {
      a[m] = source;
      out[m] = target;
      source += source_column;
      target += target_column;
      if (++column < columns) continue;
      column = 0;
      source += source_row - columns * source_column;
      target += target_row - columns * target_column;
      if (++row < rows) continue;
      row = 0;
      source += source_image - rows * source_row;
      target += target_image - rows * target_row;
    }
  }
};

// Copies one row of a panel and fills it up with zeros.
template <int Widest, class T>
void copy_lanes(const T* from, int lanes, int width, T* to) {
  if (lanes == Widest) {
    for (int n = 0; n < Widest; ++n) to[n] = from[n];
    return;
  }
  for (int n = 0; n < lanes; ++n) to[n] = from[n];
  for (int n = lanes; n < width; ++n) to[n] = T{0};
}

// Packed weights of one product: panel after panel, each [depth][width], zero padded.
// `weight(k, n)` is the element in row k and column n.
template <class Shapes, class T, class Weight>
T* pack_panels(Index depth, Index columns, T* packed, Weight&& weight) {
  for (Index p = 0; p < Shapes::panel_count(columns); ++p) {
    const Panel panel = Shapes::panel(columns, p);
    for (Index k = 0; k < depth; ++k) {
      for (int n = 0; n < panel.width; ++n) {
        *packed++ = n < panel.lanes ? weight(k, panel.column + n) : T{0};
      }
    }
  }
  return packed;
}

// The same for a matrix that already lies in rows, `stride` elements apart.
template <class Shapes, class T>
T* pack_row_panels(Index depth, Index columns, const T* rows, Index stride, T* packed) {
  for (Index p = 0; p < Shapes::panel_count(columns); ++p) {
    const Panel panel = Shapes::panel(columns, p);
    const T* from = rows + panel.column;
    for (Index k = 0; k < depth; ++k, from += stride, packed += panel.width) {
      copy_lanes<Shapes::kWidest>(from, panel.lanes, panel.width, packed);
    }
  }
  return packed;
}

// Activations that a tile applies by itself; the others follow as a pass over the outputs.
inline bool rectifies(Activation activation) {
  return activation.kind == ActivationKind::relu || activation.kind == ActivationKind::leaky_relu;
}

inline double rectifier_slope(Activation activation) {
  return activation.kind == ActivationKind::leaky_relu ? activation.alpha : 0.0;
}

// The taps of one stride phase along one axis in the transposed convolution. An input position i
// with (i + pad) % stride == phase takes part in the outputs o = (i + pad - tap * dilation) /
// stride of the taps tap = first, first + step, ..., and o falls by `shift` from one tap to the
// next.
struct PhaseTaps {
  Index first, step, count, shift;
  Index first_input;  // smallest i >= 0 of the phase
  Index inputs;       // how many i of the phase there are
};

inline PhaseTaps phase_taps(Index phase, Index size, Index kernel, Index stride, Index dilation,
                            Index pad) {
  PhaseTaps taps{0, 1, 0, 0, 0, 0};
  taps.first_input = ((phase - pad) % stride + stride) % stride;
  taps.inputs = taps.first_input < size ? (size - taps.first_input - 1) / stride + 1 : 0;
  Index second = -1;
  taps.first = -1;
  for (Index tap = 0; tap < kernel; ++tap) {
    if ((tap * dilation) % stride != phase) continue;
    if (taps.first < 0)
      taps.first = tap;
    else if (second < 0)
      second = tap;
    ++taps.count;
  }
  if (taps.count > 1) {
    taps.step = second - taps.first;
    taps.shift = taps.step * dilation / stride;
  }
  return taps;
}

template <class T, class Shapes>
struct ConvDirect {
  using Geometry = ConvGeometry;

  // Images worked on together: enough pixels to fill tiles where the maps are small.
  static Index together(Index images, Index pixels) {
    return smaller(images, larger<Index>(1, ceil_div(64, pixels)));
  }

  static Padded forward_pad(const Geometry& g) {
    return pad_plan(
        g.in_height, g.in_width, -g.pad_top,
        (g.out_height - 1) * g.stride_height - g.pad_top +
            (g.kernel_height - 1) * g.dilation_height,
        -g.pad_left,
        (g.out_width - 1) * g.stride_width - g.pad_left + (g.kernel_width - 1) * g.dilation_width);
  }

  // Rows and columns of grad_output that a position of grad_input may ask for.
  static Padded backward_pad(const Geometry& g) {
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

  static Index padded_size(const Padded& pad, Index channels) {
    return pad.needed ? round_up(pad.rows * pad.columns * channels, 16) : 0;
  }

  static Index packed_size(const Geometry& g, ConvPass pass) {
    if (pass == ConvPass::forward) {
      return g.groups * g.depth() * Shapes::packed_columns(g.group_out());
    }
    if (pass == ConvPass::backward_data) {
      return g.groups * g.kernel_height * g.kernel_width * g.group_out() *
             Shapes::packed_columns(g.group_in());
    }
    return 0;
  }

  static void pack(const Geometry& g, ConvPass pass, const T* weights, T* packed) {
    const Index in = g.group_in();
    const Index out = g.group_out();
    for (Index group = 0; group < g.groups; ++group) {
      if (pass == ConvPass::forward) {
        packed =
            pack_row_panels<Shapes>(g.depth(), out, weights + group * out, g.out_channels, packed);
        continue;
      }
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

  static Index scratch_size(const Geometry& g, ConvPass pass, Index images) {
    if (pass == ConvPass::forward) {
      return together(images, g.out_pixels()) * padded_size(forward_pad(g), g.in_channels);
    }
    if (pass == ConvPass::backward_data) {
      return together(images, g.in_height * g.in_width) *
             padded_size(backward_pad(g), g.out_channels);
    }
    return images *
               (padded_size(forward_pad(g), g.in_channels) +
                round_up(g.out_pixels() * g.groups * Shapes::packed_columns(g.group_out()), 16)) +
           round_up(g.depth(), 16) * static_cast<Index>(sizeof(Index) / sizeof(T));
  }

  // All pixels of a grid against all panels of packed weights.
  static void gather(const PixelCursor<T>& start, Index pixels, Index columns, const Walk& walk,
                     const T* packed, const T* bias, Activation activation) {
    const Index depth = walk.count[0] * walk.count[1] * walk.count[2];
    const T* a[Shapes::kMostRows];
    T* out[Shapes::kMostRows];
    for (Index p = 0; p < Shapes::panel_count(columns); ++p) {
      const Panel panel = Shapes::panel(columns, p);
      PixelCursor<T> cursor = start;
      cursor.target += panel.column;
      TileArgs<T> args{a,
                       out,
                       walk,
                       packed,
                       panel.width,
                       bias ? bias + panel.column : nullptr,
                       false,
                       rectifies(activation),
                       static_cast<T>(rectifier_slope(activation)),
                       panel.lanes};
      for_each_tile(pixels, Shapes::kRows[panel.shape], [&](Index, int rows) {
        cursor.take(rows, a, out);
        Shapes::pick(panel.shape, rows)(args);
      });
      packed += depth * panel.width;
    }
  }

  static void forward(const Geometry& g, Index images, const T* input, const T* packed,
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
        gather(cursor, count * g.out_pixels(), out, walk,
               packed + group * g.depth() * Shapes::packed_columns(out),
               bias ? bias + group * out : nullptr, activation);
      }
    }
  }

  // Calls body(row taps, column taps) for every stride phase that has positions in the input.
  template <class Body>
  static void for_each_phase(const Geometry& g, Body&& body) {
    for (Index y = 0; y < g.stride_height; ++y) {
      const PhaseTaps rows = phase_taps(y, g.in_height, g.kernel_height, g.stride_height,
                                        g.dilation_height, g.pad_top);
      for (Index x = 0; x < g.stride_width; ++x) {
        const PhaseTaps columns =
            phase_taps(x, g.in_width, g.kernel_width, g.stride_width, g.dilation_width, g.pad_left);
        body(rows, columns);
      }
    }
  }

  static void backward_data(const Geometry& g, Index images, const T* grad_output, const T* packed,
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
          if (pixels > 0) gather(cursor, count * pixels, in, walk, weights, nullptr, {});
          weights += taps * out * Shapes::packed_columns(in);
        });
      }
    }
  }

  static void backward_weights(const Geometry& g, Index images, const T* input,
                               const T* grad_output, T* accumulator, bool accumulate, T* scratch) {
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
      pack_row_panels<Shapes>(images * g.out_pixels(), out, grad_output + group * out,
                              g.out_channels, scratch);
      bool keep = accumulate;
      for (Index image = 0; image < images; ++image) {
        for (Index first = 0; first < g.out_height; first += block_rows) {
          const Index rows = smaller(block_rows, g.out_height - first);
          const T* base =
              source + group * in + image * pad.rows * row + first * g.stride_height * row;
          const Walk walk{{1, rows, g.out_width},
                          {0, g.stride_height * row, g.stride_width * g.in_channels}};
          outer(g, base, offsets, walk, scratch, (image * g.out_height + first) * g.out_width,
                images * g.out_pixels(), accumulator + group * out, keep);
          keep = true;
        }
      }
    }
  }

  // accumulator (+)= the products of every tap with every output channel over one walk of pixels.
  static void outer(const Geometry& g, const T* base, const Index* offsets, const Walk& walk,
                    const T* packed, Index first_pixel, Index pixels, T* accumulator,
                    bool accumulate) {
    const T* a[Shapes::kMostRows];
    T* target[Shapes::kMostRows];
    const Index out = g.group_out();
    for (Index p = 0; p < Shapes::panel_count(out); ++p) {
      const Panel panel = Shapes::panel(out, p);
      const T* b = packed + pixels * panel.column + first_pixel * panel.width;
      const TileArgs<T> args{a,       target,     walk,  b,    panel.width,
                             nullptr, accumulate, false, T{0}, panel.lanes};
      for_each_tile(g.depth(), Shapes::kRows[panel.shape], [&](Index first, int rows) {
        for (int m = 0; m < rows; ++m) {
          a[m] = base + offsets[first + m];
          target[m] = accumulator + (first + m) * g.out_channels + panel.column;
        }
        Shapes::pick(panel.shape, rows)(args);
      });
    }
  }

  static constexpr ConvKernel<T> kernel() {
    return {packed_size, pack, scratch_size, forward, backward_data, backward_weights};
  }
};

}  // namespace
}  // namespace cnnx
