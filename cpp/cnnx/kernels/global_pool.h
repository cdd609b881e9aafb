// Pooling of whole maps to one number, some vectors of channels at a time.
#pragma once

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

template <class T, int Bytes>
struct GlobalPool {
  using V = Vec<T, Bytes>;
  static constexpr int kWidth = kLanes<T, Bytes>;
  using Mask = decltype(V{} < V{});
  using MaskLane = decltype(Mask{}[0] + 0);

  // ---- average ----

  // Pixels are summed in `Phases` sums (pixel p in sum p % Phases) that are added up every kBlock
  // pixels: enough sums for the adder, and rounding errors of kBlock / Phases + pixels / kBlock
  // additions instead of one for each pixel.
  static constexpr Index kBlock = 128;

  static void average(Index images, Index pixels, Index channels, const T* input, T* output) {
    for (Index image = 0; image < images; ++image) {
      Index c = 0;
      for (; c + 4 * kWidth <= channels; c += 4 * kWidth) {
        average_of<4, 2>(pixels, channels, input + c, kWidth, output + c);
      }
      for (; c < channels; c += kWidth) {
        const int lanes = static_cast<int>(smaller<Index>(kWidth, channels - c));
        average_of<1, 8>(pixels, channels, input + c, lanes, output + c);
      }
      input += pixels * channels;
      output += channels;
    }
  }

  template <int Vectors, int Phases>
  static void average_of(Index pixels, Index channels, const T* input, int lanes, T* output) {
    V total[Vectors]{};
    for (Index first = 0; first < pixels; first += kBlock) {
      const Index count = smaller(kBlock, pixels - first);
      V sum[Phases][Vectors]{};
      Index p = 0;
      for (; p + Phases <= count; p += Phases) {
#pragma GCC unroll 8
        for (int i = 0; i < Phases; ++i, input += channels) {
          for (int v = 0; v < Vectors; ++v) sum[i][v] += load_first<V>(input + v * kWidth, lanes);
        }
      }
      for (; p < count; ++p, input += channels) {
        for (int v = 0; v < Vectors; ++v) sum[0][v] += load_first<V>(input + v * kWidth, lanes);
      }
#pragma GCC unroll 8
      for (int half = Phases / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
        for (int i = 0; i < half; ++i) {
          for (int v = 0; v < Vectors; ++v) sum[i][v] += sum[i + half][v];
        }
      }
      for (int v = 0; v < Vectors; ++v) total[v] += sum[0][v];
    }
    for (int v = 0; v < Vectors; ++v) {
      store_first(output + v * kWidth, total[v] / static_cast<T>(pixels), lanes);
    }
  }

  static void average_backward(Index images, Index pixels, Index channels, const T* grad_output,
                               T* grad_input) {
    for (Index image = 0; image < images; ++image) {
      Index c = 0;
      for (; c + 4 * kWidth <= channels; c += 4 * kWidth) {
        share<4>(pixels, channels, grad_output + c, kWidth, grad_input + c);
      }
      for (; c < channels; c += kWidth) {
        const int lanes = static_cast<int>(smaller<Index>(kWidth, channels - c));
        share<1>(pixels, channels, grad_output + c, lanes, grad_input + c);
      }
      grad_output += channels;
      grad_input += pixels * channels;
    }
  }

  template <int Vectors>
  static void share(Index pixels, Index channels, const T* grad_output, int lanes, T* grad_input) {
    V value[Vectors];
    for (int v = 0; v < Vectors; ++v) {
      value[v] = load_first<V>(grad_output + v * kWidth, lanes) / static_cast<T>(pixels);
    }
    for (Index p = 0; p < pixels; ++p, grad_input += channels) {
      for (int v = 0; v < Vectors; ++v) store_first(grad_input + v * kWidth, value[v], lanes);
    }
  }

  // ---- maximum ----

  static void max(Index images, Index pixels, Index channels, const T* input, T* output,
                  std::uint32_t* places) {
    for (Index image = 0; image < images; ++image) {
      Index c = 0;
      for (; c + 4 * kWidth <= channels; c += 4 * kWidth) {
        maximum_of<4, 1>(pixels, channels, input + c, kWidth, output + c, places + c);
      }
      for (; c < channels; c += kWidth) {
        const int lanes = static_cast<int>(smaller<Index>(kWidth, channels - c));
        maximum_of<1, 4>(pixels, channels, input + c, lanes, output + c, places + c);
      }
      input += pixels * channels;
      output += channels;
      places += channels;
    }
  }

  // Pixel p goes into maximum p % Phases, so that one comparison need not wait for the last.
  template <int Vectors, int Phases>
  static void maximum_of(Index pixels, Index channels, const T* input, int lanes, T* output,
                         std::uint32_t* places) {
    V best[Phases][Vectors];
    Mask place[Phases][Vectors];
    for (int i = 0; i < Phases; ++i) {
      const Index first = i < pixels ? i : 0;
      for (int v = 0; v < Vectors; ++v) {
        best[i][v] = load_first<V>(input + first * channels + v * kWidth, lanes);
        place[i][v] = Mask{} + static_cast<MaskLane>(first);
      }
    }
    for (Index p = Phases; p < pixels; p += Phases) {
#pragma GCC unroll 8
      for (int i = 0; i < Phases; ++i) {
        // The last round looks at the last pixel more than once: no value is above itself.
        const Index at = smaller(p + i, pixels - 1);
        for (int v = 0; v < Vectors; ++v) {
          const V value = load_first<V>(input + at * channels + v * kWidth, lanes);
          // Greater, or the first NaN: not (value <= best) is true for both.
          const Mask wins = ~(value <= best[i][v]) & (best[i][v] == best[i][v]);
          best[i][v] = wins ? value : best[i][v];
          place[i][v] = wins ? Mask{} + static_cast<MaskLane>(at) : place[i][v];
        }
      }
    }
    for (int v = 0; v < Vectors; ++v) {
      for (int i = 1; i < Phases; ++i) {
        const V a = best[0][v], b = best[i][v];
        const Mask same = (a == b) | ((a != a) & (b != b));
        const Mask wins = (~(b <= a) & (a == a)) | (same & (place[i][v] < place[0][v]));
        best[0][v] = wins ? b : a;
        place[0][v] = wins ? place[i][v] : place[0][v];
      }
      store_first(output + v * kWidth, best[0][v], lanes);
      for (int i = 0; i < lanes; ++i) {
        places[v * kWidth + i] = static_cast<std::uint32_t>(place[0][v][i]);
      }
    }
  }

  static void max_backward(Index images, Index pixels, Index channels, const T* grad_output,
                           const std::uint32_t* places, T* grad_input) {
    const Index size = pixels * channels;
    __builtin_memset(grad_input, 0, to_size(images * size) * sizeof(T));
    for (Index image = 0; image < images; ++image) {
      for (Index c = 0; c < channels; ++c) {
        grad_input[static_cast<Index>(places[c]) * channels + c] = grad_output[c];
      }
      grad_output += channels;
      places += channels;
      grad_input += size;
    }
  }

  static constexpr GlobalPoolKernel<T> kernel() {
    return {.average = average,
            .average_backward = average_backward,
            .max = max,
            .max_backward = max_backward};
  }
};

}  // namespace
}  // namespace cnnx
