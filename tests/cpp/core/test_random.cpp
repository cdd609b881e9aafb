#include "cnnx/core/random.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace cnnx::test {
namespace {

// A generator whose key and counter are as given: the counter's upper half is stream and lane.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key) {
  const Random random((std::uint64_t{key[1]} << 32) | key[0], static_cast<Stream>(counter[2]),
                      counter[3]);
  return random.bits((std::uint64_t{counter[1]} << 32) | counter[0]);
}

std::vector<Index> permutation(std::uint64_t seed, std::uint32_t epoch, Index count) {
  std::vector<Index> order(static_cast<std::size_t>(count));
  fill_permutation(seed, epoch, count, order.data());
  return order;
}

}  // namespace

TEST_CASE("random: Philox4x32-10 gives the published numbers") {
  using Words = std::array<std::uint32_t, 4>;
  CHECK(philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  const std::uint32_t ones = 0xffffffff;
  CHECK(philox({ones, ones, ones, ones}, {ones, ones}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random: a draw depends on seed, stream, lane and index, and on nothing else") {
  const Random random(7, Stream::initializer, 3);
  const double later = random.uniform(1000);
  CHECK(random.uniform(0) != later);
  CHECK(random.uniform(1000) == later);
  CHECK(Random(7, Stream::initializer, 3).uniform(1000) == later);
  CHECK(Random(8, Stream::initializer, 3).uniform(1000) != later);
  CHECK(Random(7, Stream::shuffle, 3).uniform(1000) != later);
  CHECK(Random(7, Stream::initializer, 4).uniform(1000) != later);
  CHECK(Random(7 + (std::uint64_t{1} << 40), Stream::initializer, 3).uniform(1000) != later);
}

TEST_CASE("random: two numbers of one draw are independent, and the first is uniform()") {
  const Random random(4, Stream::augment, 2);
  constexpr std::uint64_t kDraws = 100000;
  double sum = 0, products = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const auto [u, v] = random.uniforms(i);
    REQUIRE(u == random.uniform(i));
    REQUIRE((v >= 0.0 && v < 1.0));
    sum += v;
    products += (u - 0.5) * (v - 0.5);
  }
  CHECK(std::abs(sum / kDraws - 0.5) < 5 * std::sqrt(1.0 / 12 / kDraws));
  CHECK(std::abs(products / kDraws) < 5.0 / 12 / std::sqrt(kDraws));
}

TEST_CASE("random: moments and range of uniform draws") {
  const Random random(1, Stream::initializer, 0);
  constexpr std::uint64_t kDraws = 100000;
  double sum = 0, squares = 0, products = 0, last = 0.5;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double u = random.uniform(i);
    REQUIRE(u >= 0.0);
    REQUIRE(u < 1.0);
    sum += u;
    squares += (u - 0.5) * (u - 0.5);
    products += (u - 0.5) * (last - 0.5);
    last = u;
  }
  // Five standard deviations of each estimate.
  CHECK(std::abs(sum / kDraws - 0.5) < 5 * std::sqrt(1.0 / 12 / kDraws));
  CHECK(std::abs(squares / kDraws - 1.0 / 12) < 5 * std::sqrt(1.0 / 180 / kDraws));
  CHECK(std::abs(products / kDraws) < 5.0 / 12 / std::sqrt(kDraws));
}

TEST_CASE("random: moments of normal draws") {
  const Random random(2, Stream::initializer, 0);
  constexpr std::uint64_t kDraws = 100000;
  double powers[5] = {};
  Index beyond_two = 0;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const double x = random.normal(i);
    REQUIRE(std::isfinite(x));
    for (int k = 1; k <= 4; ++k) powers[k] += std::pow(x, k) / kDraws;
    beyond_two += std::abs(x) > 2;
  }
  const double n = std::sqrt(static_cast<double>(kDraws));
  CHECK(std::abs(powers[1]) < 5 / n);
  CHECK(std::abs(powers[2] - 1) < 5 * std::sqrt(2.0) / n);
  CHECK(std::abs(powers[3]) < 5 * std::sqrt(15.0) / n);
  CHECK(std::abs(powers[4] - 3) < 5 * std::sqrt(96.0) / n);
  const double share = 0.0455003;  // of |x| > 2
  CHECK(std::abs(static_cast<double>(beyond_two) / kDraws - share) < 5 * std::sqrt(share) / n);
}

TEST_CASE("random: below(bound) gives every value equally often and no other") {
  const Random random(3, Stream::shuffle, 0);
  std::vector<Index> seen(7);
  constexpr std::uint64_t kDraws = 70000;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const std::uint64_t value = random.below(7, i);
    REQUIRE(value < 7);
    ++seen[value];
  }
  for (const Index count : seen) CHECK(std::abs(count - 10000) < 5 * 93);  // sqrt(n p (1 - p))
  CHECK(random.below(1, 5) == 0);
}

TEST_CASE("random: permutations hold every index once and differ by seed and epoch") {
  for (const Index count : {1, 2, 3, 10, 1000}) {
    std::vector<Index> order = permutation(5, 0, count);
    std::sort(order.begin(), order.end());
    std::vector<Index> expected(static_cast<std::size_t>(count));
    std::iota(expected.begin(), expected.end(), Index{0});
    CHECK(order == expected);
  }
  CHECK(permutation(5, 1, 100) == permutation(5, 1, 100));
  CHECK(permutation(5, 1, 100) != permutation(5, 2, 100));
  CHECK(permutation(5, 1, 100) != permutation(6, 1, 100));
  fill_permutation(5, 1, 0, nullptr);  // nothing to fill
}

TEST_CASE("random: all permutations of four are equally likely") {
  std::vector<Index> seen(256);
  constexpr int kDraws = 24000;
  for (std::uint32_t epoch = 0; epoch < kDraws; ++epoch) {
    const std::vector<Index> order = permutation(9, epoch, 4);
    ++seen[static_cast<std::size_t>(order[0] + 4 * order[1] + 16 * order[2] + 64 * order[3])];
  }
  Index kinds = 0;
  double chi_squared = 0;
  for (const Index count : seen) {
    if (count == 0) continue;
    ++kinds;
    chi_squared += std::pow(static_cast<double>(count) - 1000, 2) / 1000;
  }
  CHECK(kinds == 24);
  CHECK(chi_squared < 58);  // 23 degrees of freedom: exceeded with probability 1e-4
}

}  // namespace cnnx::test
