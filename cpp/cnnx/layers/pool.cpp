#include "cnnx/layers/pool.h"

#include "cnnx/core/error.h"

namespace cnnx {

void expect_maps(const std::string& label, const Shape& input) {
  if (!input.flat) return;
  throw ShapeError(concat(label, ": expected input (channels, height, width), got ", input.str(),
                          "; place it before Flatten and Dense"));
}

PoolGeometry plan_pool(const std::string& label, const Shape& input,
                       const std::pair<Index, Index>& window, const std::pair<Index, Index>& stride,
                       const std::pair<Index, Index>& padding) {
  expect_maps(label, input);
  // More padding than half a window would make windows that see no pixel at all.
  if (2 * padding.first > window.first || 2 * padding.second > window.second) {
    throw ShapeError(concat(label, ": padding ", padding.first, "x", padding.second,
                            " must be at most half the window ", window.first, "x", window.second));
  }
  checked_product({window.first, window.second}, label + " window");
  const Index rows = output_size(input.height, window.first, stride.first, 1, 2 * padding.first);
  const Index columns =
      output_size(input.width, window.second, stride.second, 1, 2 * padding.second);
  if (rows < 1 || columns < 1) {
    throw ShapeError(concat(label, ": window ", window.first, "x", window.second,
                            " does not fit input ", input.height, "x", input.width,
                            " with padding ", padding.first, "x", padding.second,
                            "; use a smaller pool_size"));
  }
  return {input.channels, input.height, input.width,   rows,          columns,       window.first,
          window.second,  stride.first, stride.second, padding.first, padding.second};
}

}  // namespace cnnx
