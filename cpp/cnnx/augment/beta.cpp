#include "cnnx/augment/beta.h"

#include <cmath>

namespace cnnx {

double log_gamma_draw(const Random& random, double shape, std::uint64_t& index) {
  if (shape < 1) {
    // Gamma(a) is Gamma(a + 1) times u^(1/a).
    const double larger = log_gamma_draw(random, shape + 1, index);
    return larger + std::log(1.0 - random.uniform(index++)) / shape;
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = random.normal(index++);
    const double root = 1.0 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    const double u = 1.0 - random.uniform(index++);
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return std::log(d * v);
  }
}

double beta_draw(const Random& random, double a, double b, std::uint64_t& index) {
  const double x = log_gamma_draw(random, a, index);
  const double y = log_gamma_draw(random, b, index);
  return 1.0 / (1.0 + std::exp(y - x));  // x / (x + y), whatever over- or underflows
}

}  // namespace cnnx
