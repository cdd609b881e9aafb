#include "cnnx/core/random.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace cnnx {
namespace {

constexpr double kTwoTo53 = 9007199254740992.0;

std::uint64_t join(std::uint32_t high, std::uint32_t low) {
  return (std::uint64_t{high} << 32) | low;
}

double unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) / kTwoTo53; }

}  // namespace

Random::Random(std::uint64_t seed, Stream stream, std::uint32_t lane)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      stream_{static_cast<std::uint32_t>(stream), lane} {}

std::array<std::uint32_t, 4> Random::bits(std::uint64_t index) const {
  std::array<std::uint32_t, 4> counter{static_cast<std::uint32_t>(index),
                                       static_cast<std::uint32_t>(index >> 32), stream_[0],
                                       stream_[1]};
  std::array<std::uint32_t, 2> key = key_;
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t second = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(second >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(second),
               static_cast<std::uint32_t>(first >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(first)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

double Random::uniform(std::uint64_t index) const {
  const auto word = bits(index);
  return unit(join(word[1], word[0]));
}

std::array<double, 2> Random::uniforms(std::uint64_t index) const {
  const auto word = bits(index);
  return {unit(join(word[1], word[0])), unit(join(word[3], word[2]))};
}

double Random::normal(std::uint64_t index) const {
  // Box and Muller: sqrt(-2 ln u) cos(2 pi v), with u in (0, 1].
  const auto word = bits(index);
  const double u = 1.0 - unit(join(word[1], word[0]));
  const double v = unit(join(word[3], word[2]));
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

std::uint64_t Random::below(std::uint64_t bound, std::uint64_t index) const {
  // 64 random bits for a bound below 2^46: the bias of the remainder is under 2^-18 of a draw.
  const auto word = bits(index);
  return join(word[1], word[0]) % bound;
}

void fill_permutation(std::uint64_t seed, std::uint32_t epoch, Index count, Index* order) {
  const Random random(seed, Stream::shuffle, epoch);
  for (Index i = 0; i < count; ++i) order[i] = i;
  for (Index i = count - 1; i > 0; --i) {
    const auto j = static_cast<Index>(
        random.below(static_cast<std::uint64_t>(i) + 1, static_cast<std::uint64_t>(i)));
    std::swap(order[i], order[j]);
  }
}

}  // namespace cnnx
