#include "cnnx/core/shape.h"

#include "cnnx/core/error.h"

namespace cnnx {
namespace {

// Sizes are kept far below the 64-bit limit so that bytes, strides and sums of sizes fit too.
constexpr Index kLargest = Index{1} << 46;

}  // namespace

std::string format_dims(const std::vector<Index>& dims) {
  std::string text = "(";
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(dims[i]);
  }
  return text + (dims.size() == 1 ? ",)" : ")");
}

Index checked_product(const std::vector<Index>& sizes, std::string_view what) {
  Index product = 1;
  for (const Index size : sizes) {
    if (size != 0 && product > kLargest / size) {
      throw ShapeError({.subject = std::string(what),
                        .message = concat("the product of ", format_dims(sizes), " overflows"),
                        .got = format_dims(sizes),
                        .hint = "use smaller sizes"});
    }
    product *= size;
  }
  return product;
}

Shape Shape::from_public(const std::vector<Index>& dims) {
  if (dims.size() != 1 && dims.size() != 3) {
    throw ShapeError({.argument = "input_shape",
                      .expected = "(channels, height, width) or (features,)",
                      .got = format_dims(dims)});
  }
  for (const Index dim : dims) {
    if (dim < 1) {
      throw ShapeError({.argument = "input_shape",
                        .message = concat("every size must be at least 1, got ", format_dims(dims)),
                        .expected = "sizes of at least 1",
                        .got = format_dims(dims)});
    }
  }
  checked_product(dims, "input_shape");
  return dims.size() == 1 ? Shape::features(dims[0]) : Shape{dims[0], dims[1], dims[2], false};
}

std::vector<Index> Shape::to_public() const {
  if (flat) return {size()};
  return {channels, height, width};
}

std::string Shape::str() const { return format_dims(to_public()); }

}  // namespace cnnx
