// One function per topic, each in its own file.
#pragma once

#include <pybind11/pybind11.h>

namespace cnnx::bindings {

void bind_augment(pybind11::module_& m);
void bind_config(pybind11::module_& m);
void bind_network(pybind11::module_& m);
void bind_ops(pybind11::module_& m);

// Makes the engine's exceptions raise the classes of cnnx.errors.
void translate_errors();

}  // namespace cnnx::bindings
