// Convolution 3x3 with stride 1 by Winograd's minimal filtering F(4x4, 3x3): 36 products give 16
// outputs that directly take 144. Lavin, Gray, "Fast algorithms for convolutional neural networks",
// CVPR 2016; the interpolation points 0, +-a, +-b and infinity with a = 3/4, b = 3/2 instead of 1,
// 2 halve the rounding error (Barabasz, Anderson, Soodhalter, Gregg, "Error analysis and improving
// the accuracy of Winograd convolution", TOMS 2020).
//
// With g the filter, d a 6x6 patch of the input and f = 0 .. 35 the places of a 6x6 tile:
//   U = G g G^T,   V = B^T d B,   M[f] = sum over input channels of U[f] V[f],   y = A^T M A.
// Backward the same matrices work transposed:
//   dM = A dy A^T,   dU[f] = sum over tiles of V[f] dM[f],   dg = G^T dU G,
//   dV[f] = sum over output channels of U[f] dM[f],   dd = B dV B^T, added up where patches
//   overlap.
// These are the transforms; the products, one for each place f, are in winograd.h.
#pragma once

#include "cnnx/kernels/conv/gather.h"
#include "cnnx/kernels/conv/winograd_points.h"
#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/table.h"
#include "cnnx/kernels/tile.h"

namespace cnnx {
namespace {

template <class T, int Bytes>
struct WinogradTransforms {
  using V = Vec<T, Bytes>;
  using Points = WinogradPoints<T>;
  using Geometry = ConvGeometry;
  static constexpr int kLane = kLanes<T, Bytes>;

  static Index tile_rows(const Geometry& g) { return ceil_div(g.out_height, 4); }
  static Index tile_columns(const Geometry& g) { return ceil_div(g.out_width, 4); }

  // Elements of a row of V or M: whole vectors, and one more where rows would lie a power of two
  // apart and push one another out of the first-level cache.
  static Index wide(Index channels) {
    const Index whole = round_up(channels, kLane);
    return whole % (4 * kLane) == 0 ? whole + kLane : whole;
  }
  // From one place f to the next, for `tiles` tiles; the extra vector keeps powers of two apart.
  static Index place_stride(Index tiles, Index channels) { return tiles * wide(channels) + kLane; }

  // Where a tile lies on the map.
  struct Spot {
    Index image, row, column;
  };
  static Spot spot(const Geometry& g, Index tile) {
    const Index columns = tile_columns(g);
    const Index per_image = tile_rows(g) * columns;
    const Index in_image = tile % per_image;
    return {
        .image = tile / per_image, .row = in_image / columns * 4, .column = in_image % columns * 4};
  }

  // Rows (or columns) [begin, end) of a window of `size` from `first` on that lie on the map.
  struct Clip {
    int begin, end;
  };
  static Clip clip(Index first, int size, Index map) {
    return {.begin = static_cast<int>(larger<Index>(0, -first)),
            .end = static_cast<int>(smaller<Index>(size, map - first))};
  }

  // A separable transform in two dimensions: `step` along each row that read(r, row) brings, then
  // along the columns, each handed to write(c, column). The loops stay rolled up: with all 36
  // vectors in flight there are too few registers.
  template <int From, int To, class Read, class Step, class Write>
  [[gnu::always_inline]] static inline void both_ways(Read&& read, Step&& step, Write&& write) {
    V half[To][From];
#pragma GCC unroll 1
    for (int r = 0; r < From; ++r) {
      V row[From], result[To];
      read(r, row);
      step(row, result);
      for (int c = 0; c < To; ++c) half[c][r] = result[c];
    }
#pragma GCC unroll 1
    for (int c = 0; c < To; ++c) {
      V result[To];
      step(half[c], result);
      write(c, result);
    }
  }

