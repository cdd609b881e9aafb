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
          const T* row = input + rows.origin * g.in_width * g.channels;
          Index next = 0;
          for (Index x = 0; x < g.out_width; x = next) {
            const auto span = [&](Index at) {
              return window_span(at, g.stride_width, g.pad_left, g.window_width, g.in_width);
            };
            const WindowSpan columns = span(x);
            for (next = x + 1; next < g.out_width; ++next) {
              const WindowSpan other = span(next);
              if (other.begin != columns.begin || other.end != columns.end) break;
            }
            forward_run(g, rows, columns, next - x, row + columns.origin * g.channels,
                        output + x * g.channels, places + x * g.channels);
          }
          output += g.out_width * g.channels;
          places += g.out_width * g.channels;
        }
      }
    }

    // Pixels side by side whose windows are clipped alike. Several maxima are sought together, as
    // each waits for the comparison before: those of neighbouring vectors of channels, or where
    // channels are too few, those of neighbouring pixels.
    static void forward_run(const PoolGeometry& g, const WindowSpan& rows,
                            const WindowSpan& columns, Index pixels, const T* window, T* output,
                            Place* places) {
      constexpr int kTogether = 4;
      const Index step = g.stride_width * g.channels;
      Index first = 0;
      for (; first + kTogether * kWidth <= g.channels; first += kTogether * kWidth) {
        for (Index x = 0; x < pixels; ++x) {
          const Index at = x * g.channels + first;
          maxima<kTogether, true>(g, rows, columns, window + x * step + first, kWidth, output + at,
                                  places + at, kWidth, kWidth);
        }
      }
      for_each_vector<kWidth>(first, g.channels, [&](Index c, int lanes) {
        const auto some = [&]<int Count>(Index x, Counted<Count>) {
          const Index at = x * g.channels + c;
          const auto find = lanes == kWidth ? maxima<Count, true> : maxima<Count, false>;
          find(g, rows, columns, window + x * step + c, step, output + at, places + at, g.channels,
               lanes);
        };
        Index x = 0;
        for (; x + kTogether <= pixels; x += kTogether) some(x, Counted<kTogether>{});
        for (; x < pixels; ++x) some(x, Counted<1>{});
      });
    }

    template <int Count>
    struct Counted {};

    // Count maxima, in_step and out_step apart.
    template <int Count, bool Full>
    static void maxima(const PoolGeometry& g, const WindowSpan& rows, const WindowSpan& columns,
                       const T* window, Index in_step, T* output, Place* places, Index out_step,
                       int lanes) {
      const int count = Full ? kWidth : lanes;
      V best[Count];
      Mask place[Count];
      const T* first = window + (rows.begin * g.in_width + columns.begin) * g.channels;
#pragma GCC unroll 4
      for (int m = 0; m < Count; ++m) {
        best[m] = load_first<V>(first + m * in_step, count);
        place[m] = Mask{} + static_cast<MaskLane>(rows.begin * g.window_width + columns.begin);
      }
      for (Index r = rows.begin; r < rows.end; ++r) {
        const T* at = window + (r * g.in_width + columns.begin) * g.channels;
        for (Index k = columns.begin; k < columns.end; ++k, at += g.channels) {
          const Mask here = Mask{} + static_cast<MaskLane>(r * g.window_width + k);
#pragma GCC unroll 4
          for (int m = 0; m < Count; ++m) {
            const V value = load_first<V>(at + m * in_step, count);
            // Greater, or the first NaN: not (value <= best) is true for both.
            const Mask wins = ~(value <= best[m]) & (best[m] == best[m]);
            best[m] = wins ? value : best[m];
            place[m] = wins ? here : place[m];
          }
        }
      }
#pragma GCC unroll 4
      for (int m = 0; m < Count; ++m) {
        store_first(output + m * out_step, best[m], count);
        const PlaceVec narrow = __builtin_convertvector(place[m], PlaceVec);
        if (count == kWidth) {
          __builtin_memcpy(places + m * out_step, &narrow, sizeof narrow);
        } else {
          copy_pieces<kWidth / 2>(reinterpret_cast<const Place*>(&narrow), places + m * out_step,
                                  lanes);
        }
      }
    }

    static void backward(const PoolGeometry& g, Index images, const T* grad_output,
                         const std::byte* place_bytes, T* grad_input) {
      const Place* places = reinterpret_cast<const Place*>(place_bytes);
      const bool apart = g.stride_height >= g.window_height && g.stride_width >= g.window_width;
      for (Index image = 0; image < images; ++image) {
        if (apart) {
          scatter<true>(g, grad_output, places, grad_input);
        } else if (g.channels % kWidth == 0) {
          scatter<false>(g, grad_output, places, grad_input);
        } else {
          gather(g, grad_output, places, grad_input);
        }
        grad_output += g.out_size();
        places += g.out_size();
        grad_input += g.in_size();
      }
    }

    [[gnu::always_inline]] static inline Mask load_places(const Place* places, int lanes) {
      if constexpr (sizeof(Place) == 1) {
        return load_bytes<Mask>(places, lanes);
      } else {
        PlaceVec narrow{};
        if (lanes == kWidth) {
          __builtin_memcpy(&narrow, places, sizeof narrow);
        } else {
          copy_pieces<kWidth / 2>(places, reinterpret_cast<Place*>(&narrow), lanes);
        }
        return __builtin_convertvector(narrow, Mask);
      }
    }

    // Each window brings its gradient to the place of its maximum: written with zeros around it
    // where windows lie apart, added where they overlap.
    template <bool Apart>
    static void scatter(const PoolGeometry& g, const T* grad, const Place* places, T* grad_input) {
      if (!windows_tile(g)) {
        __builtin_memset(grad_input, 0, to_size(g.in_size()) * sizeof(T));
      }
      for (Index y = 0; y < g.out_height; ++y) {
        const WindowSpan rows =
            window_span(y, g.stride_height, g.pad_top, g.window_height, g.in_height);
        for (Index x = 0; x < g.out_width; ++x) {
          const WindowSpan columns =
              window_span(x, g.stride_width, g.pad_left, g.window_width, g.in_width);
          T* window = grad_input + (rows.origin * g.in_width + columns.origin) * g.channels;
          for_each_vector<kWidth>(0, g.channels, [&](Index c, int lanes) {
            const Mask place = load_places(places + c, lanes);
            const V value = load_first<V>(grad + c, lanes);
            for (Index r = rows.begin; r < rows.end; ++r) {
              for (Index k = columns.begin; k < columns.end; ++k) {
                T* to = window + (r * g.in_width + k) * g.channels + c;
                const Mask here = place == static_cast<MaskLane>(r * g.window_width + k);
                V result = here ? value : V{};
                if constexpr (!Apart) result += load_first<V>(to, lanes);
                store_first(to, result, lanes);
              }
            }
          });
          grad += g.channels;
          places += g.channels;
        }
      }
    }

    // The windows over a pixel, along one axis: [first, end).
    struct Windows {
      Index first = 0, end = 0;
      // Moves on to those over pixel `at` of the padded image, the one after that before.
      void move_to(Index at, Index stride, Index window, Index outputs) {
        while (end < outputs && end * stride <= at) ++end;
        while (first < end && first * stride + window <= at) ++first;
      }
    };

    // The same the other way around: each pixel collects from the windows it lies in, in order.
    // Where vectors are not full, adding to memory would wait for the masked store before.
    static void gather(const PoolGeometry& g, const T* grad, const Place* places, T* grad_input) {
      Windows rows;
      for (Index y = 0; y < g.in_height; ++y) {
        rows.move_to(y + g.pad_top, g.stride_height, g.window_height, g.out_height);
        Windows columns;
        for (Index x = 0; x < g.in_width; ++x, grad_input += g.channels) {
          columns.move_to(x + g.pad_left, g.stride_width, g.window_width, g.out_width);
          for_each_vector<kWidth>(0, g.channels, [&](Index c, int lanes) {
            V sum{};
            for (Index r = rows.first; r < rows.end; ++r) {
              const Index row = (y + g.pad_top - r * g.stride_height) * g.window_width;
              for (Index k = columns.first; k < columns.end; ++k) {
                const Index place = row + x + g.pad_left - k * g.stride_width;
                const Index at = (r * g.out_width + k) * g.channels + c;
                const Mask here = load_places(places + at, lanes) == static_cast<MaskLane>(place);
                sum += here ? load_first<V>(grad + at, lanes) : V{};
              }
            }
            store_first(grad_input + c, sum, lanes);
          });
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

  static constexpr PoolKernel<T> kernel() { return {.forward = forward, .backward = backward}; }
};

}  // namespace
}  // namespace cnnx
