// Python dictionaries as descriptions of layers, losses and optimizers.
#pragma once

#include <pybind11/pybind11.h>

#include "cnnx/core/attrs.h"

namespace cnnx::bindings {

// Throws TypeError for values that a description cannot hold.
Attrs to_attrs(const pybind11::dict& values);

}  // namespace cnnx::bindings
