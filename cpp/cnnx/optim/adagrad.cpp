// Adagrad: steps divided by the root of the sum of all squared gradients so far. Duchi, Hazan,
// Singer, "Adaptive subgradient methods for online learning and stochastic optimization", JMLR 12
// (2011).
#include "cnnx/optim/makers.h"

namespace cnnx {
namespace {

template <class T>
class Adagrad final : public Optimizer<T> {
 public:
  Adagrad(const Attrs& attrs, const KernelTable<T>& kernels)
      : Optimizer<T>(attrs, kernels), epsilon_(attrs.number("epsilon")) {}

  std::vector<std::string> slots() const override { return {"square"}; }

  void update(const UpdateStep& step, Index count, const T* grad, T* const* slots,
              T* weights) const override {
    this->kernels().adagrad({step.learning_rate, epsilon_, this->decay(step)}, count, grad,
                            slots[0], weights);
  }

 private:
  double epsilon_;
};

}  // namespace

template <class T>
OptimizerPtr<T> make_adagrad(const Attrs& attrs, const KernelTable<T>& kernels) {
  return std::make_unique<Adagrad<T>>(attrs, kernels);
}
template OptimizerPtr<float> make_adagrad(const Attrs&, const KernelTable<float>&);
template OptimizerPtr<double> make_adagrad(const Attrs&, const KernelTable<double>&);

}  // namespace cnnx
