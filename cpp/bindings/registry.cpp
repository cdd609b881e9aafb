// registry(): what the engine's layers, losses and optimizers take, row by row, as dicts.
#include <pybind11/stl.h>

#include "cnnx/core/argument.h"
#include "cnnx/layers/layer.h"
#include "cnnx/losses/loss.h"
#include "cnnx/optim/optimizer.h"
#include "topics.h"

namespace cnnx::bindings {
namespace py = pybind11;
namespace {

const char* name_of(ArgumentType type) {
  switch (type) {
    case ArgumentType::integer:
      return "integer";
    case ArgumentType::number:
      return "number";
    case ArgumentType::flag:
      return "flag";
    case ArgumentType::text:
      return "text";
    case ArgumentType::integers:
      return "integers";
    case ArgumentType::numbers:
      return "numbers";
    case ArgumentType::layers:
      return "layers";
  }
  return "";
}

py::object bound(double value) {
  if (value == Bounds::kNone || value == -Bounds::kNone) return py::none();
  return py::float_(value);
}

py::object standard_of(const Argument& argument) {
  if (const bool* value = std::get_if<bool>(&argument.standard)) return py::bool_(*value);
  if (const double* value = std::get_if<double>(&argument.standard)) return py::float_(*value);
  if (const auto* value = std::get_if<const char*>(&argument.standard)) return py::str(*value);
  return py::none();
}

py::dict describe(const Argument& argument) {
  py::dict row;
  row["type"] = name_of(argument.type);
  row["at_least"] = bound(argument.bounds.at_least);
  row["above"] = bound(argument.bounds.above);
  row["below"] = bound(argument.bounds.below);
  row["count"] = argument.count;
  row["choices"] = argument.choices == nullptr ? py::object(py::none())
                                               : py::object(py::cast(argument.choices()));
  row["required"] = !argument.may_be_left_out();
  row["default"] = standard_of(argument);
  return row;
}

void add(py::dict& rows, std::span<const Argument> arguments) {
  for (const Argument& argument : arguments) rows[argument.name] = describe(argument);
}

py::dict table(const std::vector<Described>& rows, std::span<const Argument> shared = {}) {
  py::dict kinds;
  for (const Described& row : rows) {
    py::dict arguments;
    add(arguments, row.arguments);
    add(arguments, shared);
    py::dict described;
    described["inputs"] = py::make_tuple(row.least_inputs, row.most_inputs);
    described["arguments"] = arguments;
    kinds[py::str(row.kind)] = described;
  }
  return kinds;
}

py::dict registry() {
  py::dict tables;
  tables["layers"] = table(describe_layers());
  tables["losses"] = table(describe_losses());
  tables["optimizers"] = table(describe_optimizers(), shared_optimizer_arguments());
  return tables;
}

}  // namespace

void bind_registry(py::module_& m) { m.def("registry", &registry); }

}  // namespace cnnx::bindings
