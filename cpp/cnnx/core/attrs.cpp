#include "cnnx/core/attrs.h"

#include "cnnx/core/error.h"

namespace cnnx {
namespace {

template <class T>
const T& get(const Attrs::Value& value, const std::string& name, const char* expected) {
  if (const T* held = std::get_if<T>(&value)) return *held;
  throw ConfigError({.argument = name, .expected = expected});
}

}  // namespace

const Attrs::Value& Attrs::at(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) throw ConfigError({.argument = name, .message = "missing"});
  return found->second;
}

bool Attrs::flag(const std::string& name) const {
  return get<bool>(at(name), name, "True or False");
}

Index Attrs::integer(const std::string& name) const {
  return get<Index>(at(name), name, "an integer");
}

double Attrs::number(const std::string& name) const {
  const Value& value = at(name);
  if (const Index* whole = std::get_if<Index>(&value)) return static_cast<double>(*whole);
  return get<double>(value, name, "a number");
}

const std::string& Attrs::text(const std::string& name) const {
  return get<std::string>(at(name), name, "a string");
}

std::string Attrs::text_or(const std::string& name, const std::string& otherwise) const {
  return has(name) ? text(name) : otherwise;
}

std::vector<double> Attrs::numbers(const std::string& name) const {
  const Value& value = at(name);
  if (const auto* whole = std::get_if<std::vector<Index>>(&value)) {
    return {whole->begin(), whole->end()};
  }
  return get<std::vector<double>>(value, name, "a list of numbers");
}

const std::vector<Index>& Attrs::integers(const std::string& name) const {
  return get<std::vector<Index>>(at(name), name, "a list of integers");
}

std::pair<Index, Index> Attrs::pair(const std::string& name) const {
  const std::vector<Index>& values = integers(name);
  if (values.size() != 2) {
    throw ConfigError(
        {.argument = name, .expected = "two integers", .got = concat(values.size(), " of them")});
  }
  return {values[0], values[1]};
}

bool Attrs::is_text(const std::string& name) const {
  return std::holds_alternative<std::string>(at(name));
}

void Attrs::set_list(const std::string& name, std::vector<Attrs> list) {
  lists_[name] = std::move(list);
}

const std::vector<Attrs>& Attrs::list(const std::string& name) const {
  const auto found = lists_.find(name);
  if (found == lists_.end()) throw ConfigError({.argument = name, .expected = "a list of layers"});
  return found->second;
}

}  // namespace cnnx
