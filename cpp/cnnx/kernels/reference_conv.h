// Convolution as its definition says: one kernel for each pass, for every shape.
#pragma once

#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

// Calls body(input index, weight index, output index) for every product of a convolution.
template <class Body>
void for_each_product(const ConvGeometry& g, Index images, Body&& body) {
  const Index in = g.group_in();
  const Index out = g.group_out();
  for (Index image = 0; image < images; ++image) {
    for (Index oy = 0; oy < g.out_height; ++oy) {
      for (Index ox = 0; ox < g.out_width; ++ox) {
        for (Index oc = 0; oc < g.out_channels; ++oc) {
          const Index output =
              ((image * g.out_height + oy) * g.out_width + ox) * g.out_channels + oc;
          for (Index ky = 0; ky < g.kernel_height; ++ky) {
            const Index iy = oy * g.stride_height - g.pad_top + ky * g.dilation_height;
            if (iy < 0 || iy >= g.in_height) continue;
            for (Index kx = 0; kx < g.kernel_width; ++kx) {
              const Index ix = ox * g.stride_width - g.pad_left + kx * g.dilation_width;
              if (ix < 0 || ix >= g.in_width) continue;
              for (Index ic = 0; ic < in; ++ic) {
                const Index channel = oc / out * in + ic;
                body(((image * g.in_height + iy) * g.in_width + ix) * g.in_channels + channel,
                     ((ky * g.kernel_width + kx) * in + ic) * g.out_channels + oc, output);
              }
            }
          }
        }
      }
    }
  }
}

template <class T>
struct ReferenceConv {
  static void clear(Index count, T* values) {
    __builtin_memset(values, 0, to_size(count) * sizeof(T));
  }

  static Index packed_size(const ConvGeometry& g) { return g.weight_count(); }
  static void pack(const ConvGeometry& g, const T* weights, T* packed) {
    __builtin_memcpy(packed, weights, to_size(g.weight_count()) * sizeof(T));
  }
  static Index no_scratch(const ConvGeometry&, Index) { return 0; }

  static void run_forward(const ConvGeometry& g, Index images, const T* input, const T* weights,
                          const T* bias, Activation activation, T* output, T*) {
    const Index count = images * g.out_size();
    for (Index i = 0; i < count; ++i) output[i] = bias ? bias[i % g.out_channels] : T{0};
    for_each_product(g, images,
                     [&](Index x, Index w, Index y) { output[y] += input[x] * weights[w]; });
    rectify(activation, count, output);
  }

  // The activations that conv kernels apply.
  static void rectify(Activation activation, Index count, T* values) {
    const bool leaky = activation.kind == ActivationKind::leaky_relu;
    if (!leaky && activation.kind != ActivationKind::relu) return;
    const T slope = static_cast<T>(activation.alpha);
    for (Index i = 0; i < count; ++i) {
      if (values[i] < T{0}) values[i] = leaky ? slope * values[i] : T{0};
    }
  }

  static void run_data(const ConvGeometry& g, Index images, const T* grad_output, const T* weights,
                       T* grad_input, T*) {
    clear(images * g.in_size(), grad_input);
    for_each_product(g, images, [&](Index x, Index w, Index y) {
      grad_input[x] += grad_output[y] * weights[w];
    });
  }

  static void run_weights(const ConvGeometry& g, Index images, const T* input, const T* grad_output,
                          T* grad, bool accumulate, T*) {
    if (!accumulate) clear(g.weight_count(), grad);
    for_each_product(g, images,
                     [&](Index x, Index w, Index y) { grad[w] += input[x] * grad_output[y]; });
  }

  static ConvForwardKernel<T> forward(const ConvGeometry&) {
    return {.name = "definition",
            .packed_size = packed_size,
            .pack = pack,
            .scratch_size = no_scratch,
            .run = run_forward};
  }
  static ConvDataKernel<T> backward_data(const ConvGeometry&) {
    return {.name = "definition",
            .packed_size = packed_size,
            .pack = pack,
            .scratch_size = no_scratch,
            .run = run_data};
  }
  static ConvWeightsKernel<T> backward_weights(const ConvGeometry&) {
    return {.name = "definition", .scratch_size = no_scratch, .run = run_weights};
  }

  static constexpr ConvSelection<T> selection() {
    return {
        .forward = forward, .backward_data = backward_data, .backward_weights = backward_weights};
  }
};

}  // namespace
}  // namespace cnnx
