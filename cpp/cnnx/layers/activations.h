// Activation names as they come from Python.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cnnx/core/attrs.h"
#include "cnnx/kernels/table.h"

namespace cnnx {

// In the order of the table.
std::vector<std::string> activation_names();

// Throws ConfigError for an unknown name, listing those there are. Without an alpha it is the
// function's usual one: 1 for elu, 0.01 for leaky_relu.
Activation parse_activation(const std::string& name, std::optional<double> alpha = std::nullopt);

// The entry "activation" of a layer, with its "alpha"; linear where it is absent.
Activation activation_of(const Attrs& attrs);

// The description of an activation as a layer of its own.
Attrs activation_attrs(const std::string& name);

// True where the derivative follows from the outputs alone, so that the inputs need not be kept.
bool told_by_outputs(Activation activation);

// True for the activations that a conv or dense kernel applies while its sums are in registers.
bool applied_by_kernel(Activation activation);

}  // namespace cnnx
