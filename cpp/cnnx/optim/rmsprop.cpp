// RMSprop: steps divided by the root of a running mean of the squared gradient, with optional
// momentum. Tieleman, Hinton, "Lecture 6.5: RMSProp", Neural Networks for Machine Learning,
// Coursera 2012.
#include "cnnx/optim/makers.h"

namespace cnnx {
namespace {

template <class T>
class Rmsprop final : public Optimizer<T> {
 public:
  Rmsprop(const Attrs& attrs, const KernelTable<T>& kernels)
      : Optimizer<T>(attrs, kernels),
        rho_(number_within(attrs, "rho", 0.0, 1.0)),
        momentum_(number_within(attrs, "momentum", 0.0, 1.0)),
        epsilon_(number_within(attrs, "epsilon", 0.0)) {}

  std::vector<std::string> slots() const override {
    if (momentum_ == 0.0) return {"square"};
    return {"square", "momentum"};
  }

  void update(const UpdateStep& step, Index count, const T* grad, T* const* slots,
              T* weights) const override {
    this->kernels().rmsprop({step.learning_rate, rho_, momentum_, epsilon_, this->decay(step)},
                            count, grad, slots[0], momentum_ == 0.0 ? nullptr : slots[1], weights);
  }

 private:
  double rho_, momentum_, epsilon_;
};

}  // namespace

template <class T>
OptimizerPtr<T> make_rmsprop(const Attrs& attrs, const KernelTable<T>& kernels) {
  return std::make_unique<Rmsprop<T>>(attrs, kernels);
}
template OptimizerPtr<float> make_rmsprop(const Attrs&, const KernelTable<float>&);
template OptimizerPtr<double> make_rmsprop(const Attrs&, const KernelTable<double>&);

}  // namespace cnnx
