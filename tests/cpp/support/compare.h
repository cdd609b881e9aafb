// Comparing arrays: one check for each, with a message that names the first element that differs.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstring>
#include <limits>
#include <ranges>
#include <sstream>
#include <string>
#include <type_traits>

#include "cnnx/core/index.h"

namespace cnnx::test {

// The unit roundoff of T.
template <class T>
constexpr double kRoundoff = static_cast<double>(std::numeric_limits<T>::epsilon()) / 2;

// A type that holds sums of products of T with errors far below T's own.
template <class T>
using Wide = std::conditional_t<std::is_same_v<T, float>, double, long double>;

// Empty when every element of `got` is within allowed(i) of `wanted`; NaN equals NaN.
template <std::ranges::random_access_range Got, std::ranges::random_access_range Wanted,
          std::invocable<Index> Allowed>
std::string difference(const Got& got, const Wanted& wanted, Allowed&& allowed) {
  std::ostringstream message;
  message.precision(20);
  if (std::ranges::size(got) != std::ranges::size(wanted)) {
    message << std::ranges::size(got) << " elements instead of " << std::ranges::size(wanted);
    return message.str();
  }
  for (Index i = 0; i < static_cast<Index>(std::ranges::size(got)); ++i) {
    const auto a = static_cast<long double>(std::ranges::begin(got)[i]);
    const auto b = static_cast<long double>(std::ranges::begin(wanted)[i]);
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    const auto most = static_cast<long double>(allowed(i));
    if (std::abs(a - b) <= most) continue;
    message << "element " << i << " is " << a << ", not " << b << " (off by " << std::abs(a - b)
            << ", allowed " << most << ")";
    return message.str();
  }
  return {};
}

// Empty when the arrays are equal; 0 equals -0, NaN equals NaN.
template <std::ranges::random_access_range Got, std::ranges::random_access_range Wanted>
std::string difference(const Got& got, const Wanted& wanted) {
  return difference(got, wanted, [](Index) { return 0.0L; });
}

// Empty when no element is further off than `allowed`.
template <std::ranges::random_access_range Got, std::ranges::random_access_range Wanted>
std::string difference(const Got& got, const Wanted& wanted, double allowed) {
  return difference(got, wanted, [allowed](Index) { return allowed; });
}

template <std::ranges::contiguous_range A, std::ranges::contiguous_range B>
bool same_bits(const A& a, const B& b) {
  static_assert(sizeof(*std::ranges::data(a)) == sizeof(*std::ranges::data(b)));
  return std::ranges::size(a) == std::ranges::size(b) &&
         std::memcmp(std::ranges::data(a), std::ranges::data(b),
                     std::ranges::size(a) * sizeof(*std::ranges::data(a))) == 0;
}

// How far `got` is from `exact`, in units of the last place of a T as large as `exact`. Below the
// smallest normal number the unit stays the one that holds there for normal numbers.
template <class T>
double ulps(T got, long double exact) {
  int exponent = std::numeric_limits<T>::min_exponent;
  if (exact != 0) {
    std::frexp(exact, &exponent);
    exponent = std::max(exponent, std::numeric_limits<T>::min_exponent);
  }
  const long double unit = std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits);
  return static_cast<double>(std::abs(static_cast<long double>(got) - exact) / unit);
}

}  // namespace cnnx::test
