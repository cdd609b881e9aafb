// Cross-entropy on logits x with the softmax inside:
//   loss = sum_j t_j (log sum_i e^(x_i) - x_j),   d loss / d x_i = softmax(x)_i sum_j t_j - t_i.
// The largest logit is taken off first, so that no exponential overflows. Label smoothing s mixes
// the target with the uniform one, t' = (1 - s) t + s / n (Szegedy et al., "Rethinking the
// Inception architecture for computer vision", CVPR 2016, arXiv:1512.00567).
#include <cmath>

#include "cnnx/losses/makers.h"

namespace cnnx {
namespace {

template <class T>
class CrossEntropy final : public Loss<T> {
 public:
  explicit CrossEntropy(double smoothing) : smoothing_(smoothing) {}

  ActivationKind takes_activation() const override { return ActivationKind::softmax; }

  double evaluate(Index count, const T* logits, Target<T> target, T scale, T* grad) const override {
    const T most = logits[argmax(count, logits)];
    T sum = 0;
    for (Index i = 0; i < count; ++i) {
      const T e = std::exp(logits[i] - most);
      sum += e;
      if (grad != nullptr) grad[i] = e;
    }
    const double log_sum = std::log(static_cast<double>(sum));
    const auto surprise = [&](Index j) {
      return log_sum - (static_cast<double>(logits[j]) - static_cast<double>(most));
    };

    double loss = 0;
    T mass = 1;
    if (target.row == nullptr) {
      loss = surprise(target.label);
    } else {
      mass = 0;
      for (Index j = 0; j < count; ++j) {
        mass += target.row[j];
        if (target.row[j] != T{0}) loss += static_cast<double>(target.row[j]) * surprise(j);
      }
    }
    const double each = smoothing_ / static_cast<double>(count);
    if (smoothing_ > 0) {
      double surprises = 0;
      for (Index j = 0; j < count; ++j) surprises += surprise(j);
      loss = (1 - smoothing_) * loss + each * surprises;
      mass = static_cast<T>((1 - smoothing_) * static_cast<double>(mass) + smoothing_);
    }
    if (grad == nullptr) return loss;
    const T keep = static_cast<T>(1 - smoothing_);
    const T added = static_cast<T>(each);
    const T share = mass / sum;
    for (Index i = 0; i < count; ++i) {
      grad[i] = scale * (grad[i] * share - (keep * target.wanted(i) + added));
    }
    return loss;
  }

 private:
  double smoothing_;
};

}  // namespace

template <class T>
LossPtr<T> make_cross_entropy(const Attrs& attrs) {
  return std::make_unique<CrossEntropy<T>>(attrs.number("label_smoothing"));
}
template LossPtr<float> make_cross_entropy(const Attrs&);
template LossPtr<double> make_cross_entropy(const Attrs&);

}  // namespace cnnx
