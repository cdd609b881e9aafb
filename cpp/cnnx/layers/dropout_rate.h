// The rate of a dropout layer, in steps of a 16-bit random number.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "cnnx/core/attrs.h"
#include "cnnx/core/error.h"

namespace cnnx {

class DropoutRate {
 public:
  explicit DropoutRate(const Attrs& attrs) {
    const double rate = attrs.number("rate");
    const bool possible = rate >= 0 && rate < 1;  // NaN is not
    if (!possible) {
      throw ConfigError(concat("rate: expected at least 0 and below 1, got ", rate));
    }
    below_ = static_cast<std::uint32_t>(std::max(1.0, std::round((1 - rate) * kSteps)));
  }

  // Elements with a random number below this, out of 65536, are kept.
  std::uint32_t below() const { return below_; }
  double scale() const { return kSteps / below_; }
  bool keeps_all() const { return below_ == kSteps; }

 private:
  static constexpr double kSteps = 65536;
  std::uint32_t below_ = 0;
};

}  // namespace cnnx
