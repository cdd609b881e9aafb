// Zero-padded copies of images: room for every tap of every output, so that kernels test no
// borders.
#pragma once

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/table.h"

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
  return {.lead_rows = lead_rows,
          .lead_columns = lead_columns,
          .rows = rows,
          .columns = columns,
          .needed = rows != in_rows || columns != in_columns};
}

template <class T>
void pad_images(const Padded& pad, Index images, Index rows, Index columns, Index channels,
                const T* from, T* to) {
  const Index row = columns * channels;
  const Index before = pad.lead_columns * channels;
  const Index after = pad.columns * channels - before - row;
  for (Index image = 0; image < images; ++image) {
    __builtin_memset(to, 0, to_size(pad.lead_rows * pad.columns * channels) * sizeof(T));
    to += pad.lead_rows * pad.columns * channels;
    for (Index r = 0; r < rows; ++r) {
      __builtin_memset(to, 0, to_size(before) * sizeof(T));
      __builtin_memcpy(to + before, from, to_size(row) * sizeof(T));
      __builtin_memset(to + before + row, 0, to_size(after) * sizeof(T));
      from += row;
      to += before + row + after;
    }
    const Index rest = (pad.rows - pad.lead_rows - rows) * pad.columns * channels;
    __builtin_memset(to, 0, to_size(rest) * sizeof(T));
    to += rest;
  }
}

// Elements of a padded image; 0 where the image itself serves.
inline Index padded_size(const Padded& pad, Index channels) {
  return pad.needed ? round_up(pad.rows * pad.columns * channels, 16) : 0;
}

// Around the input, for the taps of all outputs.
inline Padded forward_pad(const ConvGeometry& g) {
  return pad_plan(
      g.in_height, g.in_width, -g.pad_top,
      (g.out_height - 1) * g.stride_height - g.pad_top + (g.kernel_height - 1) * g.dilation_height,
      -g.pad_left,
      (g.out_width - 1) * g.stride_width - g.pad_left + (g.kernel_width - 1) * g.dilation_width);
}

// The same for kernels that leave out the rows of taps that lie above and below the image.
inline Padded forward_columns_pad(const ConvGeometry& g) {
  return pad_plan(
      g.in_height, g.in_width, 0, g.in_height - 1, -g.pad_left,
      (g.out_width - 1) * g.stride_width - g.pad_left + (g.kernel_width - 1) * g.dilation_width);
}

// Images worked on together: enough pixels to fill tiles where the maps are small.
inline Index together(Index images, Index pixels) {
  return smaller(images, larger<Index>(1, ceil_div(64, pixels)));
}

}  // namespace
}  // namespace cnnx
