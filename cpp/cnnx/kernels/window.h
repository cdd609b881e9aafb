// Windows that slide over an image.
#pragma once

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

// The part of a window that lies on the image, along one axis.
struct WindowSpan {
  Index begin, end;  // places in the window
  Index origin;      // position of place 0, may be negative
};

inline WindowSpan window_span(Index output, Index stride, Index pad, Index window, Index size) {
  const Index origin = output * stride - pad;
  return {larger<Index>(0, -origin), smaller(window, size - origin), origin};
}

// True when windows lie apart, side by side, and cover the image: each pixel is in one of them.
inline bool windows_tile(const PoolGeometry& g) {
  return g.stride_height == g.window_height && g.stride_width == g.window_width && g.pad_top == 0 &&
         g.pad_left == 0 && g.out_height * g.window_height == g.in_height &&
         g.out_width * g.window_width == g.in_width;
}

}  // namespace
}  // namespace cnnx
