// Checks of the arguments of augmentations; each throws ConfigError.
#pragma once

#include <string>

#include "cnnx/core/attrs.h"
#include "cnnx/core/error.h"
#include "cnnx/core/shape.h"

namespace cnnx {

constexpr double kMostFill = 1e30;

// A number with low <= it <= high (not so for NaN).
inline double number_within(const Attrs& attrs, const std::string& name, double low, double high) {
  const double value = attrs.number(name);
  if (value >= low && value <= high) return value;
  throw ConfigError(concat(attrs.text("kind"), ": ", name, " must be between ", low, " and ", high,
                           ", got ", value));
}

inline void expect_image(const Shape& shape, const char* kind) {
  if (!shape.flat) return;
  throw ConfigError(concat(kind, ": needs images (channels, height, width), the network takes ",
                           shape.str(), "; leave it out, or give images their shape"));
}

}  // namespace cnnx
