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

// Descriptions in a list, and lists of them (branches) as descriptions with "layers".
bool is_description(const py::handle& value) {
  if (!py::isinstance<py::list>(value) && !py::isinstance<py::tuple>(value)) return false;
  const auto items = py::reinterpret_borrow<py::sequence>(value);
  if (items.empty()) return false;
  for (const py::handle item : items) {
    if (py::isinstance<py::dict>(item)) return true;
    if (py::isinstance<py::list>(item) || py::isinstance<py::tuple>(item)) return true;
  }
  return false;
}

std::vector<Attrs> to_list(const std::string& name, const py::handle& value) {
  std::vector<Attrs> list;
  for (const py::handle item : py::reinterpret_borrow<py::sequence>(value)) {
    if (py::isinstance<py::dict>(item)) {
      list.push_back(to_attrs(py::reinterpret_borrow<py::dict>(item)));
    } else if (py::isinstance<py::list>(item) || py::isinstance<py::tuple>(item)) {
      Attrs branch;
      branch.set_list("layers", to_list(name, item));
      list.push_back(std::move(branch));
    } else {
      throw py::type_error(concat(name, ": expected descriptions of layers"));
    }
  }
  return list;
}

}  // namespace

Attrs to_attrs(const py::dict& values) {
  Attrs attrs;
  for (const auto& [key, value] : values) {
    const auto name = key.cast<std::string>();
    if (value.is_none()) continue;  // an argument that was not given
    if (is_description(value)) {
      attrs.set_list(name, to_list(name, value));
    } else {
      attrs.set(name, to_value(name, value));
    }
  }
  return attrs;
}

}  // namespace cnnx::bindings
