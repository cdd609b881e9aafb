// Draws from the Beta distribution, on counter-based random numbers.
// Gamma variates: Marsaglia, Tsang, "A simple method for generating gamma variables", ACM
// Transactions on Mathematical Software 26(3), 2000.
#pragma once

#include "cnnx/core/random.h"

namespace cnnx {

// The logarithm of a draw from Gamma(shape, 1), which for small shapes underflows itself. Takes the
// draws from `index` on and leaves `index` behind the last one.
double log_gamma_draw(const Random& random, double shape, std::uint64_t& index);

// A draw from Beta(a, b), within [0, 1].
double beta_draw(const Random& random, double a, double b, std::uint64_t& index);

}  // namespace cnnx
