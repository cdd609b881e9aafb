// All output pixels of some images against all panels of weights: the product at the heart of the
// forward pass and of the input gradient.
#pragma once

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/table.h"
#include "cnnx/kernels/tile.h"

namespace cnnx {
namespace {

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
    if (column + count < columns) {  // within a row
      for (int m = 0; m < count; ++m) {
        a[m] = source + m * source_column;
        out[m] = target + m * target_column;
      }
      column += count;
      source += count * source_column;
      target += count * target_column;
      return;
    }
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

// Activations that a tile applies directly; the others follow as a pass over the outputs.
inline bool rectifies(Activation activation) {
  return activation.kind == ActivationKind::relu || activation.kind == ActivationKind::leaky_relu;
}

inline double rectifier_slope(Activation activation) {
  return activation.kind == ActivationKind::leaky_relu ? activation.alpha : 0.0;
}

// Rows of packed panels [first, first + as many as the sum has) of `depth`.
template <class T>
struct PackedRows {
  const T* packed;
  Index depth;
  Index first = 0;
};

// All pixels of a grid against all panels of packed weights.
template <class T, class Shapes>
void gather_product(const PixelCursor<T>& start, Index pixels, Index columns, const Walk& walk,
                    const PackedRows<T>& rows, const T* bias, Activation activation) {
  const T* a[Shapes::kMostRows];
  T* out[Shapes::kMostRows];
  for (Index p = 0; p < Shapes::panel_count(columns); ++p) {
    const Panel panel = Shapes::panel(columns, p);
    PixelCursor<T> cursor = start;
    cursor.target += panel.column;
    TileArgs<T> args{a,
                     out,
                     walk,
                     rows.packed + panel.column * rows.depth + rows.first * panel.width,
                     panel.width,
                     bias ? bias + panel.column : nullptr,
                     false,
                     rectifies(activation),
                     static_cast<T>(rectifier_slope(activation)),
                     panel.lanes};
    for_each_tile(pixels, Shapes::kRows[panel.shape], [&](Index, int count) {
      cursor.take(count, a, out);
      Shapes::pick(panel.shape, count)(args);
    });
  }
}

}  // namespace
}  // namespace cnnx
