// Convolution from its definition, for every shape.
#include <algorithm>

#include "cnnx/layers/conv/algorithm.h"

namespace cnnx {
namespace {

template <class T>
class DirectConv final : public ConvAlgorithm<T> {
 public:
  DirectConv(const ConvGeometry& geometry, const ConvSelection<T>& select)
      : g_(geometry),
        forward_(select.forward(g_)),
        data_(select.backward_data(g_)),
        weights_(select.backward_weights(g_)) {}

  Index scratch_size(Index images) const override {
    return std::max({forward_.scratch_size(g_, images), data_.scratch_size(g_, images),
                     weights_.scratch_size(g_, images)});
  }
  Index accumulator_size() const override { return g_.weight_count(); }
  Index forward_packed_size() const override { return forward_.packed_size(g_); }
  Index backward_packed_size() const override { return data_.packed_size(g_); }

  void pack(const T* weights, T* for_forward, T* for_backward) const override {
    forward_.pack(g_, weights, for_forward);
    if (for_backward != nullptr) data_.pack(g_, weights, for_backward);
  }

  void forward(const ForwardRun<T>& run, const T* packed, const T* bias,
               Activation activation) const override {
    forward_.run(g_, run.images, run.input, packed, bias, activation, run.output, run.scratch);
  }

  void backward(const BackwardRun<T>& run, const T* packed) const override {
    if (run.weights_wanted) {
      weights_.run(g_, run.images, run.input, run.grad_output, run.accumulator, run.accumulate,
                   run.scratch);
    }
    if (run.grad_input == nullptr) return;
    data_.run(g_, run.images, run.grad_output, packed, run.grad_input, run.scratch);
  }

  void finish(const T* accumulator, T* grad_weights) const override {
    std::copy_n(accumulator, g_.weight_count(), grad_weights);
  }

 private:
  ConvGeometry g_;
  ConvForwardKernel<T> forward_;
  ConvDataKernel<T> data_;
  ConvWeightsKernel<T> weights_;
};

}  // namespace

template <class T>
ConvAlgorithmPtr<T> make_direct_conv(const ConvGeometry& geometry, const KernelTable<T>& kernels) {
  return std::make_unique<DirectConv<T>>(geometry, kernels.direct);
}
template ConvAlgorithmPtr<float> make_direct_conv(const ConvGeometry&, const KernelTable<float>&);
template ConvAlgorithmPtr<double> make_direct_conv(const ConvGeometry&, const KernelTable<double>&);

}  // namespace cnnx
