// How often a dropout makes zeros, in the steps of a 16-bit draw.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "cnnx/core/attrs.h"

namespace cnnx {

class DropoutRate {
 public:
  explicit DropoutRate(const Attrs& attrs) {
    const double rate = attrs.number("rate");
    below_ = static_cast<std::uint32_t>(std::max(1.0, std::round((1 - rate) * kSteps)));
  }

  // Kept is what draws a number below this of 65536.
  std::uint32_t below() const { return below_; }
  double scale() const { return kSteps / below_; }
  bool keeps_all() const { return below_ == kSteps; }

 private:
  static constexpr double kSteps = 65536;
  std::uint32_t below_ = 0;
};

}  // namespace cnnx
