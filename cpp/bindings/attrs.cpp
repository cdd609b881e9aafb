#include "attrs.h"

#include "cnnx/core/error.h"

namespace cnnx::bindings {
namespace py = pybind11;
namespace {

Attrs::Value to_value(const std::string& name, const py::handle& value) {
  if (py::isinstance<py::bool_>(value)) return value.cast<bool>();
  if (py::isinstance<py::int_>(value)) {
    try {
      return value.cast<Index>();
    } catch (const py::cast_error&) {
      throw ConfigError(concat(name, ": ", std::string(py::str(value)), " is out of range"));
    }
  }
  if (py::isinstance<py::float_>(value)) return value.cast<double>();
  if (py::isinstance<py::str>(value)) return value.cast<std::string>();
  if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value)) {
    std::vector<Index> integers;
    std::vector<double> numbers;
    for (const py::handle item : value) {
      const Attrs::Value element = to_value(name, item);
      if (const Index* integer = std::get_if<Index>(&element)) {
        integers.push_back(*integer);
        numbers.push_back(static_cast<double>(*integer));
      } else if (const double* number = std::get_if<double>(&element)) {
        numbers.push_back(*number);
      } else {
        throw py::type_error(concat(name, ": lists of numbers are possible"));
      }
    }
    if (integers.size() == numbers.size()) return integers;
    return numbers;
  }
  throw py::type_error(concat(name, ": expected a number, string, bool or list, got ",
                              std::string(py::str(py::type::of(value)))));
}

}  // namespace

Attrs to_attrs(const py::dict& values) {
  Attrs attrs;
  for (const auto& [key, value] : values) {
    const auto name = key.cast<std::string>();
    if (!value.is_none()) attrs.set(name, to_value(name, value));  // None: not given
  }
  return attrs;
}

}  // namespace cnnx::bindings
