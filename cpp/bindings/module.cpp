#include "topics.h"

PYBIND11_MODULE(_core, m) {
  m.doc() = "The engine of cnnx: what Python calls once for each batch.";
  cnnx::bindings::translate_errors();
  cnnx::bindings::bind_augment(m);
  cnnx::bindings::bind_config(m);
  cnnx::bindings::bind_network(m);
  cnnx::bindings::bind_ops(m);
  cnnx::bindings::bind_registry(m);
}
