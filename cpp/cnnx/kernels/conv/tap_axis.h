// Which inputs an output meets along one axis, with the borders clipped instead of padded.
#pragma once

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

// Output o meets tap t at input first + o * step + t * tap_step, where that lies on [0, size).
struct TapAxis {
  Index outputs, first, step, tap_step, taps, size;

  // Taps [begin, end) that meet an input.
  struct Range {
    Index begin, end;
  };
  Range met(Index output) const {
    const Index at = first + output * step;
    const Index begin = at < 0 ? ceil_div(-at, tap_step) : 0;
    const Index end = at < size ? (size - 1 - at) / tap_step + 1 : 0;
    return {smaller(begin, taps), smaller(end, taps)};
  }

  Index input(Index output, Index tap) const { return first + output * step + tap * tap_step; }

  // Outputs [begin, end) whose taps all meet an input.
  Range inside() const {
    const Index last = size - 1 - first - (taps - 1) * tap_step;  // of o * step
    const Index begin = smaller(outputs, first < 0 ? ceil_div(-first, step) : 0);
    const Index end = last < 0 ? 0 : smaller(outputs, last / step + 1);
    return {begin, larger(begin, end)};
  }

  // Calls body(first output, end, taps) for runs of outputs that meet the same taps: those inside
  // together, each at a border alone.
  template <class Body>
  void for_each_run(Body&& body) const {
    const Range run = inside();
    for (Index o = 0; o < run.begin; ++o) body(o, o + 1, met(o));
    if (run.begin < run.end) body(run.begin, run.end, Range{0, taps});
    for (Index o = run.end; o < outputs; ++o) body(o, o + 1, met(o));
  }
};

// Of the outputs of a convolution.
inline TapAxis forward_rows(const ConvGeometry& g) {
  return {.outputs = g.out_height,
          .first = -g.pad_top,
          .step = g.stride_height,
          .tap_step = g.dilation_height,
          .taps = g.kernel_height,
          .size = g.in_height};
}
inline TapAxis forward_columns(const ConvGeometry& g) {
  return {.outputs = g.out_width,
          .first = -g.pad_left,
          .step = g.stride_width,
          .tap_step = g.dilation_width,
          .taps = g.kernel_width,
          .size = g.in_width};
}

}  // namespace
}  // namespace cnnx