  // Row r of a Size x Size window of a map, zero where it leaves it.
  template <int Size>
  [[gnu::always_inline]] static inline void read_row(const T* corner, Index row, Index channels,
                                                     int r, Clip rows, Clip columns, int lanes,
                                                     V (&values)[Size]) {
    const T* from = corner + r * row;
    const bool there = r >= rows.begin && r < rows.end;
    if (there && columns.begin == 0 && columns.end == Size && lanes == kLane) {
      for (int c = 0; c < Size; ++c) values[c] = load<V>(from + c * channels);
      return;
    }
    for (int c = 0; c < Size; ++c) {
      const bool inside = there && c >= columns.begin && c < columns.end;
      values[c] = inside ? load_first<V>(from + c * channels, lanes) : V{};
    }
  }

  // Row r of the 6 x 6 places of a tile.
  [[gnu::always_inline]] static inline void read_places(const T* from, Index stride, int r,
                                                        V (&values)[6]) {
    for (int c = 0; c < 6; ++c) values[c] = load<V>(from + (r * 6 + c) * stride);
  }

  // Column c of the places.
  [[gnu::always_inline]] static inline void write_places(const V (&values)[6], int c, T* to,
                                                         Index stride) {
    for (int r = 0; r < 6; ++r) store(to + (r * 6 + c) * stride, values[r]);
  }

  static int lanes_at(Index channel, Index channels) {
    return static_cast<int>(smaller<Index>(kLane, channels - channel));
  }

  // V of tiles [first, first + count): rows of V from `to` on.
  static void transform_input(const Geometry& g, Index first, Index count, const T* input, T* to,
                              Index stride) {
    const Index channels = g.in_channels;
    const Index row = g.in_width * channels;
    for (Index tile = first; tile < first + count; ++tile, to += wide(channels)) {
      const Spot at = spot(g, tile);
      const Index y = at.row - g.pad_top;
      const Index x = at.column - g.pad_left;
      const T* corner = input + at.image * g.in_size() + y * row + x * channels;
      const Clip rows = clip(y, 6, g.in_height);
      const Clip columns = clip(x, 6, g.in_width);
      for (Index c = 0; c < channels; c += kLane) {
        const int lanes = lanes_at(c, channels);
        both_ways<6, 6>(
            [&](int r, V(&d)[6]) {
              read_row(corner + c, row, channels, r, rows, columns, lanes, d);
            },
            [](const V(&d)[6], V(&t)[6]) { Points::input(d, t); },
            [&](int k, const V(&t)[6]) { write_places(t, k, to + c, stride); });
      }
    }
  }

  // Outputs of tiles [first, first + count) from rows of M, with bias and activation.
  static void transform_output(const Geometry& g, Index first, Index count, const T* from,
                               Index stride, const T* bias, Activation activation, T* output) {
    const Index channels = g.out_channels;
    const Index row = g.out_width * channels;
    const bool rectify = rectifies(activation);
    const T slope = static_cast<T>(rectifier_slope(activation));
    for (Index tile = first; tile < first + count; ++tile, from += wide(channels)) {
      const Spot at = spot(g, tile);
      T* corner = output + at.image * g.out_size() + at.row * row + at.column * channels;
      const Clip rows = clip(at.row, 4, g.out_height);
      const Clip columns = clip(at.column, 4, g.out_width);
      for (Index c = 0; c < channels; c += kLane) {
        const int lanes = lanes_at(c, channels);
        const V start = bias == nullptr ? V{} : load_first<V>(bias + c, lanes);
        both_ways<6, 4>([&](int r, V(&m)[6]) { read_places(from + c, stride, r, m); },
                        [](const V(&m)[6], V(&y)[4]) { Points::output(m, y); },
                        [&](int k, const V(&y)[4]) {
                          if (k >= columns.end) return;
                          for (int r = 0; r < rows.end; ++r) {
                            V value = y[r] + start;
                            if (rectify) value = rectified(value, slope);
                            store_first(corner + r * row + k * channels + c, value, lanes);
                          }
                        });
      }
    }
  }

