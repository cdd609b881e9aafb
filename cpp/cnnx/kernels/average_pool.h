// Sums and averages of windows, some vectors of channels at a time. A window is clipped to the
// image; its pixels are summed row by row.
#pragma once

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/table.h"
#include "cnnx/kernels/window.h"

namespace cnnx {
namespace {

template <class T, int Bytes>
struct AveragePool {
  using V = Vec<T, Bytes>;
  static constexpr int kWidth = kLanes<T, Bytes>;

  static T weight(bool mean, Index pixels) { return mean ? T{1} / static_cast<T>(pixels) : T{1}; }

  // Calls body(first channel, number of vectors as a constant, lanes of a vector) for all channels.
  template <class Body>
  [[gnu::always_inline]] static inline void for_channels(Index channels, Body&& body) {
    Index c = 0;
    for (; c + 4 * kWidth <= channels; c += 4 * kWidth) body(c, Constant<4>{}, kWidth);
    for (; c + kWidth <= channels; c += kWidth) body(c, Constant<1>{}, kWidth);
    if (c < channels) body(c, Constant<1>{}, static_cast<int>(channels - c));
  }
  template <int N>
  struct Constant {
    static constexpr int value = N;
  };

  // ---- forward ----

  static void forward(const PoolGeometry& g, Index images, bool mean, const T* input, T* output) {
    if (g.window_height == 2 && g.window_width == 2)
      return gather<2, 2>(g, images, mean, input, output);
    if (g.window_height == 3 && g.window_width == 3)
      return gather<3, 3>(g, images, mean, input, output);
    return gather<0, 0>(g, images, mean, input, output);
  }

  // Rows, Columns: the window where it is known to the compiler, or 0.
  template <int Rows, int Columns>
  static void gather(const PoolGeometry& g, Index images, bool mean, const T* input, T* output) {
    const Index row_size = g.in_width * g.channels;
    for (Index image = 0; image < images; ++image, input += g.in_size()) {
      for (Index y = 0; y < g.out_height; ++y) {
        const WindowSpan rows =
            window_span(y, g.stride_height, g.pad_top, g.window_height, g.in_height);
        for (Index x = 0; x < g.out_width; ++x, output += g.channels) {
          const WindowSpan columns =
              window_span(x, g.stride_width, g.pad_left, g.window_width, g.in_width);
          const Index height = rows.end - rows.begin, width = columns.end - columns.begin;
          const T* window = input + (rows.origin + rows.begin) * row_size +
                            (columns.origin + columns.begin) * g.channels;
          const T scale = weight(mean, height * width);
          if (Rows > 0 && height == Rows && width == Columns) {
            sum_window(Rows, Columns, g.channels, row_size, window, scale, output);
          } else {
            sum_window(height, width, g.channels, row_size, window, scale, output);
          }
        }
      }
    }
  }

  [[gnu::always_inline]] static inline void sum_window(Index height, Index width, Index channels,
                                                       Index row_size, const T* window, T scale,
                                                       T* output) {
    for_channels(channels, [&](Index c, auto vectors, int lanes) {
      constexpr int kVectors = decltype(vectors)::value;
      V sum[kVectors];
      for (int v = 0; v < kVectors; ++v) sum[v] = load_first<V>(window + c + v * kWidth, lanes);
      for (Index r = 0; r < height; ++r) {
        for (Index k = r == 0 ? 1 : 0; k < width; ++k) {
          const T* at = window + r * row_size + k * channels + c;
          for (int v = 0; v < kVectors; ++v) sum[v] += load_first<V>(at + v * kWidth, lanes);
        }
      }
      for (int v = 0; v < kVectors; ++v)
        store_first(output + c + v * kWidth, sum[v] * scale, lanes);
    });
  }

  // ---- backward ----

  static void backward(const PoolGeometry& g, Index images, bool mean, const T* grad_output,
                       T* grad_input) {
    if (g.stride_height >= g.window_height && g.stride_width >= g.window_width) {
      spread(g, images, mean, grad_output, grad_input);
    } else {
      collect(g, images, mean, grad_output, grad_input);
    }
  }

