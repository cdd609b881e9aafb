// Matrices packed for the tile of tile.h: panel after panel, each [depth][width], zero padded.
#pragma once

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/tile.h"
#include "cnnx/kernels/transpose.h"

namespace cnnx {
namespace {

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

// Packs the matrix whose element in row k and column n is weight(k, n).
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

// Packs a matrix that lies in rows, `stride` elements apart.
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

// Packs the transpose of a matrix that lies in rows: `columns` of them, `stride` elements apart.
template <class Shapes, class T>
T* pack_transposed_panels(Index depth, Index columns, const T* rows, Index stride, T* packed) {
  for (Index p = 0; p < Shapes::panel_count(columns); ++p) {
    const Panel panel = Shapes::panel(columns, p);
    transpose_copy<T, Shapes::kBytes>(panel.lanes, depth, panel.width, rows + panel.column * stride,
                                      stride, packed, panel.width);
    packed += depth * panel.width;
  }
  return packed;
}

}  // namespace
}  // namespace cnnx
