// Weights that are packed, and folded, once and kept until a parameter changes.
#include "cnnx/layers/packed_weights.h"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "cnnx/layers/folded_weights.h"

namespace cnnx::test {
namespace {

ForwardRun<double> run_of(bool training) {
  ForwardRun<double> run{};
  run.training = training;
  return run;
}

}  // namespace

TEST_CASE("packed weights: valid from when they are made until a parameter changes") {
  PackedWeights<float> packed;
  CHECK_FALSE(packed.valid());
  float* to = packed.renew(3);
  CHECK(packed.valid());
  CHECK(packed.data() == to);
  packed.invalidate();
  CHECK_FALSE(packed.valid());
  CHECK(packed.renew(3) == to);  // the same memory
}

TEST_CASE("folded weights: folded once for the same weights and scaling") {
  const std::vector<double> weights{1, 2, 3, 4, 5, 6}, bias{7, 8};
  std::vector<double> scale{2, 3}, offset{10, 20};
  const Scaling<double> scaling{scale.data(), offset.data(), {ActivationKind::relu}};
  FoldedWeights<double> folded;
  CHECK_FALSE(folded.serve(run_of(false)));
  CHECK(folded.fold(scaling, 3, 2, weights.data(), bias.data()));
  CHECK(std::vector<double>(folded.weights(), folded.weights() + 6) ==
        std::vector<double>{2, 6, 6, 12, 10, 18});
  CHECK(std::vector<double>(folded.bias(), folded.bias() + 2) == std::vector<double>{24, 44});
  CHECK(folded.activation().kind == ActivationKind::relu);
  CHECK(folded.serve(run_of(false)));
  CHECK_FALSE(folded.serve(run_of(true)));
  CHECK_FALSE(folded.fold(scaling, 3, 2, weights.data(), bias.data()));

  SUBCASE("another scale") {
    scale[1] = 4;
    CHECK(folded.fold(scaling, 3, 2, weights.data(), bias.data()));
    CHECK(folded.weights()[1] == 8);
  }
  SUBCASE("another offset") {
    offset[0] = 11;
    CHECK(folded.fold(scaling, 3, 2, weights.data(), bias.data()));
    CHECK(folded.bias()[0] == 25);
  }
  SUBCASE("another activation") {
    const Scaling<double> linear{scale.data(), offset.data(), {}};
    CHECK(folded.fold(linear, 3, 2, weights.data(), bias.data()));
    CHECK(folded.activation().kind == ActivationKind::linear);
  }
  SUBCASE("NaN is what it was") {
    offset[0] = std::numeric_limits<double>::quiet_NaN();
    CHECK(folded.fold(scaling, 3, 2, weights.data(), nullptr));
    CHECK_FALSE(folded.fold(scaling, 3, 2, weights.data(), nullptr));
  }
  SUBCASE("a parameter has changed") {
    folded.invalidate();
    CHECK_FALSE(folded.serve(run_of(false)));
    CHECK(folded.fold(scaling, 3, 2, weights.data(), bias.data()));
    CHECK(folded.serve(run_of(false)));
  }
}

}  // namespace cnnx::test
