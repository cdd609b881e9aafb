// Direct convolution, any stride, padding, dilation and groups: which algorithm serves which shape.
#pragma once

#include "cnnx/kernels/conv/data_gather.h"
#include "cnnx/kernels/conv/data_scatter.h"
#include "cnnx/kernels/conv/depthwise.h"
#include "cnnx/kernels/conv/depthwise_weights.h"
#include "cnnx/kernels/conv/forward.h"
#include "cnnx/kernels/conv/thin.h"
#include "cnnx/kernels/conv/weights.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

template <class T, class Shapes>
struct ConvDirect {
  // The algorithm for a shape and pass: calls body with it. Each has packed_size, pack,
  // scratch_size and run.
  template <class Body>
  static auto with_forward(const ConvGeometry& g, Body&& body) {
    using Depthwise = DepthwiseForward<T, Shapes>;
    using Thin = ConvThin<T, Shapes>;
    if (Depthwise::suits(g)) return body(Depthwise{});
    if (Thin::suits(g)) return body(Thin{});
    return body(ConvForward<T, Shapes>{});
  }

  template <class Body>
  static auto with_data(const ConvGeometry& g, Body&& body) {
    using Depthwise = DepthwiseData<T, Shapes>;
    using Gather = ConvDataGather<T, Shapes>;
    using Scatter = ConvDataScatter<T, Shapes>;
    if (Depthwise::suits(g)) return body(Depthwise{});
    if (Scatter::suits(g) && Scatter::cost(g) < Gather::cost(g)) return body(Scatter{});
    return body(Gather{});
  }

  template <class Body>
  static auto with_weights(const ConvGeometry& g, Body&& body) {
    using Depthwise = DepthwiseWeights<T, Shapes>;
    if (Depthwise::suits(g)) return body(Depthwise{});
    return body(ConvWeights<T, Shapes>{});
  }

  template <class Body>
  static auto with_algorithm(const ConvGeometry& g, ConvPass pass, Body&& body) {
    switch (pass) {
      case ConvPass::forward:
        return with_forward(g, body);
      case ConvPass::backward_data:
        return with_data(g, body);
      case ConvPass::backward_weights:
        break;
    }
    return with_weights(g, body);
  }

  static Index packed_size(const ConvGeometry& g, ConvPass pass) {
    return with_algorithm(g, pass, [&](auto algorithm) { return algorithm.packed_size(g); });
  }

  static void pack(const ConvGeometry& g, ConvPass pass, const T* weights, T* packed) {
    with_algorithm(g, pass, [&](auto algorithm) { algorithm.pack(g, weights, packed); });
  }

  static Index scratch_size(const ConvGeometry& g, ConvPass pass, Index images) {
    return with_algorithm(g, pass,
                          [&](auto algorithm) { return algorithm.scratch_size(g, images); });
  }

  static void forward(const ConvGeometry& g, Index images, const T* input, const T* packed,
                      const T* bias, Activation activation, T* output, T* scratch) {
    with_forward(g, [&](auto algorithm) {
      algorithm.run(g, images, input, packed, bias, activation, output, scratch);
    });
  }

  static void backward_data(const ConvGeometry& g, Index images, const T* grad_output,
                            const T* packed, T* grad_input, T* scratch) {
    with_data(g, [&](auto algorithm) {
      algorithm.run(g, images, grad_output, packed, grad_input, scratch);
    });
  }

  static void backward_weights(const ConvGeometry& g, Index images, const T* input,
                               const T* grad_output, T* grad_weights, bool accumulate, T* scratch) {
    with_weights(g, [&](auto algorithm) {
      algorithm.run(g, images, input, grad_output, grad_weights, accumulate, scratch);
    });
  }

  static constexpr ConvKernel<T> kernel() {
    return {packed_size, pack, scratch_size, forward, backward_data, backward_weights};
  }
};

}  // namespace
}  // namespace cnnx
