// NumPy arrays as the engine sees them: C-contiguous, of one type, checked here and nowhere else.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "cnnx/core/error.h"
#include "cnnx/core/images.h"
#include "cnnx/core/shape.h"

namespace cnnx::bindings {

namespace py = pybind11;

template <class T>
using Array = py::array_t<T, py::array::c_style>;

inline std::vector<Index> dims_of(const py::array& array) {
  return {array.shape(), array.shape() + array.ndim()};
}

// The array as it is when it holds T, C-contiguous and native; a TypeError names what else it is.
template <class T>
Array<T> expect(const py::handle& object, const char* name) {
  if (!py::isinstance<Array<T>>(object)) {
    throw py::type_error(concat(
        name, ": expected a C-contiguous array of ", std::string(py::str(py::dtype::of<T>())),
        ", got ",
        py::isinstance<py::array>(object)
            ? std::string(py::str(py::array(py::reinterpret_borrow<py::object>(object)).dtype()))
            : std::string(py::str(py::type::of(object)))));
  }
  return py::reinterpret_borrow<Array<T>>(object);
}

inline void expect_dims(const py::array& array, const std::vector<Index>& dims, const char* name) {
  if (dims_of(array) == dims) return;
  throw ShapeError(
      concat(name, ": expected shape ", format_dims(dims), ", got ", format_dims(dims_of(array))));
}

// The row of the first image of an array in the dataset.
inline void expect_first_row(Index row) {
  constexpr Index kMost = Index{1} << 40;
  if (row >= 0 && row <= kMost) return;
  throw ConfigError(concat("first_row: expected 0 to ", kMost, ", got ", row));
}

template <class T>
Array<T> make_array(const std::vector<Index>& dims) {
  return Array<T>(std::vector<py::ssize_t>(dims.begin(), dims.end()));
}

}  // namespace cnnx::bindings
