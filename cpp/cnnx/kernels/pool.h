// Max pooling, a vector of channels at a time. A window is clipped to the image, which is what
// padding with minus infinity means.
#pragma once

#include <cstddef>

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/table.h"
#include "cnnx/kernels/window.h"

namespace cnnx {
namespace {

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
            for (Index c = 0; c < g.channels; c += kWidth) {
              const int lanes = static_cast<int>(smaller<Index>(kWidth, g.channels - c));
              maximum(g, rows, columns, window + c, lanes, output + c, places + c);
            }
            output += g.channels;
            places += g.channels;
          }
        }
      }
    }

    [[gnu::always_inline]] static inline void maximum(const PoolGeometry& g, const WindowSpan& rows,
                                                      const WindowSpan& columns, const T* window,
                                                      int lanes, T* output, Place* places) {
      V best =
          load_first<V>(window + (rows.begin * g.in_width + columns.begin) * g.channels, lanes);
      Mask place = Mask{} + static_cast<MaskLane>(rows.begin * g.window_width + columns.begin);
      for (Index r = rows.begin; r < rows.end; ++r) {
        for (Index k = columns.begin; k < columns.end; ++k) {
          const V value = load_first<V>(window + (r * g.in_width + k) * g.channels, lanes);
          // Greater, or the first NaN: not (value <= best) is true for both.
          const Mask wins = ~(value <= best) & (best == best);
          best = wins ? value : best;
          place = wins ? Mask{} + static_cast<MaskLane>(r * g.window_width + k) : place;
        }
      }
      store_first(output, best, lanes);
      const PlaceVec narrow = __builtin_convertvector(place, PlaceVec);
      if (lanes == kWidth) {
        __builtin_memcpy(places, &narrow, sizeof narrow);
      } else {
        copy_pieces<kWidth / 2>(reinterpret_cast<const Place*>(&narrow), places, lanes);
      }
    }

    static void backward(const PoolGeometry& g, Index images, const T* grad_output,
                         const std::byte* place_bytes, T* grad_input) {
      const Place* places = reinterpret_cast<const Place*>(place_bytes);
      // Windows that neither overlap nor leave gaps write every place themselves.
      const bool apart = g.stride_height >= g.window_height && g.stride_width >= g.window_width;
      const bool covered = g.stride_height == g.window_height && g.stride_width == g.window_width &&
                           g.pad_top == 0 && g.pad_left == 0 &&
                           g.out_height * g.window_height == g.in_height &&
                           g.out_width * g.window_width == g.in_width;
      if (!covered) {
        __builtin_memset(grad_input, 0, static_cast<std::size_t>(images * g.in_size()) * sizeof(T));
      }
      for (Index image = 0; image < images; ++image, grad_input += g.in_size()) {
        for (Index y = 0; y < g.out_height; ++y) {
          const WindowSpan rows =
              window_span(y, g.stride_height, g.pad_top, g.window_height, g.in_height);
          for (Index x = 0; x < g.out_width; ++x) {
            const WindowSpan columns =
                window_span(x, g.stride_width, g.pad_left, g.window_width, g.in_width);
            T* window = grad_input + (rows.origin * g.in_width + columns.origin) * g.channels;
            if (apart) {
              scatter<true>(g, rows, columns, grad_output, places, window);
            } else {
              scatter<false>(g, rows, columns, grad_output, places, window);
            }
            grad_output += g.channels;
            places += g.channels;
          }
        }
      }
    }

    // Brings each channel's gradient to the place of its maximum: written with zeros around it
    // where windows lie apart, added where they overlap.
    template <bool Apart>
    static void scatter(const PoolGeometry& g, const WindowSpan& rows, const WindowSpan& columns,
                        const T* grad, const Place* places, T* window) {
      for (Index c = 0; c < g.channels; c += kWidth) {
        const int lanes = static_cast<int>(smaller<Index>(kWidth, g.channels - c));
        PlaceVec narrow{};
        if (lanes == kWidth) {
          __builtin_memcpy(&narrow, places + c, sizeof narrow);
        } else {
          copy_pieces<kWidth / 2>(places + c, reinterpret_cast<Place*>(&narrow), lanes);
        }
        const Mask place = __builtin_convertvector(narrow, Mask);
        const V value = load_first<V>(grad + c, lanes);
        for (Index r = rows.begin; r < rows.end; ++r) {
          for (Index k = columns.begin; k < columns.end; ++k) {
            T* at = window + (r * g.in_width + k) * g.channels + c;
            V result = place == static_cast<MaskLane>(r * g.window_width + k) ? value : V{};
            if constexpr (!Apart) result += load_first<V>(at, lanes);
            store_first(at, result, lanes);
          }
        }
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
