// An activation applied by a kernel to values in guarded memory.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "cnnx/kernels/table.h"
#include "support/guarded.h"

namespace cnnx::test {

template <class T>
std::vector<T> activated(const KernelTable<T>& table, Activation activation, Index rows,
                         Index columns, const std::vector<T>& input) {
  Guarded<T> values = guarded_output<T>(rows * columns);
  std::copy(input.begin(), input.end(), values.data());
  table.element.activate(activation, rows, columns, values.data());
  REQUIRE(values.intact());
  return {values.values().begin(), values.values().end()};
}

}  // namespace cnnx::test
