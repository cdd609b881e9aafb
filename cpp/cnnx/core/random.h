// Counter-based random numbers: a draw depends on (seed, stream, index) and on nothing else, so any
// thread can make any draw and a run can be taken up anywhere.
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

  // Arrays, many times as quick: number i of a stream is the same wherever an array begins and
  // ends, and rounded from the same double for each T. Normal, two numbers a draw, so that number i
  // is not normal(i).
  template <class T>
  void fill_normal(std::uint64_t first, Index count, double deviation, T* values) const;
  // Uniform in [-most, most): most * (2 uniform(i) - 1).
  template <class T>
  void fill_uniform(std::uint64_t first, Index count, double most, T* values) const;

 private:
  template <class T, int PerDraw, class Make>
  void fill(std::uint64_t first, Index count, T* values, Make&& make) const;

  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 2> stream_;
};

// Fills `order` with a permutation of 0 .. count-1 (Fisher-Yates).
void fill_permutation(std::uint64_t seed, std::uint32_t epoch, Index count, Index* order);

}  // namespace cnnx
