// he: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015: variance 2 / fan_in.
// glorot: Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural
// networks", AISTATS 2010: variance 2 / (fan_in + fan_out).
#include "cnnx/initializers.h"

#include <cmath>

#include "cnnx/core/error.h"

namespace cnnx {
namespace {

void fill_normal(double variance, const Random& random, std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = std::sqrt(variance) * random.normal(i);
  }
}

// Uniform in [-a, a] has variance a^2 / 3.
void fill_uniform(double variance, const Random& random, std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = std::sqrt(3.0 * variance) * (2.0 * random.uniform(i) - 1.0);
  }
}

void fill_zeros(double, const Random&, std::vector<double>& values) {
  for (double& value : values) value = 0.0;
}

void fill_ones(double, const Random&, std::vector<double>& values) {
  for (double& value : values) value = 1.0;
}

double he_variance(Index fan_in, Index) { return 2.0 / static_cast<double>(fan_in); }
double glorot_variance(Index fan_in, Index fan_out) {
  return 2.0 / static_cast<double>(fan_in + fan_out);
}

struct Row {
  const char* name;
  double (*variance)(Index fan_in, Index fan_out);
  void (*fill)(double variance, const Random& random, std::vector<double>& values);
};

constexpr Row kRows[] = {
    {"he_normal", he_variance, fill_normal},
    {"he_uniform", he_variance, fill_uniform},
    {"glorot_normal", glorot_variance, fill_normal},
    {"glorot_uniform", glorot_variance, fill_uniform},
    {"zeros", he_variance, fill_zeros},
    {"ones", he_variance, fill_ones},
};

}  // namespace

void initialize(const std::string& name, Index fan_in, Index fan_out, const Random& random,
                std::vector<double>& values) {
  std::string choices;
  for (const Row& row : kRows) {
    if (name == row.name) return row.fill(row.variance(fan_in, fan_out), random, values);
    choices += (choices.empty() ? "" : ", ") + std::string(row.name);
  }
  throw ConfigError(concat("initializer: \"", name, "\" is unknown; choose one of ", choices));
}

}  // namespace cnnx
