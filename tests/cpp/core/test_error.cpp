#include "cnnx/core/error.h"

#include <doctest/doctest.h>

#include <string>

namespace cnnx::test {

TEST_CASE("error: the text is composed of the parts that are known") {
  const auto text = [](const Problem& problem) { return std::string(ShapeError(problem).what()); };
  CHECK(text({.message = "no image"}) == "no image");
  CHECK(text({.argument = "size", .expected = "at least 1"}) == "size: expected at least 1");
  CHECK(text({.argument = "size", .expected = "at least 1", .got = "0", .hint = "use 1"}) ==
        "size: expected at least 1, got 0; use 1");
  CHECK(text({.layer = "3", .argument = "size", .message = "missing"}) == "layer 3: size: missing");
  CHECK(text({.layer = "3", .layer_name = "Dense", .subject = "weights", .message = "overflow"}) ==
        "Dense (layer 3) weights: overflow");
  CHECK(text({.layer = "3", .layer_name = "Dense", .expected = "maps", .got = "rows"}) ==
        "Dense (layer 3): expected maps, got rows");
  // A message of its own stands for what was expected and received.
  CHECK(text({.message = "2 is not 3", .expected = "3", .got = "2"}) == "2 is not 3");
}

TEST_CASE("error: the detail leaves the layer out") {
  const Problem problem{.layer = "3",
                        .layer_name = "Dense",
                        .subject = "weights",
                        .message = "overflow",
                        .hint = "use fewer"};
  CHECK(problem.detail() == "weights: overflow; use fewer");
}

TEST_CASE("error: the layer is set by whoever is nearest") {
  ConfigError error({.argument = "size", .message = "missing"});
  error.set_layer("3.branch.0", "Dense");
  error.set_layer("3");
  CHECK(error.problem().layer == "3.branch.0");
  CHECK(std::string(error.what()) == "Dense (layer 3.branch.0): size: missing");
}

TEST_CASE("error: two parts that are literals are no string") {
  const ConfigError error({.argument = "branch", .expected = "one layer"});
  CHECK(std::string(error.what()) == "branch: expected one layer");
}

TEST_CASE("error: an unknown name lists the choices") {
  const ConfigError error(unknown_name("loss", "mean", "mse, mae"));
  CHECK(std::string(error.what()) == "loss: \"mean\" is unknown; choose one of mse, mae");
  CHECK(error.problem().got == "mean");
  CHECK(error.problem().expected == "mse, mae");
}

}  // namespace cnnx::test
