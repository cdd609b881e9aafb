#include "cnnx/core/argument.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "cnnx/core/error.h"
#include "cnnx/layers/layer.h"
#include "cnnx/losses/loss.h"
#include "cnnx/optim/optimizer.h"

namespace cnnx::test {
namespace {

std::vector<std::string> colours() { return {"red", "green"}; }

using enum ArgumentType;

constexpr Argument kArguments[] = {
    {.name = "count", .type = integer, .bounds = {.at_least = 1}},
    {.name = "size", .type = integers, .bounds = {.at_least = 1}, .count = 2, .standard = 3.0},
    {.name = "rate", .type = number, .bounds = {.at_least = 0, .below = 1}, .standard = 0.5},
    {.name = "weights", .type = numbers, .bounds = {.above = 0}, .optional = true},
    {.name = "colour", .type = text, .choices = colours, .standard = "red"},
    {.name = "edge",
     .type = text,
     .bounds = {.at_least = 0},
     .count = 2,
     .choices = colours,
     .standard = "green"},
    {.name = "on", .type = flag, .standard = true}};

Attrs least() {
  Attrs attrs;
  attrs.set("count", Index{4});
  return attrs;
}

void refused(const char* name, Attrs::Value value, const std::string& text) {
  Attrs attrs = least();
  attrs.set(name, std::move(value));
  CHECK_THROWS_WITH_AS(checked(attrs, kArguments), text.c_str(), ConfigError);
}

}  // namespace

TEST_CASE("argument: what was left out gets its standard value") {
  const Attrs attrs = checked(least(), kArguments);
  CHECK(attrs.integer("count") == 4);
  CHECK(attrs.pair("size") == std::pair<Index, Index>{3, 3});
  CHECK(attrs.number("rate") == 0.5);
  CHECK_FALSE(attrs.has("weights"));
  CHECK(attrs.text("colour") == "red");
  CHECK(attrs.text("edge") == "green");
  CHECK(attrs.flag("on"));
}

TEST_CASE("argument: what is missing, of another type or out of bounds is refused") {
  CHECK_THROWS_WITH_AS(checked(Attrs(), kArguments), "count: missing", ConfigError);
  refused("count", 1.5, "count: expected an integer");
  refused("count", Index{0}, "count: expected at least 1, got 0");
  refused("size", std::vector<Index>{2},
          "size: expected two integers of at least 1, got 1 of them");
  refused("size", std::vector<Index>{2, 0},
          "size: expected two integers of at least 1, got (2, 0)");
  refused("rate", 1.0, "rate: expected at least 0 and below 1, got 1");
  refused("rate", -0.1, "rate: expected at least 0 and below 1, got -0.1");
  refused("rate", std::nan(""), "rate: expected at least 0 and below 1, got nan");
  refused("weights", std::vector<double>{1, 0}, "weights: expected numbers above 0, got 0");
  refused("colour", std::string("blue"), "colour: \"blue\" is unknown; choose one of red, green");
  refused("edge", std::vector<Index>{1, -1},
          "edge: expected two integers of at least 0, got (1, -1)");
  refused("on", Index{1}, "on: expected True or False");
}

TEST_CASE("argument: rows have unique names, and their standard values are possible") {
  std::vector<Described> rows = describe_layers();
  for (const Described& row : describe_losses()) rows.push_back(row);
  for (const Described& row : describe_optimizers()) rows.push_back(row);
  for (const Described& row : rows) {
    CAPTURE(row.kind);
    std::vector<Argument> with_standard;
    for (const Argument& argument : row.arguments) {
      if (argument.standard.index() != 0) with_standard.push_back(argument);
      int same = 0;
      for (const Argument& other : row.arguments) same += std::string(other.name) == argument.name;
      CHECK(same == 1);
    }
    // Once filled in, they are checked as any other.
    CHECK_NOTHROW(checked(checked(Attrs(), with_standard), with_standard));
  }
}

}  // namespace cnnx::test
