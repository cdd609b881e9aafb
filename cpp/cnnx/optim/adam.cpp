// Adam (Kingma, Ba, ICLR 2015, arXiv:1412.6980) and AdamW, its form with decoupled weight decay
// (Loshchilov, Hutter, ICLR 2019, arXiv:1711.05101).
#include <cmath>

#include "cnnx/optim/makers.h"

namespace cnnx {
namespace {

template <class T>
class Adam final : public Optimizer<T> {
 public:
  Adam(const Attrs& attrs, const KernelTable<T>& kernels, bool decoupled)
      : Optimizer<T>(attrs, kernels),
        beta_1_(attrs.number("beta_1")),
        beta_2_(attrs.number("beta_2")),
        epsilon_(attrs.number("epsilon")),
        decoupled_(decoupled) {}

  std::vector<std::string> slots() const override { return {"mean", "square"}; }

  void update(const UpdateStep& step, Index count, const T* grad, T* const* slots,
              T* weights) const override {
    const double n = static_cast<double>(step.number);
    this->kernels().adam({step.learning_rate, beta_1_, beta_2_, epsilon_, this->decay(step),
                          1.0 - std::pow(beta_1_, n), 1.0 - std::pow(beta_2_, n), decoupled_},
                         count, grad, slots[0], slots[1], weights);
  }

 private:
  double beta_1_, beta_2_, epsilon_;
  bool decoupled_;
};

}  // namespace

template <class T>
OptimizerPtr<T> make_adam(const Attrs& attrs, const KernelTable<T>& kernels) {
  return std::make_unique<Adam<T>>(attrs, kernels, false);
}
template <class T>
OptimizerPtr<T> make_adamw(const Attrs& attrs, const KernelTable<T>& kernels) {
  return std::make_unique<Adam<T>>(attrs, kernels, true);
}
template OptimizerPtr<float> make_adam(const Attrs&, const KernelTable<float>&);
template OptimizerPtr<double> make_adam(const Attrs&, const KernelTable<double>&);
template OptimizerPtr<float> make_adamw(const Attrs&, const KernelTable<float>&);
template OptimizerPtr<double> make_adamw(const Attrs&, const KernelTable<double>&);

}  // namespace cnnx
