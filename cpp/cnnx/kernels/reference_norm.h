// The oracle's normalisation and dropout, part of isa_reference.cpp.
#pragma once

#include "cnnx/kernels/table.h"

namespace cnnx {
namespace {

template <class T>
struct ReferenceNorm {
  static void moments(Index rows, Index columns, const T* values, T* mean, T* squares) {
    for (Index c = 0; c < columns; ++c) {
      T sum = 0;
      for (Index row = 0; row < rows; ++row) sum += values[row * columns + c];
      mean[c] = sum / static_cast<T>(rows);
      squares[c] = 0;
      for (Index row = 0; row < rows; ++row) {
        const T distance = values[row * columns + c] - mean[c];
        squares[c] += distance * distance;
      }
    }
  }

  static void scale(Activation activation, Index rows, Index columns, const T* input,
                    const T* scale, const T* offset, T* output) {
    for (Index i = 0; i < rows * columns; ++i) {
      const T x = input[i] * scale[i % columns] + offset[i % columns];
      T below = x;
      if (activation.kind == ActivationKind::relu) below = 0;
      if (activation.kind == ActivationKind::leaky_relu) {
        below = static_cast<T>(activation.alpha) * x;
      }
      output[i] = x < T{0} ? below : x;
    }
  }

  static void gradient_sums(Index rows, Index columns, const T* input, const T* mean, const T* grad,
                            T* sums, T* products) {
    for (Index c = 0; c < columns; ++c) {
      sums[c] = 0;
      products[c] = 0;
      for (Index row = 0; row < rows; ++row) {
        const Index at = row * columns + c;
        sums[c] += grad[at];
        products[c] += grad[at] * (input[at] - mean[c]);
      }
    }
  }

  static void gradient(Index rows, Index columns, const T* input, const T* grad, const T* a,
                       const T* b, const T* c, T* grad_input) {
    for (Index i = 0; i < rows * columns; ++i) {
      const Index column = i % columns;
      grad_input[i] = grad[i] * a[column] + (input[i] * b[column] + c[column]);
    }
  }

  static constexpr NormKernel<T> kernel() {
    return {
        .moments = moments, .scale = scale, .gradient_sums = gradient_sums, .gradient = gradient};
  }
};

template <class T>
struct ReferenceDropout {
  // Word `word` of one block of Philox4x32-10.
  static std::uint32_t random_word(const DropoutDraw& draw, std::uint32_t block, int word) {
    std::uint32_t counter[4] = {block, draw.counter[0], draw.counter[1], draw.counter[2]};
    std::uint32_t key[2] = {draw.key[0], draw.key[1]};
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t one = std::uint64_t{0xD2511F53} * counter[0];
      const std::uint64_t two = std::uint64_t{0xCD9E8D57} * counter[2];
      const std::uint32_t next[4] = {static_cast<std::uint32_t>(two >> 32) ^ counter[1] ^ key[0],
                                     static_cast<std::uint32_t>(two),
                                     static_cast<std::uint32_t>(one >> 32) ^ counter[3] ^ key[1],
                                     static_cast<std::uint32_t>(one)};
      for (int i = 0; i < 4; ++i) counter[i] = next[i];
      key[0] += 0x9E3779B9;
      key[1] += 0xBB67AE85;
    }
    return counter[word];
  }

  static void apply(const DropoutDraw& draw, Index count, T scale, const T* input, T* output) {
    for (Index i = 0; i < count; ++i) {
      const auto place = static_cast<int>(i % 64);
      const auto block = static_cast<std::uint32_t>(i / 64 * 8 + i % 8);
      const std::uint32_t bits = random_word(draw, block, place % 32 / 8) >> (16 * (place / 32));
      output[i] = input[i] * ((bits & 0xFFFF) < draw.below ? scale : T{0});
    }
  }

  static constexpr DropoutKernel<T> kernel() { return {.apply = apply}; }
};

}  // namespace
}  // namespace cnnx
