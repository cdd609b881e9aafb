// Phases of the input of a convolution with strides: positions that lie a whole number of strides
// apart take part in the outputs through the same taps.
#pragma once

#include "cnnx/kernels/conv/tap_axis.h"
#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

// The taps of one stride phase along one axis in the transposed convolution. An input position i
// with (i + pad) % stride == phase takes part in the outputs o = (i + pad - tap * dilation) /
// stride of the taps tap = first, first + step, ..., and o falls by `shift` from one tap to the
// next.
struct PhaseTaps {
  Index first = -1, step = 1, count = 0, shift = 0;
  Index first_input = 0;  // smallest i >= 0 of the phase
  Index inputs = 0;       // how many i of the phase there are
};

inline PhaseTaps phase_taps(Index phase, Index size, Index kernel, Index stride, Index dilation,
                            Index pad) {
  PhaseTaps taps;
  taps.first_input = ((phase - pad) % stride + stride) % stride;
  taps.inputs = taps.first_input < size ? (size - taps.first_input - 1) / stride + 1 : 0;
  Index second = -1;
  for (Index tap = 0; tap < kernel; ++tap) {
    if ((tap * dilation) % stride != phase) continue;
    if (taps.first < 0)
      taps.first = tap;
    else if (second < 0)
      second = tap;
    ++taps.count;
  }
  if (taps.count > 1) {
    taps.step = second - taps.first;
    taps.shift = taps.step * dilation / stride;
  }
  return taps;
}

// The taps of a phase from the last to the first, so that outputs rise with them.
inline TapAxis backward_axis(const PhaseTaps& taps, Index stride, Index dilation, Index pad,
                             Index size) {
  const Index nearest = (taps.first_input + pad - taps.first * dilation) / stride;
  const Index first = taps.count == 0 ? 0 : nearest - (taps.count - 1) * taps.shift;
  return {.outputs = taps.inputs,
          .first = first,
          .step = 1,
          .tap_step = larger<Index>(1, taps.shift),
          .taps = taps.count,
          .size = size};
}

// Calls body(row taps, column taps) for every stride phase that has positions in the input.
template <class Body>
void for_each_phase(const ConvGeometry& g, Body&& body) {
  for (Index y = 0; y < g.stride_height; ++y) {
    const PhaseTaps rows =
        phase_taps(y, g.in_height, g.kernel_height, g.stride_height, g.dilation_height, g.pad_top);
    for (Index x = 0; x < g.stride_width; ++x) {
      const PhaseTaps columns =
          phase_taps(x, g.in_width, g.kernel_width, g.stride_width, g.dilation_width, g.pad_left);
      body(rows, columns);
    }
  }
}

}  // namespace
}  // namespace cnnx
