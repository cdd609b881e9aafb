// What the processor could do: multiply-adds in registers, with nothing else in the loop.
#pragma once

#include <string_view>

namespace cnnx::benchmarks {

// GFLOP/s of one core with the vectors of an instruction set (a multiply-add is 2), or 0 where
// there is no loop for it, such as "reference".
double peak_gflops(std::string_view isa, double seconds);

}  // namespace cnnx::benchmarks