  // Windows that lie apart: each writes its gradient to its pixels.
  static void spread(const PoolGeometry& g, Index images, bool mean, const T* grad_output,
                     T* grad_input) {
    if (!windows_tile(g)) {
      __builtin_memset(grad_input, 0, to_size(images * g.in_size()) * sizeof(T));
    }
    const Index row_size = g.in_width * g.channels;
    for (Index image = 0; image < images; ++image, grad_input += g.in_size()) {
      for (Index y = 0; y < g.out_height; ++y) {
        const WindowSpan rows =
            window_span(y, g.stride_height, g.pad_top, g.window_height, g.in_height);
        for (Index x = 0; x < g.out_width; ++x, grad_output += g.channels) {
          const WindowSpan columns =
              window_span(x, g.stride_width, g.pad_left, g.window_width, g.in_width);
          const Index height = rows.end - rows.begin, width = columns.end - columns.begin;
          T* window = grad_input + (rows.origin + rows.begin) * row_size +
                      (columns.origin + columns.begin) * g.channels;
          const T scale = weight(mean, height * width);
          for_channels(g.channels, [&](Index c, auto vectors, int lanes) {
            constexpr int kVectors = decltype(vectors)::value;
            V value[kVectors];
            for (int v = 0; v < kVectors; ++v) {
              value[v] = load_first<V>(grad_output + c + v * kWidth, lanes) * scale;
            }
            for (Index r = 0; r < height; ++r) {
              for (Index k = 0; k < width; ++k) {
                T* at = window + r * row_size + k * g.channels + c;
                for (int v = 0; v < kVectors; ++v) store_first(at + v * kWidth, value[v], lanes);
              }
            }
          });
        }
      }
    }
  }

  // The windows that see a position, along one axis, and whether all of them lie on the image.
  struct Seen {
    Index begin, end;
    bool whole;
  };
  static Seen seen_by(Index position, Index stride, Index pad, Index window, Index outputs,
                      Index size) {
    const Index past = position + pad - window;  // the last start that is too early
    const Index begin = past < 0 ? 0 : past / stride + 1;
    const Index end = smaller((position + pad) / stride + 1, outputs);
    const bool whole =
        begin < end && begin * stride >= pad && (end - 1) * stride - pad + window <= size;
    return {begin, end, whole};
  }

  // Windows that overlap: each pixel sums the gradients of those that see it, in their order.
  static void collect(const PoolGeometry& g, Index images, bool mean, const T* grad_output,
                      T* grad_input) {
    const T whole = weight(mean, g.window());
    const Index row_size = g.out_width * g.channels;
    for (Index image = 0; image < images; ++image, grad_output += g.out_size()) {
      for (Index y = 0; y < g.in_height; ++y) {
        const Seen rows =
            seen_by(y, g.stride_height, g.pad_top, g.window_height, g.out_height, g.in_height);
        for (Index x = 0; x < g.in_width; ++x, grad_input += g.channels) {
          const Seen columns =
              seen_by(x, g.stride_width, g.pad_left, g.window_width, g.out_width, g.in_width);
          const Index height = rows.end - rows.begin, width = columns.end - columns.begin;
          const T* first = grad_output + rows.begin * row_size + columns.begin * g.channels;
          if (!rows.whole || !columns.whole) {
            collect_at_border(g, mean, rows, columns, grad_output, grad_input);
          } else if (height == 3 && width == 3) {
            sum_window(3, 3, g.channels, row_size, first, whole, grad_input);
          } else {
            sum_window(height, width, g.channels, row_size, first, whole, grad_input);
          }
        }
      }
    }
  }

  // Windows that are clipped have weights of their own; a pixel may be in none.
  static void collect_at_border(const PoolGeometry& g, bool mean, const Seen& rows,
                                const Seen& columns, const T* grad_output, T* grad_input) {
    for_channels(g.channels, [&](Index c, auto vectors, int lanes) {
      constexpr int kVectors = decltype(vectors)::value;
      V sum[kVectors]{};
      for (Index oy = rows.begin; oy < rows.end; ++oy) {
        const Index height = span_of(oy, g.stride_height, g.pad_top, g.window_height, g.in_height);
        for (Index ox = columns.begin; ox < columns.end; ++ox) {
          const Index width = span_of(ox, g.stride_width, g.pad_left, g.window_width, g.in_width);
          const T scale = weight(mean, height * width);
          const T* at = grad_output + (oy * g.out_width + ox) * g.channels + c;
          for (int v = 0; v < kVectors; ++v)
            sum[v] += load_first<V>(at + v * kWidth, lanes) * scale;
        }
      }
      for (int v = 0; v < kVectors; ++v) store_first(grad_input + c + v * kWidth, sum[v], lanes);
    });
  }

  static Index span_of(Index output, Index stride, Index pad, Index window, Index size) {
    const WindowSpan span = window_span(output, stride, pad, window, size);
    return span.end - span.begin;
  }

  static constexpr AveragePoolKernel<T> kernel() {
    return {.forward = forward, .backward = backward};
  }
};

}  // namespace
}  // namespace cnnx
