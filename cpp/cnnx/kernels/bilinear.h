// Bilinear interpolation onto a finer grid, some vectors of channels at a time. Along an axis of
// `size` pixels made `factor` times longer, output o stands at
//     at(o) = clamp((o + 1/2) / factor - 1/2, 0, size - 1)
// and takes pixel i with the weight max(0, 1 - |at(o) - i|).
#pragma once

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

template <class T, int Bytes>
struct Bilinear {
  using V = Vec<T, Bytes>;
  static constexpr int kWidth = kLanes<T, Bytes>;

  struct Axis {
    Index size, factor;
    double step;  // 1 / factor

    Axis(Index size_, Index factor_)
        : size(size_), factor(factor_), step(1 / static_cast<double>(factor_)) {}

    [[gnu::always_inline]] double at(Index o) const {
      const double place = (static_cast<double>(o) + 0.5) * step - 0.5;
      return smaller(larger(place, 0.0), static_cast<double>(size - 1));
    }
    [[gnu::always_inline]] T weight(Index o, Index i) const {
      const double away = at(o) - static_cast<double>(i);
      return static_cast<T>(larger(0.0, 1 - larger(away, -away)));
    }
    // The outputs that take pixel i.
    Index first(Index i) const { return larger<Index>(0, i * factor - factor / 2); }
    Index past(Index i) const { return smaller(size * factor, (i + 1) * factor + factor / 2); }
  };

  // The two pixels on either side of an output; the second may be the first, with weight 0.
  struct Pixels {
    Index low, high;
    T low_weight, high_weight;
  };
  [[gnu::always_inline]] static inline Pixels pixels_of(const Axis& axis, Index o) {
    const double at = axis.at(o);
    const Index low = static_cast<Index>(at);
    const double part = at - static_cast<double>(low);
    return {low, smaller(low + 1, axis.size - 1), static_cast<T>(1 - part), static_cast<T>(part)};
  }

  static void forward(const UpSampleGeometry& g, Index images, const T* input, T* output) {
    const Axis rows(g.in_height, g.rows), columns(g.in_width, g.columns);
    const Index channels = g.channels, out_height = g.out_height(), out_width = g.out_width();
    for (Index image = 0; image < images; ++image, input += g.in_size()) {
      for (Index y = 0; y < out_height; ++y) {
        const Pixels row = pixels_of(rows, y);
        const T* upper = input + row.low * g.in_width * channels;
        const T* lower = input + row.high * g.in_width * channels;
        for (Index x = 0; x < out_width; ++x, output += channels) {
          const Pixels column = pixels_of(columns, x);
          const Index left = column.low * channels, right = column.high * channels;
          const T weights[4] = {
              row.low_weight * column.low_weight, row.low_weight * column.high_weight,
              row.high_weight * column.low_weight, row.high_weight * column.high_weight};
          for (Index c = 0; c < channels; c += kWidth) {
            const int lanes = static_cast<int>(smaller<Index>(kWidth, channels - c));
            const V value = (load_first<V>(upper + left + c, lanes) * weights[0] +
                             load_first<V>(upper + right + c, lanes) * weights[1]) +
                            (load_first<V>(lower + left + c, lanes) * weights[2] +
                             load_first<V>(lower + right + c, lanes) * weights[3]);
            store_first(output + c, value, lanes);
          }
        }
      }
    }
  }

  static void backward(const UpSampleGeometry& g, Index images, const T* grad_output,
                       T* grad_input) {
    const Axis rows(g.in_height, g.rows), columns(g.in_width, g.columns);
    for (Index image = 0; image < images; ++image, grad_output += g.out_size()) {
      for (Index y = 0; y < g.in_height; ++y) {
        for (Index x = 0; x < g.in_width; ++x, grad_input += g.channels) {
          Index c = 0;
          for (; c + 4 * kWidth <= g.channels; c += 4 * kWidth) {
            collect<4>(g, rows, columns, y, x, grad_output + c, kWidth, grad_input + c);
          }
          for (; c < g.channels; c += kWidth) {
            const int lanes = static_cast<int>(smaller<Index>(kWidth, g.channels - c));
            collect<1>(g, rows, columns, y, x, grad_output + c, lanes, grad_input + c);
          }
        }
      }
    }
  }

  // The gradient of one pixel: what the outputs that took it pass back, in their order.
  template <int Vectors>
  static void collect(const UpSampleGeometry& g, const Axis& rows, const Axis& columns, Index y,
                      Index x, const T* grad_output, int lanes, T* grad_input) {
    V sum[Vectors]{};
    // The weights of a row of outputs serve all rows.
    constexpr Index kMost = 32;
    T weights[kMost];
    const Index past = columns.past(x);
    for (Index first = columns.first(x); first < past; first += kMost) {
      const Index count = smaller(kMost, past - first);
      for (Index i = 0; i < count; ++i) weights[i] = columns.weight(first + i, x);
      for (Index oy = rows.first(y); oy < rows.past(y); ++oy) {
        const T row_weight = rows.weight(oy, y);
        const T* at = grad_output + (oy * g.out_width() + first) * g.channels;
        for (Index i = 0; i < count; ++i, at += g.channels) {
          const T weight = row_weight * weights[i];
          for (int v = 0; v < Vectors; ++v) {
            sum[v] += load_first<V>(at + v * kWidth, lanes) * weight;
          }
        }
      }
    }
    for (int v = 0; v < Vectors; ++v) store_first(grad_input + v * kWidth, sum[v], lanes);
  }

  static constexpr BilinearKernel<T> kernel() { return {.forward = forward, .backward = backward}; }
};

}  // namespace
}  // namespace cnnx
