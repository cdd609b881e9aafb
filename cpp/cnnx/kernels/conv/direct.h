// Direct convolution, any stride, padding, dilation and groups: the passes put together.
#pragma once

#include "cnnx/kernels/conv/data_gather.h"
#include "cnnx/kernels/conv/data_scatter.h"
#include "cnnx/kernels/conv/forward.h"
#include "cnnx/kernels/conv/thin.h"
#include "cnnx/kernels/conv/weights.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

template <class T, class Shapes>
struct ConvDirect {
  using Forward = ConvForward<T, Shapes>;
  using Thin = ConvThin<T, Shapes>;
  using Gather = ConvDataGather<T, Shapes>;
  using Scatter = ConvDataScatter<T, Shapes>;
  using Weights = ConvWeights<T, Shapes>;

  static bool scatters(const ConvGeometry& g) {
    return Scatter::suits(g) && Scatter::cost(g) < Gather::cost(g);
  }

  static Index packed_size(const ConvGeometry& g, ConvPass pass) {
    if (pass == ConvPass::forward) {
      return Thin::suits(g) ? Thin::packed_size(g) : Forward::packed_size(g);
    }
    if (pass == ConvPass::backward_weights) return 0;
    return scatters(g) ? Scatter::packed_size(g) : Gather::packed_size(g);
  }

  static void pack(const ConvGeometry& g, ConvPass pass, const T* weights, T* packed) {
    if (pass == ConvPass::forward) {
      return Thin::suits(g) ? Thin::pack(g, weights, packed) : Forward::pack(g, weights, packed);
    }
    if (pass == ConvPass::backward_weights) return;
    return scatters(g) ? Scatter::pack(g, weights, packed) : Gather::pack(g, weights, packed);
  }

  static Index scratch_size(const ConvGeometry& g, ConvPass pass, Index images) {
    if (pass == ConvPass::forward) {
      return Thin::suits(g) ? Thin::scratch_size(g, images) : Forward::scratch_size(g, images);
    }
    if (pass == ConvPass::backward_weights) return Weights::scratch_size(g, images);
    return scatters(g) ? Scatter::scratch_size(g, images) : Gather::scratch_size(g, images);
  }

  static void forward(const ConvGeometry& g, Index images, const T* input, const T* packed,
                      const T* bias, Activation activation, T* output, T* scratch) {
    return Thin::suits(g)
               ? Thin::run(g, images, input, packed, bias, activation, output, scratch)
               : Forward::run(g, images, input, packed, bias, activation, output, scratch);
  }

  static void backward_data(const ConvGeometry& g, Index images, const T* grad_output,
                            const T* packed, T* grad_input, T* scratch) {
    return scatters(g) ? Scatter::run(g, images, grad_output, packed, grad_input, scratch)
                       : Gather::run(g, images, grad_output, packed, grad_input, scratch);
  }

  static constexpr ConvKernel<T> kernel() {
    return {packed_size, pack, scratch_size, forward, backward_data, Weights::run};
  }
};

}  // namespace
}  // namespace cnnx
