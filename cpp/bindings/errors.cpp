// The engine's exceptions as those of Python, with what the engine knows as attributes.
#include "cnnx/core/error.h"

#include "topics.h"

namespace cnnx::bindings {
namespace py = pybind11;
namespace {

void set(const py::object& error, const char* name, const std::string& value) {
  if (!value.empty()) error.attr(name) = value;
}

void raise(const py::handle& type, const Error& error) {
  const py::object raised = type(error.what());
  const Problem& problem = error.problem();
  set(raised, "layer", problem.layer);
  set(raised, "layer_name", problem.layer_name);
  set(raised, "argument", problem.argument);
  set(raised, "got", problem.got);
  set(raised, "expected", problem.expected);
  set(raised, "problem", problem.message);
  set(raised, "hint", problem.hint);
  set(raised, "detail", problem.detail());
  PyErr_SetObject(type.ptr(), raised.ptr());
}

py::object type(const char* name) { return py::module_::import("cnnx.errors").attr(name); }

}  // namespace

void translate_errors() {
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const ShapeError& error) {
      raise(type("ShapeError"), error);
    } catch (const ConfigError& error) {
      raise(type("ConfigError"), error);
    } catch (const DataError& error) {
      raise(PyExc_ValueError, error);
    } catch (const NameError& error) {
      raise(PyExc_KeyError, error);
    }
  });
}

}  // namespace cnnx::bindings
