// Stochastic gradient descent with momentum and Nesterov's look-ahead.
// Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep
// learning", ICML 2013.
#include "cnnx/core/error.h"
#include "cnnx/optim/makers.h"

namespace cnnx {
namespace {

template <class T>
class Sgd final : public Optimizer<T> {
 public:
  Sgd(const Attrs& attrs, const KernelTable<T>& kernels)
      : Optimizer<T>(attrs, kernels),
        momentum_(attrs.number("momentum")),
        nesterov_(attrs.flag("nesterov")) {
    if (nesterov_ && momentum_ == 0.0) {
      throw ConfigError({.argument = "nesterov",
                         .message = "needs momentum above 0",
                         .hint = "set momentum, for instance 0.9"});
    }
  }

  std::vector<std::string> slots() const override {
    if (momentum_ == 0.0) return {};
    return {"momentum"};
  }

  void update(const UpdateStep& step, Index count, const T* grad, T* const* slots,
              T* weights) const override {
    this->kernels().sgd({step.learning_rate, momentum_, this->decay(step), nesterov_}, count, grad,
                        momentum_ == 0.0 ? nullptr : slots[0], weights);
  }

 private:
  double momentum_;
  bool nesterov_;
};

}  // namespace

template <class T>
OptimizerPtr<T> make_sgd(const Attrs& attrs, const KernelTable<T>& kernels) {
  return std::make_unique<Sgd<T>>(attrs, kernels);
}
template OptimizerPtr<float> make_sgd(const Attrs&, const KernelTable<float>&);
template OptimizerPtr<double> make_sgd(const Attrs&, const KernelTable<double>&);

}  // namespace cnnx
