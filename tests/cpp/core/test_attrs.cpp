#include "cnnx/core/attrs.h"

#include <doctest/doctest.h>

#include "cnnx/core/error.h"

namespace cnnx::test {
namespace {

Attrs example() {
  Attrs attrs;
  attrs.set("flag", true);
  attrs.set("count", Index{3});
  attrs.set("zero", Index{0});
  attrs.set("rate", 0.25);
  attrs.set("name", std::string("relu"));
  attrs.set("sizes", std::vector<Index>{2, 5});
  attrs.set("three", std::vector<Index>{1, 2, 3});
  attrs.set("mean", std::vector<double>{0.5, 1.5});
  return attrs;
}

}  // namespace

TEST_CASE("attrs: values come back as they were set") {
  const Attrs attrs = example();
  CHECK(attrs.has("flag"));
  CHECK_FALSE(attrs.has("nothing"));
  CHECK(attrs.flag("flag"));
  CHECK(attrs.integer("count") == 3);
  CHECK(attrs.number("rate") == 0.25);
  CHECK(attrs.number("count") == 3.0);
  CHECK(attrs.text("name") == "relu");
  CHECK(attrs.text_or("name", "other") == "relu");
  CHECK(attrs.text_or("nothing", "other") == "other");
  CHECK(attrs.is_text("name"));
  CHECK_FALSE(attrs.is_text("sizes"));
  CHECK(attrs.pair("sizes") == std::pair<Index, Index>{2, 5});
  CHECK(attrs.numbers("mean") == std::vector<double>{0.5, 1.5});
  CHECK(attrs.numbers("three") == std::vector<double>{1, 2, 3});
}

TEST_CASE("attrs: setting again replaces") {
  Attrs attrs = example();
  attrs.set("count", 0.5);
  CHECK(attrs.number("count") == 0.5);
  CHECK_THROWS_AS(attrs.integer("count"), ConfigError);
}

TEST_CASE("attrs: a missing name is named") {
  const Attrs attrs = example();
  CHECK_THROWS_WITH_AS(attrs.integer("stride"), "stride: missing", ConfigError);
  CHECK_THROWS_WITH_AS(attrs.flag("bias"), "bias: missing", ConfigError);
  CHECK_THROWS_WITH_AS(attrs.is_text("padding"), "padding: missing", ConfigError);
}

TEST_CASE("attrs: another type is refused with what was expected") {
  const Attrs attrs = example();
  CHECK_THROWS_WITH_AS(attrs.flag("count"), "count: expected True or False", ConfigError);
  CHECK_THROWS_WITH_AS(attrs.integer("flag"), "flag: expected an integer", ConfigError);
  CHECK_THROWS_WITH_AS(attrs.integer("rate"), "rate: expected an integer", ConfigError);
  CHECK_THROWS_WITH_AS(attrs.number("name"), "name: expected a number", ConfigError);
  CHECK_THROWS_WITH_AS(attrs.text("rate"), "rate: expected a string", ConfigError);
  CHECK_THROWS_WITH_AS(attrs.text_or("rate", ""), "rate: expected a string", ConfigError);
  CHECK_THROWS_WITH_AS(attrs.pair("mean"), "mean: expected a list of integers", ConfigError);
  CHECK_THROWS_WITH_AS(attrs.pair("three"), "three: expected two integers, got 3 of them",
                       ConfigError);
  CHECK_THROWS_WITH_AS(attrs.numbers("rate"), "rate: expected a list of numbers", ConfigError);
}

}  // namespace cnnx::test
