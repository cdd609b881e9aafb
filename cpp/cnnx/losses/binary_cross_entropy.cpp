// Binary cross-entropy on logits x with the sigmoid inside, averaged over the outputs:
//   loss = max(x, 0) - x t + log(1 + e^(-|x|)),   d loss / d x = sigmoid(x) - t,
// in which no exponential overflows. One output tells two classes apart, 0 and 1.
#include <algorithm>
#include <cmath>

#include "cnnx/losses/makers.h"

namespace cnnx {
namespace {

template <class T>
class BinaryCrossEntropy final : public Loss<T> {
 public:
  ActivationKind takes_activation() const override { return ActivationKind::sigmoid; }
  Index classes(Index outputs) const override { return outputs == 1 ? 2 : outputs; }

  bool correct(Index count, const T* logits, Target<T> target) const override {
    if (count > 1) return Loss<T>::correct(count, logits, target);
    // A logit above 0 is a probability above one half.
    return (logits[0] > T{0}) == (wanted(count, target, 0) > T{0.5});
  }

  double evaluate(Index count, const T* logits, Target<T> target, T scale, T* grad) const override {
    double loss = 0;
    const T slope = scale / static_cast<T>(count);
    for (Index i = 0; i < count; ++i) {
      const T x = logits[i];
      const T t = wanted(count, target, i);
      const T small = std::exp(-std::abs(x));
      loss += static_cast<double>(std::max(x, T{0})) -
              static_cast<double>(x) * static_cast<double>(t) +
              std::log1p(static_cast<double>(small));
      if (grad == nullptr) continue;
      const T chance = (x >= T{0} ? T{1} : small) / (T{1} + small);
      grad[i] = slope * (chance - t);
    }
    return loss / static_cast<double>(count);
  }

 private:
  static T wanted(Index count, const Target<T>& target, Index i) {
    if (count == 1 && target.row == nullptr) return static_cast<T>(target.label);
    return target.wanted(i);
  }
};

}  // namespace

template <class T>
LossPtr<T> make_binary_cross_entropy(const Attrs&) {
  return std::make_unique<BinaryCrossEntropy<T>>();
}
template LossPtr<float> make_binary_cross_entropy(const Attrs&);
template LossPtr<double> make_binary_cross_entropy(const Attrs&);

}  // namespace cnnx
