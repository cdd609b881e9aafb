// The definitions of the pools and of interpolation, one number at a time: part of
// isa_reference.cpp.
#pragma once

#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

template <class T>
struct ReferencePool {
  static void clear(Index count, T* values) {
    for (Index i = 0; i < count; ++i) values[i] = T{0};
  }

  // Calls body(output, input) for every pixel of every window, in row order.
  template <class Body>
  static void for_each_pixel(const PoolGeometry& g, Index output, Body&& body) {
    const Index c = output % g.channels, ox = output / g.channels % g.out_width;
    const Index oy = output / (g.channels * g.out_width) % g.out_height;
    const Index image = output / g.out_size();
    for (Index place = 0; place < g.window(); ++place) {
      const Index y = oy * g.stride_height - g.pad_top + place / g.window_width;
      const Index x = ox * g.stride_width - g.pad_left + place % g.window_width;
      if (y < 0 || y >= g.in_height || x < 0 || x >= g.in_width) continue;
      body(image * g.in_size() + (y * g.in_width + x) * g.channels + c);
    }
  }

  static T divisor(const PoolGeometry& g, Index output, bool mean) {
    if (!mean) return T{1};
    T count = 0;
    for_each_pixel(g, output, [&](Index) { count += T{1}; });
    return count;
  }

  static void average_forward(const PoolGeometry& g, Index images, bool mean, const T* input,
                              T* output) {
    for (Index i = 0; i < images * g.out_size(); ++i) {
      T sum = 0;
      for_each_pixel(g, i, [&](Index at) { sum += input[at]; });
      output[i] = sum / divisor(g, i, mean);
    }
  }

  static void average_backward(const PoolGeometry& g, Index images, bool mean, const T* grad_output,
                               T* grad_input) {
    clear(images * g.in_size(), grad_input);
    for (Index i = 0; i < images * g.out_size(); ++i) {
      const T share = grad_output[i] / divisor(g, i, mean);
      for_each_pixel(g, i, [&](Index at) { grad_input[at] += share; });
    }
  }

  static void global_average(Index images, Index pixels, Index channels, const T* input,
                             T* output) {
    for (Index i = 0; i < images * channels; ++i) {
      const T* map = input + i / channels * pixels * channels + i % channels;
      T sum = 0;
      for (Index p = 0; p < pixels; ++p) sum += map[p * channels];
      output[i] = sum / static_cast<T>(pixels);
    }
  }

  static void global_average_backward(Index images, Index pixels, Index channels,
                                      const T* grad_output, T* grad_input) {
    for (Index i = 0; i < images * pixels * channels; ++i) {
      const Index output = i / (pixels * channels) * channels + i % channels;
      grad_input[i] = grad_output[output] / static_cast<T>(pixels);
    }
  }

  static void global_max(Index images, Index pixels, Index channels, const T* input, T* output,
                         std::uint32_t* places) {
    for (Index i = 0; i < images * channels; ++i) {
      const T* map = input + i / channels * pixels * channels + i % channels;
      Index best = 0;
      for (Index p = 1; p < pixels; ++p) {
        const T value = map[p * channels], most = map[best * channels];
        const bool first_nan = value != value && most == most;
        if (value > most || first_nan) best = p;
      }
      output[i] = map[best * channels];
      places[i] = static_cast<std::uint32_t>(best);
    }
  }

  static void global_max_backward(Index images, Index pixels, Index channels, const T* grad_output,
                                  const std::uint32_t* places, T* grad_input) {
    clear(images * pixels * channels, grad_input);
    for (Index i = 0; i < images * channels; ++i) {
      const Index image = i / channels;
      grad_input[(image * pixels + static_cast<Index>(places[i])) * channels + i % channels] =
          grad_output[i];
    }
  }

  // One axis of an interpolated output: the pixels on either side and their weights.
  struct Between {
    Index pixel[2];
    T weight[2];
  };
  static Between between(Index output, Index factor, Index size) {
    const Index whole = output / factor;
    // Twice the distance from the centre of pixel `whole`, in steps of 1 / factor.
    const Index twice = 2 * (output % factor) + 1 - factor;
    const T part = static_cast<T>(twice < 0 ? -twice : twice) / static_cast<T>(2 * factor);
    Index other = twice < 0 ? whole - 1 : whole + 1;
    other = other < 0 ? 0 : (other >= size ? size - 1 : other);
    return {{whole, other}, {T{1} - part, part}};
  }

  // Calls body(input, output, weight) for all that belong together.
  template <class Body>
  static void for_each_weight(const UpSampleGeometry& g, Index images, Body&& body) {
    for (Index i = 0; i < images * g.out_size(); ++i) {
      const Index c = i % g.channels, x = i / g.channels % g.out_width();
      const Index y = i / g.channels / g.out_width() % g.out_height();
      const Index image = i / g.out_size();
      const Between rows = between(y, g.rows, g.in_height);
      const Between columns = between(x, g.columns, g.in_width);
      for (int corner = 0; corner < 4; ++corner) {
        const Index pixel = rows.pixel[corner / 2] * g.in_width + columns.pixel[corner % 2];
        body(image * g.in_size() + pixel * g.channels + c, i,
             rows.weight[corner / 2] * columns.weight[corner % 2]);
      }
    }
  }

  static void bilinear_forward(const UpSampleGeometry& g, Index images, const T* input, T* output) {
    clear(images * g.out_size(), output);
    for_each_weight(g, images, [&](Index x, Index y, T weight) { output[y] += input[x] * weight; });
  }

  static void bilinear_backward(const UpSampleGeometry& g, Index images, const T* grad_output,
                                T* grad_input) {
    clear(images * g.in_size(), grad_input);
    for_each_weight(g, images,
                    [&](Index x, Index y, T weight) { grad_input[x] += grad_output[y] * weight; });
  }

  static constexpr AveragePoolKernel<T> average() {
    return {.forward = average_forward, .backward = average_backward};
  }
  static constexpr GlobalPoolKernel<T> global() {
    return {.average = global_average,
            .average_backward = global_average_backward,
            .max = global_max,
            .max_backward = global_max_backward};
  }
  static constexpr BilinearKernel<T> bilinear() {
    return {.forward = bilinear_forward, .backward = bilinear_backward};
  }
};

}  // namespace
}  // namespace cnnx
