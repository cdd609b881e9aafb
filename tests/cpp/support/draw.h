// Numbers for tests: random to the eye, the same in every run and with every standard library.
#pragma once

#include <initializer_list>
#include <random>
#include <vector>

#include "cnnx/core/index.h"

namespace cnnx::test {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}

  // Both ends are included.
  Index integer(Index least, Index most) {
    return least + static_cast<Index>(engine_() % static_cast<std::uint64_t>(most - least + 1));
  }
  double real(double least, double most) {
    return least + (most - least) * static_cast<double>(engine_() >> 11) * 0x1p-53;
  }
  bool chance(double probability) { return real(0, 1) < probability; }
  template <class V>
  V one_of(std::initializer_list<V> choices) {
    return choices.begin()[integer(0, static_cast<Index>(choices.size()) - 1)];
  }

  // `count` whole numbers from -most to most.
  template <class T>
  std::vector<T> integers(Index count, Index most) {
    std::vector<T> values(static_cast<std::size_t>(count));
    for (T& value : values) value = static_cast<T>(integer(-most, most));
    return values;
  }
  template <class T>
  std::vector<T> reals(Index count, double least = -1, double most = 1) {
    std::vector<T> values(static_cast<std::size_t>(count));
    for (T& value : values) value = static_cast<T>(real(least, most));
    return values;
  }
  // Whole numbers that leave all sums exact, or real ones.
  template <class T>
  std::vector<T> numbers(Index count, bool whole) {
    return whole ? integers<T>(count, 4) : reals<T>(count);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace cnnx::test
