// Calls of a convolution kernel with everything it touches in guarded memory.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "cnnx/kernels/table.h"
#include "support/guarded.h"

namespace cnnx::test {

template <class T>
class ConvRun {
 public:
  ConvRun(const ConvSelection<T>& select, const ConvGeometry& geometry)
      : g_(geometry),
        forward_(select.forward(g_)),
        data_(select.backward_data(g_)),
        weights_(select.backward_weights(g_)) {}

  std::vector<T> forward(Index images, const std::vector<T>& input, const std::vector<T>& weights,
                         const std::vector<T>& bias, Activation activation) {
    Guarded<T> x = guarded_input(input);
    Guarded<T> b = guarded_input(bias);
    Guarded<T> packed = pack(forward_, weights);
    Guarded<T> scratch = scratch_of(forward_, images);
    Guarded<T> output = guarded_output<T>(images * g_.out_size());
    forward_.run(g_, images, x.data(), packed.data(), bias.empty() ? nullptr : b.data(), activation,
                 output.data(), scratch.data());
    REQUIRE(scratch.intact());
    return result(output);
  }

  std::vector<T> backward_data(Index images, const std::vector<T>& grad_output,
                               const std::vector<T>& weights) {
    Guarded<T> dy = guarded_input(grad_output);
    Guarded<T> packed = pack(data_, weights);
    Guarded<T> scratch = scratch_of(data_, images);
    Guarded<T> grad_input = guarded_output<T>(images * g_.in_size());
    data_.run(g_, images, dy.data(), packed.data(), grad_input.data(), scratch.data());
    REQUIRE(scratch.intact());
    return result(grad_input);
  }

  // The gradients over `images` images, taken in parts of at most `part` that accumulate.
  std::vector<T> backward_weights(Index images, Index part, const std::vector<T>& input,
                                  const std::vector<T>& grad_output) {
    Guarded<T> grad = guarded_output<T>(g_.weight_count());
    Guarded<T> scratch = scratch_of(weights_, std::min(part, images));
    for (Index first = 0; first < images; first += part) {
      const Index count = std::min(part, images - first);
      std::fill(scratch.values().begin(), scratch.values().end(), poison<T>());
      Guarded<T> x = guarded_input(rows_of(input, first, count, g_.in_size()));
      Guarded<T> dy = guarded_input(rows_of(grad_output, first, count, g_.out_size()), kSlack);
      weights_.run(g_, count, x.data(), dy.data(), grad.data(), first > 0, scratch.data());
      REQUIRE(scratch.intact());
    }
    return result(grad);
  }

 private:
  static std::vector<T> result(const Guarded<T>& array) {
    REQUIRE(array.intact());
    return {array.values().begin(), array.values().end()};
  }

  template <class Kernel>
  Guarded<T> pack(const Kernel& kernel, const std::vector<T>& weights) {
    Guarded<T> source = guarded_input(weights);
    Guarded<T> packed = guarded_scratch<T>(kernel.packed_size(g_));
    kernel.pack(g_, source.data(), packed.data());
    REQUIRE(packed.intact());
    return packed;
  }

  template <class Kernel>
  Guarded<T> scratch_of(const Kernel& kernel, Index images) {
    return guarded_scratch<T>(kernel.scratch_size(g_, images));
  }

  ConvGeometry g_;
  ConvForwardKernel<T> forward_;
  ConvDataKernel<T> data_;
  ConvWeightsKernel<T> weights_;
};

}  // namespace cnnx::test
