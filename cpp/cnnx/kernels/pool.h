// Max pooling, a vector of channels at a time. A window is clipped to the image, which is what
// padding with minus infinity means.
#pragma once

#include <cstddef>

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

// The part of a window that lies on the image, along one axis.
struct WindowSpan {
  Index begin, end;  // places in the window
  Index origin;      // position of place 0, may be negative
};

inline WindowSpan window_span(Index output, Index stride, Index pad, Index window, Index size) {
  const Index origin = output * stride - pad;
  return {larger<Index>(0, -origin), smaller(window, size - origin), origin};
}

template <class T, int Bytes>
struct MaxPool {
  using V = Vec<T, Bytes>;
  static constexpr int kWidth = kLanes<T, Bytes>;
  // The result of comparing two vectors: integers as wide as T.
  using Mask = decltype(V{} < V{});
  using MaskLane = decltype(Mask{}[0] + 0);

  template <class Place>
  struct Typed {
    // The places of a vector of maxima, one small integer each.
    typedef Place PlaceVec __attribute__((vector_size(kWidth * sizeof(Place))));

    static void forward(const PoolGeometry& g, Index images, const T* input, T* output,
                        std::byte* place_bytes) {
      Place* places = reinterpret_cast<Place*>(place_bytes);
      for (Index image = 0; image < images; ++image, input += g.in_size()) {
        for (Index y = 0; y < g.out_height; ++y) {
          const WindowSpan rows =
              window_span(y, g.stride_height, g.pad_top, g.window_height, g.in_height);
          for (Index x = 0; x < g.out_width; ++x) {
            const WindowSpan columns =
                window_span(x, g.stride_width, g.pad_left, g.window_width, g.in_width);
            const T* window = input + (rows.origin * g.in_width + columns.origin) * g.channels;
            Index c = 0;
            for (; c + kWidth <= g.channels; c += kWidth) {
              vector_maximum(g, rows, columns, window + c, output + c, places + c);
            }
            for (; c < g.channels; ++c) {
              scalar_maximum(g, rows, columns, window + c, output + c, places + c);
            }
            output += g.channels;
            places += g.channels;
          }
        }
      }
    }

    static void vector_maximum(const PoolGeometry& g, const WindowSpan& rows,
                               const WindowSpan& columns, const T* window, T* output,
                               Place* places) {
      V best = load<V>(window + (rows.begin * g.in_width + columns.begin) * g.channels);
      Mask place = Mask{} + static_cast<MaskLane>(rows.begin * g.window_width + columns.begin);
      for (Index r = rows.begin; r < rows.end; ++r) {
        for (Index k = columns.begin; k < columns.end; ++k) {
          const V value = load<V>(window + (r * g.in_width + k) * g.channels);
          // Greater, or the first NaN.
          const Mask wins = (value > best) | ((value != value) & (best == best));
          best = wins ? value : best;
          place = wins ? Mask{} + static_cast<MaskLane>(r * g.window_width + k) : place;
        }
      }
      store(output, best);
      const PlaceVec narrow = __builtin_convertvector(place, PlaceVec);
      __builtin_memcpy(places, &narrow, sizeof narrow);
    }

    static void scalar_maximum(const PoolGeometry& g, const WindowSpan& rows,
                               const WindowSpan& columns, const T* window, T* output,
                               Place* places) {
      T best = window[(rows.begin * g.in_width + columns.begin) * g.channels];
      Index place = rows.begin * g.window_width + columns.begin;
      for (Index r = rows.begin; r < rows.end; ++r) {
        for (Index k = columns.begin; k < columns.end; ++k) {
          const T value = window[(r * g.in_width + k) * g.channels];
          if (value > best || (value != value && best == best)) {
            best = value;
            place = r * g.window_width + k;
          }
        }
      }
      *output = best;
      *places = static_cast<Place>(place);
    }

    static void backward(const PoolGeometry& g, Index images, const T* grad_output,
                         const std::byte* place_bytes, T* grad_input) {
      const Place* places = reinterpret_cast<const Place*>(place_bytes);
      __builtin_memset(grad_input, 0, static_cast<std::size_t>(images * g.in_size()) * sizeof(T));
      for (Index image = 0; image < images; ++image, grad_input += g.in_size()) {
        for (Index y = 0; y < g.out_height; ++y) {
          const WindowSpan rows =
              window_span(y, g.stride_height, g.pad_top, g.window_height, g.in_height);
          for (Index x = 0; x < g.out_width; ++x) {
            const WindowSpan columns =
                window_span(x, g.stride_width, g.pad_left, g.window_width, g.in_width);
            T* window = grad_input + (rows.origin * g.in_width + columns.origin) * g.channels;
            scatter(g, rows, columns, grad_output, places, window);
            grad_output += g.channels;
            places += g.channels;
          }
        }
      }
    }

    // Adds each channel's gradient at the place of its maximum.
    static void scatter(const PoolGeometry& g, const WindowSpan& rows, const WindowSpan& columns,
                        const T* grad, const Place* places, T* window) {
      Index c = 0;
      for (; c + kWidth <= g.channels; c += kWidth) {
        PlaceVec narrow;
        __builtin_memcpy(&narrow, places + c, sizeof narrow);
        const Mask place = __builtin_convertvector(narrow, Mask);
        const V value = load<V>(grad + c);
        for (Index r = rows.begin; r < rows.end; ++r) {
          for (Index k = columns.begin; k < columns.end; ++k) {
            T* at = window + (r * g.in_width + k) * g.channels + c;
            const Mask here = place == static_cast<MaskLane>(r * g.window_width + k);
            store(at, load<V>(at) + (here ? value : V{}));
          }
        }
      }
      for (; c < g.channels; ++c) {
        const Index place = static_cast<Index>(places[c]);
        window[(place / g.window_width * g.in_width + place % g.window_width) * g.channels + c] +=
            grad[c];
      }
    }
  };

  static void forward(const PoolGeometry& g, Index images, const T* input, T* output,
                      std::byte* places) {
    if (g.place_bytes() == 1) {
      Typed<std::uint8_t>::forward(g, images, input, output, places);
    } else {
      Typed<std::uint32_t>::forward(g, images, input, output, places);
    }
  }

  static void backward(const PoolGeometry& g, Index images, const T* grad_output,
                       const std::byte* places, T* grad_input) {
    if (g.place_bytes() == 1) {
      Typed<std::uint8_t>::backward(g, images, grad_output, places, grad_input);
    } else {
      Typed<std::uint32_t>::backward(g, images, grad_output, places, grad_input);
    }
  }

  static constexpr PoolKernel<T> kernel() { return {forward, backward}; }
};

}  // namespace
}  // namespace cnnx
