// The arguments of a layer, loss or optimizer as they come from Python: names with plain values.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "cnnx/core/index.h"

namespace cnnx {

class Attrs {
 public:
  using Value =
      std::variant<bool, Index, double, std::string, std::vector<Index>, std::vector<double>>;

  void set(const std::string& name, Value value) { values_[name] = std::move(value); }
  bool has(const std::string& name) const { return values_.count(name) > 0; }

  // Each throws ConfigError when the name is missing or holds another type; for what else is
  // checked, see argument.h.
  bool flag(const std::string& name) const;
  Index integer(const std::string& name) const;
  double number(const std::string& name) const;  // takes an integer too
  const std::string& text(const std::string& name) const;
  std::string text_or(const std::string& name, const std::string& otherwise) const;
  std::vector<double> numbers(const std::string& name) const;
  const std::vector<Index>& integers(const std::string& name) const;
  std::pair<Index, Index> pair(const std::string& name) const;  // height, width
  bool is_text(const std::string& name) const;

  // Descriptions within this one: the layers of a branch.
  void set_list(const std::string& name, std::vector<Attrs> list);
  bool has_list(const std::string& name) const { return lists_.count(name) > 0; }
  const std::vector<Attrs>& list(const std::string& name) const;

 private:
  const Value& at(const std::string& name) const;
  std::map<std::string, Value> values_;
  std::map<std::string, std::vector<Attrs>> lists_;
};

}  // namespace cnnx
