// Sums of products as the oracles of the kernel tests make them.
#pragma once

#include <cmath>
#include <vector>

#include "cnnx/kernels/table.h"
#include "support/compare.h"

namespace cnnx::test {

// Small integers leave no error, sums of products of other numbers few roundings.
constexpr double kExact = 0, kDirectRoundings = 8;

// A sum and what bounds its rounding errors: the sum of the magnitudes.
template <class T>
struct Sums {
  explicit Sums(Index count)
      : value(static_cast<std::size_t>(count)), mass(static_cast<std::size_t>(count)) {}

  void add(Index at, Wide<T> term) {
    value[static_cast<std::size_t>(at)] += term;
    mass[static_cast<std::size_t>(at)] += std::abs(term);
  }
  void rectify(Activation activation) {
    for (Wide<T>& sum : value) {
      if (sum >= 0) continue;
      if (activation.kind == ActivationKind::relu) sum = 0;
      if (activation.kind == ActivationKind::leaky_relu) sum *= activation.alpha;
    }
  }

  // The most that element i may be off: this many units of roundoff for a unit of mass.
  auto within(double roundings) const {
    return [this, roundings](Index i) {
      return roundings * kRoundoff<T> * mass[static_cast<std::size_t>(i)];
    };
  }

  std::vector<Wide<T>> value, mass;
};

}  // namespace cnnx::test
