#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "cnnx/core/random.h"

namespace cnnx::test {
namespace {

const Random kRandom(11, Stream::initializer, 5);

template <class T>
std::vector<T> normal(std::uint64_t first, std::size_t count, double deviation = 1) {
  std::vector<T> values(count);
  kRandom.fill_normal(first, static_cast<Index>(count), deviation, values.data());
  return values;
}

std::uint64_t joined(std::uint32_t high, std::uint32_t low) {
  return std::uint64_t{high} << 32 | low;
}

}  // namespace

TEST_CASE("random arrays: normal numbers are those of Box and Muller") {
  // The exponent's and the series' terms of log u, the square root, its product with the deviation,
  // the angle, sine or cosine and the last product round once or twice each: 20 roundings are more
  // than enough, of the radius for sine and cosine near 0. The library's own are among them.
  const double eps = std::numeric_limits<double>::epsilon();
  const std::vector<double> values = normal<double>(0, 200000, 0.3);
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); i += 2) {
    const auto word = kRandom.bits(i / 2);
    const double u = 1 - static_cast<double>(joined(word[1], word[0]) >> 12) * 0x1p-52;
    const double turn = static_cast<double>(joined(word[3], word[2]) >> 11) * 0x1p-53;
    const double radius = 0.3 * std::sqrt(-2 * std::log(u));
    const double angle = 2 * std::numbers::pi * turn;
    // The generator keeps another bit of the angle; the library rounds angles of up to 2 pi.
    const double allowed = 20 * eps * radius + 2 * std::numbers::pi * eps * radius;
    worst = std::max(worst, std::abs(values[i] - radius * std::cos(angle)) / allowed);
    worst = std::max(worst, std::abs(values[i + 1] - radius * std::sin(angle)) / allowed);
  }
  CHECK(worst < 1);
}

TEST_CASE("random arrays: the same numbers wherever an array begins and ends") {
  const std::vector<double> all = normal<double>(0, 1000);
  std::vector<double> uniform(1000);
  kRandom.fill_uniform(0, 1000, 2.5, uniform.data());
  for (const std::size_t first : {0, 1, 2, 63, 64, 127, 128, 129, 500, 999}) {
    for (const std::size_t count : {0, 1, 2, 3, 64, 127, 128, 129, 300}) {
      const std::size_t size = std::min(count, 1000 - first);
      const std::vector<double> part = normal<double>(first, size);
      CHECK(std::equal(part.begin(), part.end(), all.begin() + static_cast<long>(first)));
      std::vector<double> other(size);
      kRandom.fill_uniform(first, static_cast<Index>(size), 2.5, other.data());
      CHECK(std::equal(other.begin(), other.end(), uniform.begin() + static_cast<long>(first)));
    }
  }
  // Across the end of the counter's first word.
  const std::uint64_t end = std::uint64_t{1} << 33;
  CHECK(normal<double>(end - 3, 6)[4] == normal<double>(end + 1, 1)[0]);
}

TEST_CASE("random arrays: floats are the doubles rounded") {
  const std::vector<double> doubles = normal<double>(3, 1000, 0.1);
  const std::vector<float> floats = normal<float>(3, 1000, 0.1);
  for (std::size_t i = 0; i < floats.size(); ++i) {
    CHECK(floats[i] == static_cast<float>(doubles[i]));
  }
}

TEST_CASE("random arrays: uniform numbers are those of uniform()") {
  std::vector<double> values(1000);
  kRandom.fill_uniform(17, 1000, 0.7, values.data());
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(values[i] == 0.7 * (2.0 * kRandom.uniform(17 + i) - 1.0));
  }
}

TEST_CASE("random arrays: normal numbers have the normal distribution") {
  std::vector<double> values = normal<double>(0, 200000);
  const auto count = static_cast<double>(values.size());
  double powers[5] = {}, pairs = 0, pair_squares = 0, neighbours = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (int k = 1; k <= 4; ++k) powers[k] += std::pow(values[i], k) / count;
    if (i % 2 == 1) {
      pairs += values[i - 1] * values[i];
      pair_squares += (values[i - 1] * values[i - 1] - 1) * (values[i] * values[i] - 1);
    } else if (i > 0) {
      neighbours += values[i - 1] * values[i];
    }
  }
  // Five standard deviations of each estimate.
  const double n = std::sqrt(count);
  CHECK(std::abs(powers[1]) < 5 / n);
  CHECK(std::abs(powers[2] - 1) < 5 * std::sqrt(2.0) / n);
  CHECK(std::abs(powers[3]) < 5 * std::sqrt(15.0) / n);
  CHECK(std::abs(powers[4] - 3) < 5 * std::sqrt(96.0) / n);
  CHECK(std::abs(pairs) < 5 * std::sqrt(count / 2));
  CHECK(std::abs(pair_squares) < 5 * 2 * std::sqrt(count / 2));
  CHECK(std::abs(neighbours) < 5 * std::sqrt(count / 2));

  // Kolmogorov and Smirnov: sqrt(n) D is above 2.23 with probability 1e-4.
  std::sort(values.begin(), values.end());
  double distance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double below = 0.5 * std::erfc(-values[i] / std::numbers::sqrt2);
    distance = std::max({distance, below - static_cast<double>(i) / count,
                         static_cast<double>(i + 1) / count - below});
  }
  CHECK(n * distance < 2.23);
}

}  // namespace cnnx::test
