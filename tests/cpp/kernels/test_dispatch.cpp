#include "cnnx/kernels/dispatch.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "cnnx/core/error.h"
#include "support/isas.h"

namespace cnnx::test {

TEST_CASE("dispatch: the list ends with the sets that every machine has") {
  const std::vector<std::string> isas = available_isas();
  REQUIRE(isas.size() >= 2);
  CHECK(isas[isas.size() - 1] == "reference");
  CHECK(isas[isas.size() - 2] == "baseline");
  CHECK(std::set<std::string>(isas.begin(), isas.end()).size() == isas.size());
}

TEST_CASE("dispatch: every available set can be selected and has tables of its own") {
  std::set<const IsaTables*> tables;
  for (const std::string& isa : available_isas()) {
    const SelectedIsa selected(isa);
    CHECK(current_isa() == isa);
    CHECK(tables.insert(&current_tables()).second);
    CHECK(static_cast<const void*>(&current_tables().get<float>()) == &current_tables().f32);
    CHECK(static_cast<const void*>(&current_tables().get<double>()) == &current_tables().f64);
  }
}

TEST_CASE("dispatch: auto is the best") {
  const SelectedIsa selected("auto");
  CHECK(current_isa() == available_isas().front());
}

TEST_CASE("dispatch: an unknown set is refused with the choices, and the old one stays") {
  const SelectedIsa selected("baseline");
  for (const char* name : {"", "AVX2", "sse9", "reference "}) {
    CHECK_THROWS_WITH_AS(select_isa(name), doctest::Contains("choose one of auto, "), ConfigError);
    CHECK_THROWS_WITH_AS(select_isa(name), doctest::Contains("reference"), ConfigError);
    CHECK_THROWS_WITH_AS(select_isa(name), doctest::Contains(name), ConfigError);
  }
  CHECK(current_isa() == "baseline");
}

// ctest runs this in processes of their own with CNNX_ISA set, see CMakeLists.txt.
TEST_CASE("dispatch: the first use follows CNNX_ISA") {
  const char* wanted = std::getenv("CNNX_ISA");
  const std::vector<std::string> isas = available_isas();
  if (wanted == nullptr || *wanted == '\0' || std::string(wanted) == "auto") {
    CHECK(current_isa() == isas.front());
  } else if (std::find(isas.begin(), isas.end(), wanted) != isas.end()) {
    CHECK(current_isa() == wanted);
  } else {
    CHECK_THROWS_WITH_AS(current_isa(), doctest::Contains("CNNX_ISA: instruction set"),
                         ConfigError);
    CHECK_THROWS_WITH_AS(current_tables(), doctest::Contains(wanted), ConfigError);
    select_isa("baseline");  // an explicit choice is still possible
    CHECK(current_isa() == "baseline");
  }
}

}  // namespace cnnx::test
