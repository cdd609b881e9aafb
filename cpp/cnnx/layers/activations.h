// Activation names as they come from Python.
#pragma once

#include "cnnx/core/attrs.h"
#include "cnnx/kernels/table.h"

namespace cnnx {

// Throws ConfigError for an unknown name, listing those there are.
Activation parse_activation(const std::string& name, double alpha = 0.01);

// The entry "activation" of a layer; linear where it is absent.
Activation activation_of(const Attrs& attrs);

// True where the derivative follows from the outputs, element by element or row by row.
bool told_by_outputs(Activation activation);

// The description of an activation as a layer of its own.
Attrs activation_attrs(const std::string& name);

// True for the activations that a conv or dense kernel applies while its sums are in registers.
bool applied_by_kernel(Activation activation);

}  // namespace cnnx
