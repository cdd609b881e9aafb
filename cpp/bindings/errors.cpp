#include "cnnx/core/error.h"

#include "topics.h"

namespace cnnx::bindings {
namespace py = pybind11;
namespace {

void raise(const char* name, const char* message) {
  const py::object type = py::module_::import("cnnx.errors").attr(name);
  PyErr_SetString(type.ptr(), message);
}

}  // namespace

void translate_errors() {
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const ShapeError& error) {
      raise("ShapeError", error.what());
    } catch (const ConfigError& error) {
      raise("ConfigError", error.what());
    } catch (const DataError& error) {
      PyErr_SetString(PyExc_ValueError, error.what());
    } catch (const NameError& error) {
      PyErr_SetString(PyExc_KeyError, error.what());
    }
  });
}

}  // namespace cnnx::bindings
