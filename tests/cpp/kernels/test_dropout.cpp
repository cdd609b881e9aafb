// Which elements a dropout keeps: the same ones on every instruction set, told by core/random.h.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "cnnx/core/random.h"
#include "cnnx/kernels/table.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/guarded.h"
#include "support/isas.h"

namespace cnnx::test {
namespace {

// What core/random.h draws for an element: it calls the second and third counter the index's upper
// half and the stream, the fourth the lane.
bool kept(const DropoutDraw& draw, Index element) {
  const std::uint64_t seed = (std::uint64_t{draw.key[1]} << 32) | draw.key[0];
  const Random random(seed, static_cast<Stream>(draw.counter[1]), draw.counter[2]);
  const auto block = static_cast<std::uint64_t>(element / 64 * 8 + element % 8);
  const auto words = random.bits((std::uint64_t{draw.counter[0]} << 32) | block);
  const std::uint32_t word = words[static_cast<std::size_t>(element % 32 / 8)];
  return ((element % 64 < 32 ? word : word >> 16) & 0xFFFF) < draw.below;
}

}  // namespace

TEST_CASE_TEMPLATE("dropout: the same draws everywhere, those of the generator", T, float, double) {
  Draw draw(1);
  for (int i = 0; i < 120; ++i) {
    const auto word = [&] { return static_cast<std::uint32_t>(draw.integer(0, 0xFFFFFFFF)); };
    const DropoutDraw of{{word(), word()},
                         {word(), word(), word()},
                         draw.one_of<std::uint32_t>({1, 655, 32768, 60000, 65535, 65536})};
    const Index count = i < 70 ? i + 1 : draw.integer(71, 1500);
    CAPTURE(count);
    CAPTURE(of.below);
    const auto input = draw.integers<T>(count, 100);
    std::vector<T> wanted;
    for (Index e = 0; e < count; ++e) {
      wanted.push_back(kept(of, e) ? input[static_cast<std::size_t>(e)] * T{4} : T{0});
    }
    with_every_table<T>([&](const KernelTable<T>& table) {
      Guarded<T> output = guarded_output<T>(count), same = guarded_input(input);
      table.dropout.apply(of, count, 4, guarded_input(input).data(), output.data());
      REQUIRE(output.intact());
      REQUIRE(difference(output.values(), wanted) == "");
      table.dropout.apply(of, count, 4, same.data(), same.data());
      REQUIRE(same.intact());
      REQUIRE(difference(same.values(), wanted) == "");
    });
  }
}

TEST_CASE("dropout: as many are kept as asked for") {
  constexpr Index kCount = 200000;
  const std::vector<float> ones(kCount, 1);
  std::vector<float> output(kCount);
  for (const std::uint32_t below : {6554U, 32768U, 58982U}) {
    const DropoutDraw of{{7, 8}, {9, 10, 11}, below};
    const double share = below / 65536.0;
    with_every_table<float>([&](const KernelTable<float>& table) {
      table.dropout.apply(of, kCount, 1, ones.data(), output.data());
      double sum = 0;
      for (const float v : output) sum += v;
      // Five standard deviations.
      CHECK(std::abs(sum - kCount * share) < 5 * std::sqrt(kCount * share * (1 - share)));
    });
  }
}

}  // namespace cnnx::test
