// Threads, instruction sets, versions, and small helpers that need no network.
#include <pybind11/stl.h>

#include "arrays.h"
#include "cnnx/core/buffer.h"
#include "cnnx/core/parallel.h"
#include "cnnx/core/random.h"
#include "cnnx/kernels/dispatch.h"
#include "topics.h"

namespace cnnx::bindings {
namespace {

void checked_set_num_threads(int count) {
  if (count < 1) {
    throw ConfigError(
        {.argument = "set_num_threads", .expected = "at least 1", .got = concat(count)});
  }
  set_num_threads(count);
}

py::dict config() {
  py::dict facts;
  facts["version"] = CNNX_VERSION;
  facts["isa"] = current_isa();
  facts["isas"] = available_isas();
  facts["threads"] = num_threads();
  facts["openmp"] = has_openmp();
  facts["openmp_runtime"] = openmp_runtime();
#if defined(__clang__)
  facts["compiler"] = "Clang " __clang_version__;
#else
  facts["compiler"] = "GCC " __VERSION__;
#endif
  return facts;
}

Array<Index> permutation(Index count, std::uint64_t seed, std::uint32_t epoch) {
  if (count < 0) {
    throw ConfigError({.argument = "permutation", .expected = "at least 0", .got = concat(count)});
  }
  auto order = make_array<Index>({count});
  fill_permutation(seed, epoch, count, order.mutable_data());
  return order;
}

template <class T>
bool scan(const py::handle& object) {
  const auto values = expect<T>(object, "x");
  const Index count = values.size();
  const T* data = values.data();
  const py::gil_scoped_release release;
  constexpr Index kBlock = 1 << 16;
  std::atomic<bool> finite{true};
  parallel_for(ceil_div(count, kBlock), count, [&](Index task, int) {
    const Index first = task * kBlock;
    if (!all_finite(std::min(kBlock, count - first), data + first)) finite.store(false);
  });
  return finite.load();
}

bool all_finite_array(const py::object& x) {
  return py::isinstance<Array<double>>(x) ? scan<double>(x) : scan<float>(x);
}

}  // namespace

void bind_config(py::module_& m) {
  m.def("available_isas", &available_isas);
  m.def("get_isa", &current_isa);
  m.def("set_isa", [](const std::string& name) { select_isa(name); }, py::arg("name"));
  m.def("set_num_threads", &checked_set_num_threads, py::arg("n"));
  m.def("get_num_threads", &num_threads);
  m.def("config", &config);
  m.def("permutation", &permutation, py::arg("n"), py::arg("seed"), py::arg("epoch"));
  m.def("all_finite", &all_finite_array, py::arg("x"));
  m.def("allocation_count", [] { return allocation_counter().load(); });
}

}  // namespace cnnx::bindings
