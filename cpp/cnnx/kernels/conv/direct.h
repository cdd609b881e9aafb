// Direct convolution, any stride, padding, dilation and groups: which kernel serves which shape.
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
  static ConvForwardKernel<T> forward(const ConvGeometry& g) {
    using Thin = ConvThin<T, Shapes>;
    if (depthwise_suits<Shapes>(g)) return select_depthwise_forward<T, Shapes>(g);
    if (Thin::suits(g)) return Thin::select(g.out_channels);
    return ConvForward<T, Shapes>::kernel();
  }

  static ConvDataKernel<T> backward_data(const ConvGeometry& g) {
    using Gather = ConvDataGather<T, Shapes>;
    using Scatter = ConvDataScatter<T, Shapes>;
    if (depthwise_suits<Shapes>(g)) return select_depthwise_data<T, Shapes>(g);
    if (Scatter::suits(g) && Scatter::cost(g) < Gather::cost(g)) return Scatter::kernel();
    return Gather::kernel();
  }

  static ConvWeightsKernel<T> backward_weights(const ConvGeometry& g) {
    if (depthwise_suits<Shapes>(g)) return select_depthwise_weights<T, Shapes>(g);
    return select_conv_weights<T, Shapes>(g);
  }

  static constexpr ConvSelection<T> selection() {
    return {
        .forward = forward, .backward_data = backward_data, .backward_weights = backward_weights};
  }
};

}  // namespace
}  // namespace cnnx
