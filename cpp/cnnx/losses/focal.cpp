// The focal loss on logits x with the softmax p inside: cross-entropy with less weight for
// images that are classified well,
//   loss = sum_j t_j a_j (1 - p_j)^gamma (-log p_j).
// With s_j = -log p_j, q_j = 1 - p_j and c_j = -t_j a_j q_j^gamma (1 + gamma p_j s_j / q_j),
//   d loss / d x_i = c_i - p_i sum_j c_j.
// Lin, Goyal, Girshick, He, Dollar, "Focal loss for dense object detection", ICCV 2017,
// arXiv:1708.02002; here over all classes of a softmax.
#include <cmath>
#include <vector>

#include "cnnx/core/error.h"
#include "cnnx/losses/makers.h"

namespace cnnx {
namespace {

template <class T>
class Focal final : public Loss<T> {
 public:
  explicit Focal(const Attrs& attrs) : gamma_(attrs.number("gamma")) {
    const bool possible = gamma_ >= 0 && std::isfinite(gamma_);  // NaN is not
    if (!possible) {
      throw ConfigError(concat("gamma: expected a number of at least 0, got ", gamma_));
    }
    if (!attrs.has("alpha")) return;
    alpha_ = attrs.numbers("alpha");
    for (const double weight : alpha_) {
      if (weight >= 0 && std::isfinite(weight)) continue;
      throw ConfigError(concat("alpha: expected weights of at least 0, got ", weight));
    }
  }

  ActivationKind takes_activation() const override { return ActivationKind::softmax; }

  void check(Index outputs) const override {
    const auto weights = static_cast<Index>(alpha_.size());
    if (alpha_.empty() || weights == outputs) return;
    throw ConfigError(concat("loss: focal loss has ", weights, " weights in alpha for ", outputs,
                             " classes; give one per class"));
  }

  // In double precision throughout: 1 - p would lose all its digits where the network is confident.
  double evaluate(Index count, const T* logits, Target<T> target, T scale, T* grad) const override {
    const Index top = argmax(count, logits);
    const auto below = [&](Index i) {
      return static_cast<double>(logits[i]) - static_cast<double>(logits[top]);
    };
    double others = 0;
    for (Index i = 0; i < count; ++i) others += i == top ? 0.0 : std::exp(below(i));
    const double log_sum = std::log1p(others);

    double loss = 0, pull = 0;
    for (Index j = 0; j < count; ++j) {
      const double weight = static_cast<double>(target.wanted(j)) * alpha(j);
      const double surprise = log_sum - below(j);
      const double chance = std::exp(-surprise);
      const double doubt = -std::expm1(-surprise);
      const double focus = std::pow(doubt, gamma_);
      double term = 0;
      if (weight != 0) {
        loss += weight * focus * surprise;
        const double ratio = doubt > 0 ? surprise / doubt : 1;  // its limit
        term = -weight * focus * (1 + gamma_ * chance * ratio);
      }
      pull += term;
      if (grad != nullptr) grad[j] = static_cast<T>(term);
    }
    if (grad == nullptr) return loss;
    for (Index i = 0; i < count; ++i) {
      const double chance = std::exp(below(i) - log_sum);
      grad[i] = scale * static_cast<T>(static_cast<double>(grad[i]) - chance * pull);
    }
    return loss;
  }

 private:
  double alpha(Index j) const { return alpha_.empty() ? 1 : alpha_[static_cast<std::size_t>(j)]; }

  double gamma_;
  std::vector<double> alpha_;  // a weight for each class; empty: 1 for all
};

}  // namespace

template <class T>
LossPtr<T> make_focal(const Attrs& attrs) {
  return std::make_unique<Focal<T>>(attrs);
}
template LossPtr<float> make_focal(const Attrs&);
template LossPtr<double> make_focal(const Attrs&);

}  // namespace cnnx
