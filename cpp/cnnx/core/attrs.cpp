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

Index Attrs::positive(const std::string& name) const {
  const Index value = integer(name);
  if (value < 1)
    throw ConfigError({.argument = name, .expected = "at least 1", .got = concat(value)});
  return value;
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

std::pair<Index, Index> Attrs::pair(const std::string& name, Index least) const {
  const auto& values = get<std::vector<Index>>(at(name), name, "two integers");
  if (values.size() != 2 || values[0] < least || values[1] < least) {
    throw ConfigError({.argument = name,
                       .expected = concat("two integers of at least ", least),
                       .got = values.size() == 2 ? concat("(", values[0], ", ", values[1], ")")
                                                 : concat(values.size(), " of them")});
  }
  return {values[0], values[1]};
}

std::vector<Index> Attrs::integers(const std::string& name, std::size_t count, Index least) const {
  const auto& values = get<std::vector<Index>>(at(name), name, "a list of integers");
  if (values.size() != count) {
    throw ConfigError(
        {.argument = name, .expected = concat(count, " integers"), .got = concat(values.size())});
  }
  for (const Index value : values) {
    if (value < least) {
      throw ConfigError({.argument = name,
                         .expected = concat("integers of at least ", least),
                         .got = concat(value)});
    }
  }
  return values;
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
