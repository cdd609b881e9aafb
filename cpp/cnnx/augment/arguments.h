// Checks of the arguments of augmentations; each throws ConfigError.
#pragma once

#include <string>
#include <utility>

#include "cnnx/core/attrs.h"
#include "cnnx/core/error.h"
#include "cnnx/core/shape.h"

namespace cnnx {

constexpr double kMostFill = 1e30;

// A number with low <= it <= high (not so for NaN).
inline double number_within(const Attrs& attrs, const std::string& name, double low, double high) {
  const double value = attrs.number(name);
  if (value >= low && value <= high) return value;
  throw ConfigError({.subject = attrs.text("kind"),
                     .argument = name,
                     .expected = concat("between ", low, " and ", high),
                     .got = concat(value)});
}

// Two integers of at least 0 for height and width.
inline std::pair<Index, Index> pair_of_sizes(const Attrs& attrs, const std::string& name) {
  const std::pair<Index, Index> sizes = attrs.pair(name);
  if (sizes.first >= 0 && sizes.second >= 0) return sizes;
  throw ConfigError({.subject = attrs.text("kind"),
                     .argument = name,
                     .expected = "two integers of at least 0",
                     .got = concat("(", sizes.first, ", ", sizes.second, ")")});
}

inline void expect_image(const Shape& shape, const char* kind) {
  if (!shape.flat) return;
  throw ConfigError(
      {.subject = kind,
       .message = "needs images (channels, height, width), the network takes " + shape.str(),
       .expected = "(channels, height, width)",
       .got = shape.str(),
       .hint = "leave it out, or give images their shape"});
}

}  // namespace cnnx
