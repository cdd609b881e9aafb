#include "cnnx/layers/pool.h"

#include "cnnx/core/error.h"

namespace cnnx {

void expect_maps(const Shape& input) {
  if (!input.flat) return;
  throw ShapeError({.expected = "input (channels, height, width)",
                    .got = input.str(),
                    .hint = "place it before Flatten and Dense"});
}

PoolGeometry plan_pool(const Shape& input, const std::pair<Index, Index>& window,
                       const std::pair<Index, Index>& stride,
                       const std::pair<Index, Index>& padding) {
  expect_maps(input);
  // More padding than half a window would make windows that see no pixel at all.
  if (2 * padding.first > window.first || 2 * padding.second > window.second) {
    throw ShapeError(
        {.message = concat("padding ", padding.first, "x", padding.second,
                           " must be at most half the window ", window.first, "x", window.second),
         .got = concat(padding.first, "x", padding.second)});
  }
  checked_product({window.first, window.second}, "window");
  const Index rows = output_size(input.height, window.first, stride.first, 1, 2 * padding.first);
  const Index columns =
      output_size(input.width, window.second, stride.second, 1, 2 * padding.second);
  if (rows < 1 || columns < 1) {
    throw ShapeError({.message = concat("window ", window.first, "x", window.second,
                                        " does not fit input ", input.height, "x", input.width,
                                        " with padding ", padding.first, "x", padding.second),
                      .got = input.str(),
                      .hint = "use a smaller pool_size"});
  }
  return {input.channels, input.height, input.width,   rows,          columns,       window.first,
          window.second,  stride.first, stride.second, padding.first, padding.second};
}

}  // namespace cnnx
