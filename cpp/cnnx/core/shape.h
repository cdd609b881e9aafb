// The shape of one image or feature vector, and the only output-size formulas of the project.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cnnx/core/index.h"

namespace cnnx {

// One sample: channels x height x width in public order. A flat shape remembers the maps it was
// flattened from: in memory they stay channels-last, to the user they are in C, H, W order.
struct Shape {
  Index channels = 0;
  Index height = 1;
  Index width = 1;
  bool flat = false;

  Index size() const { return channels * height * width; }
  Index pixels() const { return height * width; }
  bool operator==(const Shape&) const = default;

  static Shape features(Index count) { return {count, 1, 1, true}; }
  // (C, H, W) or (features,); throws ShapeError for other ranks, sizes below 1 and overflow.
  static Shape from_public(const std::vector<Index>& dims);
  std::vector<Index> to_public() const;
  std::string str() const;
};

std::string format_dims(const std::vector<Index>& dims);

// The product of the sizes; throws ShapeError with `what` when it leaves the addressable range.
Index checked_product(const std::vector<Index>& sizes, std::string_view what);

// Places a window of `kernel` taps, `dilation` apart, can take in steps of `stride`; <= 0: none.
constexpr Index window_extent(Index kernel, Index dilation) { return (kernel - 1) * dilation + 1; }
constexpr Index output_size(Index input, Index kernel, Index stride, Index dilation,
                            Index padding) {
  const Index room = input + padding - window_extent(kernel, dilation);
  return room < 0 ? 0 : room / stride + 1;
}

// "same" padding in total over both ends: ceil(input / stride) outputs, the odd one at the end.
constexpr Index same_padding(Index input, Index kernel, Index stride, Index dilation) {
  const Index needed =
      (ceil_div(input, stride) - 1) * stride + window_extent(kernel, dilation) - input;
  return needed > 0 ? needed : 0;
}

}  // namespace cnnx
