// Counter-based random numbers: a draw depends on (seed, stream, index) and on nothing else, so any
// thread can make any draw and a run can be resumed anywhere.
// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011.
#pragma once

#include <array>
#include <cstdint>

#include "cnnx/core/index.h"

namespace cnnx {

// What a stream of draws is for; the second half of a generator's key.
enum class Stream : std::uint32_t {
  initializer = 1,
  shuffle = 2,
  dropout = 3,
  augment = 16,
  mix = 17
};

class Random {
 public:
  // `lane` tells apart the streams of one kind: the parameter's number, the epoch.
  Random(std::uint64_t seed, Stream stream, std::uint32_t lane);

  std::array<std::uint32_t, 4> bits(std::uint64_t index) const;
  double uniform(std::uint64_t index) const;  // in [0, 1)
  // Two numbers in [0, 1) from the bits of one draw; the first is uniform(index).
  std::array<double, 2> uniforms(std::uint64_t index) const;
  double normal(std::uint64_t index) const;  // mean 0, standard deviation 1
  std::uint64_t below(std::uint64_t bound, std::uint64_t index) const;  // in [0, bound)

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 2> stream_;
};

// Fills `order` with a permutation of 0 .. count-1 (Fisher-Yates).
void fill_permutation(std::uint64_t seed, std::uint32_t epoch, Index count, Index* order);

}  // namespace cnnx