  // dM of tiles [first, first + count).
  static void transform_grad(const Geometry& g, Index first, Index count, const T* grad_output,
                             T* to, Index stride) {
    const Index channels = g.out_channels;
    const Index row = g.out_width * channels;
    for (Index tile = first; tile < first + count; ++tile, to += wide(channels)) {
      const Spot at = spot(g, tile);
      const T* corner = grad_output + at.image * g.out_size() + at.row * row + at.column * channels;
      const Clip rows = clip(at.row, 4, g.out_height);
      const Clip columns = clip(at.column, 4, g.out_width);
      for (Index c = 0; c < channels; c += kLane) {
        const int lanes = lanes_at(c, channels);
        both_ways<4, 6>(
            [&](int r, V(&y)[4]) {
              read_row(corner + c, row, channels, r, rows, columns, lanes, y);
            },
            [](const V(&y)[4], V(&m)[6]) { Points::output_transposed(y, m); },
            [&](int k, const V(&m)[6]) { write_places(m, k, to + c, stride); });
      }
    }
  }

  // Adds the patches of tiles [first, first + count) to grad_input, which starts as zeros.
  static void scatter_input(const Geometry& g, Index first, Index count, const T* from,
                            Index stride, T* grad_input) {
    const Index channels = g.in_channels;
    const Index row = g.in_width * channels;
    for (Index tile = first; tile < first + count; ++tile, from += wide(channels)) {
      const Spot at = spot(g, tile);
      const Index y = at.row - g.pad_top;
      const Index x = at.column - g.pad_left;
      T* corner = grad_input + at.image * g.in_size() + y * row + x * channels;
      const Clip rows = clip(y, 6, g.in_height);
      const Clip columns = clip(x, 6, g.in_width);
      for (Index c = 0; c < channels; c += kLane) {
        const int lanes = lanes_at(c, channels);
        both_ways<6, 6>([&](int r, V(&t)[6]) { read_places(from + c, stride, r, t); },
                        [](const V(&t)[6], V(&d)[6]) { Points::input_transposed(t, d); },
                        [&](int k, const V(&d)[6]) {
                          if (k < columns.begin || k >= columns.end) return;
                          for (int r = rows.begin; r < rows.end; ++r) {
                            T* to = corner + r * row + k * channels + c;
                            store_first(to, load_first<V>(to, lanes) + d[r], lanes);
                          }
                        });
      }
    }
  }

  // Input channels whose filters are transformed together.
  static Index filter_tasks(const Geometry& g) { return ceil_div(g.in_channels, kLane); }

  // U of up to kLane input channels from `weights` on, `count` of them, and a vector of `lanes`
  // output channels: values[f][i] for place f and input channel i.
  [[gnu::always_inline]] static inline void filters(const Geometry& g, const T* weights, int count,
                                                    int lanes, V (&values)[36][kLane]) {
    const Index in = g.in_channels;
    const Index out = g.out_channels;
    for (int i = 0; i < kLane; ++i) {
      const T* from = weights + i * out;
      both_ways<3, 6>(
          [&](int r, V(&w)[3]) {
            for (int c = 0; c < 3; ++c) {
              w[c] = i < count ? load_first<V>(from + (r * 3 + c) * in * out, lanes) : V{};
            }
          },
          [](const V(&w)[3], V(&u)[6]) { Points::filter(w, u); },
          [&](int c, const V(&u)[6]) {
            for (int r = 0; r < 6; ++r) values[r * 6 + c][i] = u[r];
          });
    }
  }

  // Gradients of the filters of a block of input channels from dU.
  static void finish_filters(const Geometry& g, Index task, const T* sums, T* grad) {
    const Index in = g.in_channels;
    const Index out = g.out_channels;
    const Index first = task * kLane;
    for (Index i = first; i < smaller(in, first + kLane); ++i) {
      for (Index column = 0; column < out; column += kLane) {
        const int lanes = lanes_at(column, out);
        const T* from = sums + i * out + column;
        T* to = grad + i * out + column;
        both_ways<6, 3>(
            [&](int r, V(&u)[6]) {
              for (int c = 0; c < 6; ++c)
                u[c] = load_first<V>(from + (r * 6 + c) * in * out, lanes);
            },
            [](const V(&u)[6], V(&w)[3]) { Points::filter_transposed(u, w); },
            [&](int c, const V(&w)[3]) {
              for (int r = 0; r < 3; ++r) store_first(to + (r * 3 + c) * in * out, w[r], lanes);
            });
      }
    }
  }
};

}  // namespace
}  // namespace cnnx
