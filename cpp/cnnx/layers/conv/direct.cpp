// Convolution from its definition, for every shape.
#include <algorithm>

#include "cnnx/core/buffer.h"
#include "cnnx/layers/conv/algorithm.h"

namespace cnnx {
namespace {

template <class T>
class DirectConv final : public ConvAlgorithm<T> {
 public:
  DirectConv(const ConvGeometry& geometry, const KernelTable<T>& kernels)
      : g_(geometry),
        conv_(kernels.direct),
        forward_weights_(conv_.packed_size(g_, ConvPass::forward)),
        backward_weights_(conv_.packed_size(g_, ConvPass::backward_data)) {}

  Index scratch_size(Index images) const override {
    return std::max({conv_.scratch_size(g_, ConvPass::forward, images),
                     conv_.scratch_size(g_, ConvPass::backward_data, images),
                     conv_.scratch_size(g_, ConvPass::backward_weights, images)});
  }
  Index accumulator_size() const override { return g_.weight_count(); }

  void pack(const T* weights) override {
    conv_.pack(g_, ConvPass::forward, weights, forward_weights_.data());
    conv_.pack(g_, ConvPass::backward_data, weights, backward_weights_.data());
  }

  void forward(const ForwardRun<T>& run, const T* bias, Activation activation) override {
    conv_.forward(g_, run.images, run.input, forward_weights_.data(), bias, activation, run.output,
                  run.scratch);
  }

  void backward(const BackwardRun<T>& run) override {
    if (run.weights_wanted) {
      conv_.backward_weights(g_, run.images, run.input, run.grad_output, run.accumulator,
                             run.accumulate, run.scratch);
    }
    if (run.grad_input == nullptr) return;
    conv_.backward_data(g_, run.images, run.grad_output, backward_weights_.data(), run.grad_input,
                        run.scratch);
  }

  void finish(const T* accumulator, T* grad_weights) override {
    std::copy_n(accumulator, g_.weight_count(), grad_weights);
  }

 private:
  ConvGeometry g_;
  const ConvKernel<T>& conv_;
  Buffer<T> forward_weights_, backward_weights_;
};

}  // namespace

template <class T>
ConvAlgorithmPtr<T> make_direct_conv(const ConvGeometry& geometry, const KernelTable<T>& kernels) {
  return std::make_unique<DirectConv<T>>(geometry, kernels);
}
template ConvAlgorithmPtr<float> make_direct_conv(const ConvGeometry&, const KernelTable<float>&);
template ConvAlgorithmPtr<double> make_direct_conv(const ConvGeometry&, const KernelTable<double>&);

}  // namespace cnnx
