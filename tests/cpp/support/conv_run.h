// Calls of a convolution kernel with everything it touches in guarded memory.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "cnnx/kernels/table.h"
#include "support/guarded.h"

namespace cnnx::test {

template <class T>
class ConvRun {
 public:
  ConvRun(const ConvKernel<T>& kernel, const ConvGeometry& geometry)
      : kernel_(kernel), g_(geometry) {}

  // `save`: with what backward_weights wants to be kept.
  std::vector<T> forward(Index images, const std::vector<T>& input, const std::vector<T>& weights,
                         const std::vector<T>& bias, Activation activation, bool save = true) {
    Guarded<T> x = guarded_input(input);
    Guarded<T> b = guarded_input(bias);
    Guarded<T> packed = pack(ConvPass::forward, weights);
    Guarded<T> scratch = scratch_of(ConvPass::forward, images);
    Guarded<T> output = guarded_output<T>(images * g_.out_size());
    Guarded<T> saved = guarded_scratch<T>(images * kernel_.saved_size(g_));
    kernel_.forward(g_, images, x.data(), packed.data(), bias.empty() ? nullptr : b.data(),
                    activation, output.data(), save ? saved.data() : nullptr, scratch.data());
    REQUIRE(scratch.intact());
    REQUIRE(output.intact());
    REQUIRE(saved.intact());
    saved_.assign(saved.values().begin(), saved.values().end());
    return {output.values().begin(), output.values().end()};
  }

  std::vector<T> backward_data(Index images, const std::vector<T>& grad_output,
                               const std::vector<T>& weights) {
    Guarded<T> dy = guarded_input(grad_output);
    Guarded<T> packed = pack(ConvPass::backward_data, weights);
    Guarded<T> scratch = scratch_of(ConvPass::backward_data, images);
    Guarded<T> grad_input = guarded_output<T>(images * g_.in_size());
    kernel_.backward_data(g_, images, dy.data(), packed.data(), grad_input.data(), scratch.data());
    REQUIRE(scratch.intact());
    REQUIRE(grad_input.intact());
    return {grad_input.values().begin(), grad_input.values().end()};
  }

  struct Gradients {
    std::vector<T> weights, bias;
  };

  // The gradients over `images` images, taken in parts of at most `part` that accumulate.
  Gradients backward_weights(Index images, Index part, const std::vector<T>& input,
                             const std::vector<T>& grad_output, bool with_bias) {
    Guarded<T> accumulator = guarded_output<T>(kernel_.accumulator_size(g_));
    Guarded<T> grad_bias = guarded_output<T>(with_bias ? g_.out_channels : 0);
    Guarded<T> scratch = scratch_of(ConvPass::backward_weights, std::min(part, images));
    for (Index first = 0; first < images; first += part) {
      const Index count = std::min(part, images - first);
      std::fill(scratch.values().begin(), scratch.values().end(), poison<T>());
      Guarded<T> x = guarded_input(rows_of(input, first, count, g_.in_size()));
      Guarded<T> dy = guarded_input(rows_of(grad_output, first, count, g_.out_size()));
      const Index kept = kernel_.saved_size(g_);
      Guarded<T> saved =
          guarded_input(kept > 0 ? rows_of(saved_, first, count, kept) : std::vector<T>{});
      kernel_.backward_weights(g_, count, x.data(), saved.data(), dy.data(), accumulator.data(),
                               with_bias ? grad_bias.data() : nullptr, first > 0, scratch.data());
      REQUIRE(scratch.intact());
    }
    Guarded<T> grad = guarded_output<T>(g_.weight_count());
    kernel_.finish_weights(g_, accumulator.data(), grad.data());
    REQUIRE(accumulator.intact());
    REQUIRE(grad_bias.intact());
    REQUIRE(grad.intact());
    return {{grad.values().begin(), grad.values().end()},
            {grad_bias.values().begin(), grad_bias.values().end()}};
  }

 private:
  static std::vector<T> rows_of(const std::vector<T>& values, Index first, Index count,
                                Index size) {
    return {values.begin() + first * size, values.begin() + (first + count) * size};
  }

  Guarded<T> pack(ConvPass pass, const std::vector<T>& weights) {
    Guarded<T> source = guarded_input(weights);
    Guarded<T> packed = guarded_scratch<T>(kernel_.packed_size(g_, pass));
    kernel_.pack(g_, pass, source.data(), packed.data());
    REQUIRE(packed.intact());
    return packed;
  }

  Guarded<T> scratch_of(ConvPass pass, Index images) {
    return guarded_scratch<T>(kernel_.scratch_size(g_, pass, images));
  }

  const ConvKernel<T>& kernel_;
  ConvGeometry g_;
  std::vector<T> saved_;  // by the last forward
};

}  // namespace cnnx::test
