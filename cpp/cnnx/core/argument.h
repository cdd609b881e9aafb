// What the rows of the registries say of the arguments of their layers, losses and optimizers: one
// declaration each, by which descriptions are checked before anything is made of them.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "cnnx/core/attrs.h"

namespace cnnx {

enum class ArgumentType { integer, number, flag, text, integers, numbers, layers };

// The bounds of a number, or of each of several. NaN and infinity are never within.
struct Bounds {
  static constexpr double kNone = std::numeric_limits<double>::infinity();
  double at_least = -kNone;
  double above = -kNone;
  double below = kNone;
};

constexpr Bounds kFinite{};

struct Argument {
  const char* name;
  ArgumentType type;
  Bounds bounds{};
  std::size_t count = 0;                                               // of integers; 0: any
  std::vector<std::string> (*choices)() = nullptr;                     // of a text
  bool optional = false;                                               // may be left out
  std::variant<std::monostate, bool, double, const char*> standard{};  // the value then, if any

  bool may_be_left_out() const { return optional || standard.index() != 0; }
};

// The same description with what was left out as it is then. Throws ConfigError where an argument
// is missing, of another type or out of its bounds. A text with a count may also be that many
// integers.
Attrs checked(Attrs attrs, std::span<const Argument> arguments);

// Names as messages list them.
std::string listed(const std::vector<std::string>& names);

// A row of a registry as others see it.
struct Described {
  std::string kind;
  std::size_t least_inputs = 1, most_inputs = 1;
  std::span<const Argument> arguments;
};

}  // namespace cnnx
