// The integer type of every size, stride and offset.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cnnx {

using Index = std::int64_t;

constexpr Index ceil_div(Index value, Index divisor) { return (value + divisor - 1) / divisor; }
constexpr Index round_up(Index value, Index multiple) {
  return ceil_div(value, multiple) * multiple;
}

// An Index that is known not to be negative, as the standard library counts.
constexpr std::size_t to_size(Index index) { return static_cast<std::size_t>(index); }

}  // namespace cnnx
