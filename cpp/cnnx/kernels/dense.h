// Dense layers: the three matrix products of a batch of rows, over the tile of tile.h.
#pragma once

#include "cnnx/kernels/conv/gather.h"
#include "cnnx/kernels/conv/panels.h"
#include "cnnx/kernels/table.h"
#include "cnnx/kernels/tile.h"
#include "cnnx/kernels/transpose.h"

namespace cnnx {
namespace {

template <class T, class Shapes>
struct Dense {
  using Geometry = DenseGeometry;

  // Rows of weights that stay in the cache while a block of samples passes over them. Fixed, so
  // that a sample's sum is cut the same way in every batch.
  static constexpr Index kDepthBlock = 512;
  static constexpr Index kRowBlock = 8 * Shapes::kRows[0];

  static Index row_blocks(const Geometry& g) { return ceil_div(g.rows, kRowBlock); }

  static Index tasks(const Geometry& g, DensePass pass) {
    switch (pass) {
      case DensePass::forward:
        return row_blocks(g) * Shapes::panel_count(g.outputs);
      case DensePass::backward_data:
        return Shapes::panel_count(g.inputs);
      case DensePass::backward_weights:
        return ceil_div(g.inputs, kRowBlock);
    }
    return 0;
  }

  static Index scratch_size(const Geometry& g, DensePass pass) {
    return pass == DensePass::backward_data ? g.outputs * Shapes::kWidest : 0;
  }

  static void forward(const Geometry& g, Index task, const T* input, const T* weights,
                      const T* bias, Activation activation, T* output, T*) {
    const Index blocks = row_blocks(g);
    const Panel panel = Shapes::panel(g.outputs, task / blocks);
    const Index first_row = task % blocks * kRowBlock;
    const Index rows = smaller(kRowBlock, g.rows - first_row);
    const T* a[Shapes::kMostRows];
    T* out[Shapes::kMostRows];
    for (Index k = 0; k < g.inputs; k += kDepthBlock) {
      const Index depth = smaller(kDepthBlock, g.inputs - k);
      const bool last = k + depth == g.inputs;
      const TileArgs<T> args{.a = a,
                             .out = out,
                             .walk = {.count = {1, 1, depth}, .step = {0, 0, 1}},
                             .b = weights + k * g.outputs + panel.column,
                             .b_stride = g.outputs,
                             .bias = k == 0 && bias ? bias + panel.column : nullptr,
                             .accumulate = k > 0,
                             .rectify = last && rectifies(activation),
                             .slope = static_cast<T>(rectifier_slope(activation)),
                             .lanes = panel.lanes};
      for_each_tile(rows, Shapes::kRows[panel.shape], [&](Index first, int count) {
        aim(input + k, g.inputs, output + panel.column, g.outputs, first_row + first, count, a,
            out);
        Shapes::pick(panel.shape, count)(args);
      });
    }
  }

  static void backward_data(const Geometry& g, Index task, const T* grad_output, const T* weights,
                            T* grad_input, T* scratch) {
    const Panel panel = Shapes::panel(g.inputs, task);
    transpose_copy<T, Shapes::kBytes>(panel.lanes, g.outputs, panel.width,
                                      weights + panel.column * g.outputs, g.outputs, scratch,
                                      panel.width);
    const T* a[Shapes::kMostRows];
    T* out[Shapes::kMostRows];
    const TileArgs<T> args{.a = a,
                           .out = out,
                           .walk = {.count = {1, 1, g.outputs}, .step = {0, 0, 1}},
                           .b = scratch,
                           .b_stride = panel.width,
                           .lanes = panel.lanes};
    for_each_tile(g.rows, Shapes::kRows[panel.shape], [&](Index first, int count) {
      aim(grad_output, g.outputs, grad_input + panel.column, g.inputs, first, count, a, out);
      Shapes::pick(panel.shape, count)(args);
    });
  }

  static void backward_weights(const Geometry& g, Index task, const T* input, const T* grad_output,
                               T* grad_weights, bool accumulate, T*) {
    const Index begin = task * kRowBlock;
    const Index count = smaller(kRowBlock, g.inputs - begin);
    const T* a[Shapes::kMostRows];
    T* out[Shapes::kMostRows];
    for (Index p = 0; p < Shapes::panel_count(g.outputs); ++p) {
      const Panel panel = Shapes::panel(g.outputs, p);
      const TileArgs<T> args{.a = a,
                             .out = out,
                             .walk = {.count = {1, 1, g.rows}, .step = {0, 0, g.inputs}},
                             .b = grad_output + panel.column,
                             .b_stride = g.outputs,
                             .accumulate = accumulate,
                             .lanes = panel.lanes};
      for_each_tile(count, Shapes::kRows[panel.shape], [&](Index first, int rows) {
        aim(input, 1, grad_weights + panel.column, g.outputs, begin + first, rows, a, out);
        Shapes::pick(panel.shape, rows)(args);
      });
    }
  }

  static constexpr DenseKernel<T> kernel() {
    return {.tasks = tasks,
            .scratch_size = scratch_size,
            .forward = forward,
            .backward_data = backward_data,
            .backward_weights = backward_weights};
  }
};

}  // namespace
}  // namespace cnnx
