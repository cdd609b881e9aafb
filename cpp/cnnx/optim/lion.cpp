// Lion: every weight moves by the learning rate, along the sign of a mix of momentum and gradient.
// Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, arXiv:2302.06675.
#include "cnnx/optim/makers.h"

namespace cnnx {
namespace {

template <class T>
class Lion final : public Optimizer<T> {
 public:
  Lion(const Attrs& attrs, const KernelTable<T>& kernels)
      : Optimizer<T>(attrs, kernels),
        beta_1_(attrs.number("beta_1")),
        beta_2_(attrs.number("beta_2")) {}

  std::vector<std::string> slots() const override { return {"mean"}; }

  void update(const UpdateStep& step, Index count, const T* grad, T* const* slots,
              T* weights) const override {
    this->kernels().lion({step.learning_rate, beta_1_, beta_2_, this->decay(step)}, count, grad,
                         slots[0], weights);
  }

 private:
  double beta_1_, beta_2_;
};

}  // namespace

template <class T>
OptimizerPtr<T> make_lion(const Attrs& attrs, const KernelTable<T>& kernels) {
  return std::make_unique<Lion<T>>(attrs, kernels);
}
template OptimizerPtr<float> make_lion(const Attrs&, const KernelTable<float>&);
template OptimizerPtr<double> make_lion(const Attrs&, const KernelTable<double>&);

}  // namespace cnnx
