// Philox4x32-10 for a run of counters at a time, in a form that needs no more than the vectors
// every processor has. The same numbers as Random::bits.
#pragma once

#include <array>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace cnnx::philox {

constexpr int kDraws = 64;  // of a run

// The 128 bits of each draw of a run, in two halves.
struct Run {
  std::uint64_t first[kDraws], second[kDraws];
};

// Two numbers of 64 bits, of whose words a product takes the lower halves.
#if defined(__SSE2__)
class Pair {
 public:
  static Pair both(std::uint64_t value) { return {_mm_set1_epi64x(static_cast<long long>(value))}; }
  static Pair from(std::uint64_t value) {
    const std::uint64_t next = value + 1;
    return {_mm_set_epi64x(static_cast<long long>(next), static_cast<long long>(value))};
  }
  Pair times(std::uint32_t factor) const { return {_mm_mul_epu32(value_, both(factor).value_)}; }
  Pair upper() const { return {_mm_srli_epi64(value_, 32)}; }
  Pair operator^(Pair other) const { return {_mm_xor_si128(value_, other.value_)}; }
  static void store(Pair low, Pair high, std::uint64_t* to) {
    const __m128i lower = _mm_and_si128(low.value_, both(0xFFFFFFFF).value_);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                     _mm_or_si128(lower, _mm_slli_epi64(high.value_, 32)));
  }

 private:
  Pair(__m128i value) : value_(value) {}
  __m128i value_;
};
#else
class Pair {
 public:
  static Pair both(std::uint64_t value) { return {value, value}; }
  static Pair from(std::uint64_t value) { return {value, value + 1}; }
  Pair times(std::uint32_t factor) const {
    return {(one_ & kLower) * factor, (two_ & kLower) * factor};
  }
  Pair upper() const { return {one_ >> 32, two_ >> 32}; }
  Pair operator^(Pair other) const { return {one_ ^ other.one_, two_ ^ other.two_}; }
  static void store(Pair low, Pair high, std::uint64_t* to) {
    to[0] = (low.one_ & kLower) | high.one_ << 32;
    to[1] = (low.two_ & kLower) | high.two_ << 32;
  }

 private:
  static constexpr std::uint64_t kLower = 0xFFFFFFFF;
  Pair(std::uint64_t one, std::uint64_t two) : one_(one), two_(two) {}
  std::uint64_t one_, two_;
};
#endif

// The draws `index` .. `index` + kDraws - 1. Four pairs walk through the rounds together: one alone
// would wait for its products.
inline void draw(const std::array<std::uint32_t, 2>& key,
                 const std::array<std::uint32_t, 2>& stream, std::uint64_t index, Run& run) {
  constexpr int kPairs = 4;
  for (int at = 0; at < kDraws; at += 2 * kPairs) {
    const auto start = [&](int pair) {
      return Pair::from(index + static_cast<std::uint64_t>(at + 2 * pair));
    };
    Pair a[kPairs] = {start(0), start(1), start(2), start(3)};
    Pair b[kPairs] = {a[0].upper(), a[1].upper(), a[2].upper(), a[3].upper()};
    const Pair c0 = Pair::both(stream[0]), d0 = Pair::both(stream[1]);
    Pair c[kPairs] = {c0, c0, c0, c0};
    Pair d[kPairs] = {d0, d0, d0, d0};
    std::uint32_t key_a = key[0], key_c = key[1];
    for (int round = 0; round < 10; ++round) {
      const Pair round_a = Pair::both(key_a), round_c = Pair::both(key_c);
#pragma GCC unroll 4
      for (int pair = 0; pair < kPairs; ++pair) {
        const Pair one = a[pair].times(0xD2511F53);
        const Pair two = c[pair].times(0xCD9E8D57);
        a[pair] = two.upper() ^ b[pair] ^ round_a;
        b[pair] = two;
        c[pair] = one.upper() ^ d[pair] ^ round_c;
        d[pair] = one;
      }
      key_a += 0x9E3779B9;
      key_c += 0xBB67AE85;
    }
    for (int pair = 0; pair < kPairs; ++pair) {
      Pair::store(a[pair], b[pair], run.first + at + 2 * pair);
      Pair::store(c[pair], d[pair], run.second + at + 2 * pair);
    }
  }
}

}  // namespace cnnx::philox
