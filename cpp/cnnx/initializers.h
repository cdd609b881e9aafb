// Initial values of weights.
#pragma once

#include <string>
#include <vector>

#include "cnnx/core/index.h"
#include "cnnx/core/random.h"

namespace cnnx {

// Fills `values` (public order) with the named initialiser; throws ConfigError for unknown names.
void initialize(const std::string& name, Index fan_in, Index fan_out, const Random& random,
                std::vector<double>& values);

}  // namespace cnnx
