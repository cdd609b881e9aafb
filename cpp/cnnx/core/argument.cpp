#include "cnnx/core/argument.h"

#include <algorithm>

#include "cnnx/core/error.h"

namespace cnnx {
namespace {

std::string text_of(const Bounds& bounds) {
  std::string text;
  const auto say = [&](const char* words, double bound) {
    text += concat(text.empty() ? "" : " and ", words, bound);
  };
  if (bounds.at_least > -Bounds::kNone) say("at least ", bounds.at_least);
  if (bounds.above > -Bounds::kNone) say("above ", bounds.above);
  if (bounds.below < Bounds::kNone) say("below ", bounds.below);
  return text;
}

// NaN is not within any bounds.
bool within(double value, const Bounds& bounds) {
  return value >= bounds.at_least && value > bounds.above && value < bounds.below;
}

void check_number(const Argument& argument, double value, bool one_of_several) {
  if (within(value, argument.bounds)) return;
  std::string expected = text_of(argument.bounds);
  if (expected.empty()) expected = "finite";
  if (one_of_several) expected = "numbers " + expected;
  throw ConfigError(
      {.argument = argument.name, .expected = std::move(expected), .got = concat(value)});
}

void check_integer(const Argument& argument, Index value) {
  if (static_cast<double>(value) >= argument.bounds.at_least) return;
  throw ConfigError(
      {.argument = argument.name, .expected = text_of(argument.bounds), .got = concat(value)});
}

void check_integers(const Argument& argument, const std::vector<Index>& values) {
  std::string expected = "integers";
  if (argument.count == 2) expected = "two " + expected;
  if (argument.count > 2) expected = concat(argument.count, " ", expected);
  const auto refuse = [&](const std::string& got) {
    throw ConfigError({.argument = argument.name,
                       .expected = concat(expected, " of ", text_of(argument.bounds)),
                       .got = got});
  };
  if (argument.count != 0 && values.size() != argument.count) {
    refuse(concat(values.size(), " of them"));
  }
  const auto fits = [&](Index value) {
    return static_cast<double>(value) >= argument.bounds.at_least;
  };
  if (std::ranges::all_of(values, fits)) return;
  std::string got;
  for (const Index value : values) got += concat(got.empty() ? "(" : ", ", value);
  refuse(got + ")");
}

void check_text(const Attrs& attrs, const Argument& argument) {
  if (argument.count > 0 && !attrs.is_text(argument.name)) {
    return check_integers(argument, attrs.integers(argument.name));
  }
  const std::string& text = attrs.text(argument.name);
  if (argument.choices == nullptr) return;
  const std::vector<std::string> choices = argument.choices();
  if (std::ranges::find(choices, text) != choices.end()) return;
  throw ConfigError(unknown_name(argument.name, text, listed(choices)));
}

void check(const Attrs& attrs, const Argument& argument) {
  const std::string name = argument.name;
  switch (argument.type) {
    case ArgumentType::integer:
      return check_integer(argument, attrs.integer(name));
    case ArgumentType::number:
      return check_number(argument, attrs.number(name), false);
    case ArgumentType::flag:
      attrs.flag(name);
      return;
    case ArgumentType::text:
      return check_text(attrs, argument);
    case ArgumentType::integers:
      return check_integers(argument, attrs.integers(name));
    case ArgumentType::numbers:
      for (const double value : attrs.numbers(name)) check_number(argument, value, true);
      return;
    case ArgumentType::layers:
      return;
  }
}

void set_standard(Attrs& attrs, const Argument& argument) {
  if (const bool* value = std::get_if<bool>(&argument.standard)) {
    attrs.set(argument.name, *value);
  } else if (const auto* text = std::get_if<const char*>(&argument.standard)) {
    attrs.set(argument.name, std::string(*text));
  } else if (const double* number = std::get_if<double>(&argument.standard)) {
    const auto whole = static_cast<Index>(*number);
    if (argument.type == ArgumentType::integers) {
      attrs.set(argument.name, std::vector<Index>(argument.count, whole));
    } else if (argument.type == ArgumentType::integer) {
      attrs.set(argument.name, whole);
    } else {
      attrs.set(argument.name, *number);
    }
  }
}

}  // namespace

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Attrs checked(Attrs attrs, std::span<const Argument> arguments) {
  for (const Argument& argument : arguments) {
    if (argument.type == ArgumentType::layers) {
      if (!argument.may_be_left_out()) attrs.list(argument.name);
    } else if (attrs.has(argument.name) || !argument.may_be_left_out()) {
      check(attrs, argument);
    } else {
      set_standard(attrs, argument);
    }
  }
  return attrs;
}

}  // namespace cnnx
