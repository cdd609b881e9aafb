// The random numbers of one step for one image. Seed, epoch, the image's row in the dataset and
// the step's place in the list decide them, and nothing else: not the batch, not the thread.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "cnnx/core/index.h"
#include "cnnx/core/random.h"

namespace cnnx {

class Draws {
 public:
  static constexpr Index kMostSteps = 256;

  Draws(const Random& random, Index row, Index step)
      : random_(random),
        at_((static_cast<std::uint64_t>(row) << 20) | (static_cast<std::uint64_t>(step) << 12)) {}

  // Pair k of up to 4096 pairs of numbers in [0, 1).
  std::array<double, 2> pair(std::uint64_t k = 0) const { return random_.uniforms(at_ + k); }

 private:
  const Random& random_;
  std::uint64_t at_;
};

// A number in [0, 1) as one of 0 .. count-1.
inline Index whole_below(double u, Index count) {
  return std::min(count - 1, static_cast<Index>(u * static_cast<double>(count)));
}

// A number in [0, 1) as one between the two.
inline double between(double u, double low, double high) { return low + (high - low) * u; }

// The nearest whole number, halves upwards.
inline double nearest(double value) { return std::floor(value + 0.5); }

}  // namespace cnnx
