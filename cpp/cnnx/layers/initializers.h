// First values of weights.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cnnx/core/index.h"
#include "cnnx/core/random.h"
#include "cnnx/layers/layer.h"

namespace cnnx {

// Fills `values` with the numbers `first`, `first` + 1, ... (public order) of a weight array with
// the named initializer. Each depends on its own number alone: parts may be filled in any order.
// Throws ConfigError for unknown names.
template <class T>
void initialize(const std::string& name, Index fan_in, Index fan_out, const Random& random,
                Index first, std::span<T> values);

std::vector<std::string> initializer_names();
// Throws ConfigError for unknown names.
void check_initializer(const std::string& name);

// Fills a parameter where it is stored; may use threads.
template <class T>
void initialize(const Parameter<T>& parameter, const Random& random);

}  // namespace cnnx
