// Dropout: random zeros that depend on nothing but the draw and an element's place.
// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011. Eight blocks at a time, one in each lane of vectors of 64 bits that hold 32.
#pragma once

#include "cnnx/kernels/simd.h"
#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

template <class T, int Bytes>
struct Dropout {
  static constexpr int kRun = 64;    // elements of a run
  static constexpr int kBlocks = 8;  // that draw for them
  static constexpr int kLane = Bytes / 8;
  using Words = Vec<std::uint64_t, Bytes>;

  // The words of blocks first .. first + 7 of Philox.
  static void draw(const DropoutDraw& draw, std::uint32_t first,
                   std::uint32_t (&words)[4][kBlocks]) {
    constexpr std::uint64_t kLow = 0xFFFFFFFF;
    for (int part = 0; part < kBlocks; part += kLane) {
      std::uint64_t blocks[kLane];
      for (int lane = 0; lane < kLane; ++lane) {
        blocks[lane] = first + static_cast<std::uint32_t>(part + lane);
      }
      Words counter[4];
      counter[0] = load<Words>(blocks);
      for (int word = 1; word < 4; ++word) counter[word] = Words{} + draw.counter[word - 1];
      std::uint32_t key[2] = {draw.key[0], draw.key[1]};
#pragma GCC unroll 10
      for (int round = 0; round < 10; ++round) {
        const Words one = counter[0] * std::uint64_t{0xD2511F53};
        const Words two = counter[2] * std::uint64_t{0xCD9E8D57};
        counter[0] = (two >> 32) ^ counter[1] ^ key[0];
        counter[1] = two & kLow;
        counter[2] = (one >> 32) ^ counter[3] ^ key[1];
        counter[3] = one & kLow;
        key[0] += 0x9E3779B9;
        key[1] += 0xBB67AE85;
      }
      for (int word = 0; word < 4; ++word) {
        for (int lane = 0; lane < kLane; ++lane) {
          words[word][part + lane] = static_cast<std::uint32_t>(counter[word][lane]);
        }
      }
    }
  }

  static void apply(const DropoutDraw& draw_of, Index count, T scale, const T* input, T* output) {
    std::uint32_t words[4][kBlocks];
    for (Index first = 0; first < count; first += kRun) {
      draw(draw_of, static_cast<std::uint32_t>(first / kRun * kBlocks), words);
      const std::uint32_t* bits = &words[0][0];
      T factors[kRun];
      for (int i = 0; i < kRun / 2; ++i) {
        factors[i] = (bits[i] & 0xFFFF) < draw_of.below ? scale : T{0};
        factors[i + kRun / 2] = (bits[i] >> 16) < draw_of.below ? scale : T{0};
      }
      const auto elements = static_cast<int>(smaller<Index>(kRun, count - first));
      for (int i = 0; i < elements; ++i) output[first + i] = input[first + i] * factors[i];
    }
  }

  static constexpr DropoutKernel<T> kernel() { return {.apply = apply}; }
};

}  // namespace
}  // namespace cnnx
