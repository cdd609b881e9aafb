// How exact an activation is over all numbers, against long double.
#pragma once

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "cnnx/kernels/table.h"
#include "support/activations.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/isas.h"

namespace cnnx::test {

// Numbers of every exponent and both signs, and many where the functions are neither flat nor zero.
template <class T>
std::vector<T> whole_range() {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  std::vector<T> values;
  constexpr Bits kSteps = 40000;
  const Bits step = std::bit_cast<Bits>(std::numeric_limits<T>::infinity()) / kSteps;
  for (Bits i = 0; i < kSteps; ++i) {
    const T x = std::bit_cast<T>(static_cast<Bits>(i * step + i));
    values.push_back(x);
    values.push_back(-x);
  }
  Draw draw(1);
  for (int i = 0; i < 60000; ++i) {
    const double most = draw.one_of({0.1, 1.0, 20.0, 100.0, 800.0});
    values.push_back(static_cast<T>(draw.real(-most, most)));
  }
  return values;
}

// No result is further off than `most` units of its last place, or than `tiny` of the smallest
// normal number: training flushes what is smaller.
template <class T, class Function>
void check_accuracy(Activation activation, double most, double tiny, Function&& function) {
  const std::vector<T> inputs = whole_range<T>();
  std::vector<long double> exact;
  for (const T x : inputs) exact.push_back(function(static_cast<long double>(x)));
  with_every_table<T>([&](const KernelTable<T>& table) {
    const auto outputs = activated(table, activation, 1, std::ssize(inputs), inputs);
    double worst = 0;
    T worst_at = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const double error = ulps(outputs[i], exact[i]);
      const bool small = std::abs(outputs[i] - exact[i]) <= tiny * std::numeric_limits<T>::min();
      if (small || std::isnan(worst) || error <= worst) continue;
      worst = error;  // a NaN stays
      worst_at = inputs[i];
    }
    CAPTURE(worst_at);
    CHECK(worst <= most);
  });
}

}  // namespace cnnx::test
