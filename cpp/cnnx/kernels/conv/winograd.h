// The products of Winograd's convolution (winograd_transforms.h has the formulas): every place f is
// a matrix product of its own, done by the tile of tile.h over filters that are packed for it.
#pragma once

#include "cnnx/kernels/conv/winograd_transforms.h"
#include "cnnx/kernels/table.h"
#include "cnnx/kernels/tile.h"
#include "cnnx/kernels/transpose.h"

namespace cnnx {
namespace {

template <class T, int Bytes, class Shapes>
struct Winograd {
  using Transforms = WinogradTransforms<T, Bytes>;
  using V = typename Transforms::V;
  using Geometry = ConvGeometry;
  static constexpr int kLane = Transforms::kLane;

  // Packed U: for each place, panel after panel, each [depth][width].
  static Index place_packed(Index depth, Index columns) {
    return depth * Shapes::packed_columns(columns);
  }

  // U of a block of input channels, packed for the product forward (rows: input channels, columns:
  // output channels) and, where it is wanted, for the one backward (rows and columns exchanged).
  static void transform_filters(const Geometry& g, Index task, const T* weights, T* forward,
                                T* backward) {
    const Index in = g.in_channels;
    const Index out = g.out_channels;
    const Index first = task * kLane;
    const int count = Transforms::lanes_at(first, in);
    for (Index column = 0; column < out; column += kLane) {
      const int lanes = Transforms::lanes_at(column, out);
      V values[36][kLane];
      Transforms::filters(g, weights + first * out + column, count, lanes, values);
      for (int f = 0; f < 36; ++f) {
        store_packed(out, in, f, column, first, count, values[f], forward);
        if (backward == nullptr) continue;
        transpose(values[f]);
        store_packed(in, out, f, first, column, lanes, values[f], backward);
      }
    }
  }

  // Writes `count` rows of a block of columns of place f into packed panels.
  static void store_packed(Index columns, Index depth, int f, Index column, Index first_row,
                           int count, const V (&rows)[kLane], T* packed) {
    const Panel panel = Shapes::panel(columns, column / Shapes::kWidest);
    T* to = packed + f * depth * Shapes::packed_columns(columns) + panel.column * depth +
            first_row * panel.width + (column - panel.column);
    const int lanes = smaller(kLane, panel.width - static_cast<int>(column - panel.column));
    for (int i = 0; i < count; ++i) store_first(to + i * panel.width, rows[i], lanes);
  }

  // rows x columns products of one place: out = a b, with b packed in panels. Strides are those of
  // whole rows.
  static void multiply(Index rows, Index depth, Index columns, const T* a, const T* packed,
                       T* out) {
    const Index a_step = Transforms::wide(depth);
    const Index out_step = Transforms::wide(columns);
    const T* a_rows[Shapes::kMostRows];
    T* out_rows[Shapes::kMostRows];
    for (Index p = 0; p < Shapes::panel_count(columns); ++p) {
      const Panel panel = Shapes::panel(columns, p);
      const TileArgs<T> args{.a = a_rows,
                             .out = out_rows,
                             .walk = {.count = {1, 1, depth}, .step = {0, 0, 1}},
                             .b = packed,
                             .b_stride = panel.width,
                             .lanes = panel.width};
      for_each_tile(rows, Shapes::kRows[panel.shape], [&](Index first, int count) {
        aim(a, a_step, out + panel.column, out_step, first, count, a_rows, out_rows);
        Shapes::pick(panel.shape, count)(args);
      });
      packed += depth * panel.width;
    }
  }

  // dU of one place (+)= the products of all rows of V and dM: in x out.
  static void accumulate(Index tiles, Index in, Index out, const T* v, const T* m, T* sums,
                         bool keep) {
    const Index v_step = Transforms::wide(in);
    const Index m_step = Transforms::wide(out);
    const T* a_rows[Shapes::kMostRows];
    T* out_rows[Shapes::kMostRows];
    for (Index p = 0; p < Shapes::panel_count(out); ++p) {
      const Panel panel = Shapes::panel(out, p);
      const TileArgs<T> args{.a = a_rows,
                             .out = out_rows,
                             .walk = {.count = {1, 1, tiles}, .step = {0, 0, v_step}},
                             .b = m + panel.column,
                             .b_stride = m_step,
                             .accumulate = keep,
                             .lanes = panel.lanes};
      for_each_tile(in, Shapes::kRows[panel.shape], [&](Index first, int count) {
        aim(v, 1, sums + panel.column, out, first, count, a_rows, out_rows);
        Shapes::pick(panel.shape, count)(args);
      });
    }
  }

  static constexpr WinogradKernel<T> kernel() {
    return {.wide = Transforms::wide,
            .place_stride = Transforms::place_stride,
            .place_packed = place_packed,
            .filter_tasks = Transforms::filter_tasks,
            .transform_filters = transform_filters,
            .finish_filters = Transforms::finish_filters,
            .transform_input = Transforms::transform_input,
            .transform_output = Transforms::transform_output,
            .transform_grad = Transforms::transform_grad,
            .scatter_input = Transforms::scatter_input,
            .multiply = multiply,
            .accumulate = accumulate,
            .tile_rows = Shapes::kRows[0],
            .lanes = kLane};
  }
};

}  // namespace
}  // namespace cnnx
