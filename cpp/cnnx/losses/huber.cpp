// Huber's loss over the outputs of an image: the square of an error up to delta, beyond it a line,
//   loss = e^2 / 2 where |e| <= delta, otherwise delta (|e| - delta / 2), averaged.
// A label stands for its one-hot row. Huber, "Robust estimation of a location parameter", Annals of
// Mathematical Statistics 35 (1964).
#include <algorithm>
#include <cmath>

#include "cnnx/losses/makers.h"

namespace cnnx {
namespace {

template <class T>
class Huber final : public Loss<T> {
 public:
  explicit Huber(double delta) : delta_(delta) {}

  double evaluate(Index count, const T* outputs, Target<T> target, T scale,
                  T* grad) const override {
    double loss = 0;
    const T slope = scale / static_cast<T>(count);
    const T most = static_cast<T>(delta_);
    for (Index i = 0; i < count; ++i) {
      const T error = outputs[i] - target.wanted(i);
      const double size = std::abs(static_cast<double>(error));
      loss += size <= delta_ ? size * size / 2 : delta_ * (size - delta_ / 2);
      // NaN stays NaN.
      if (grad != nullptr) grad[i] = slope * (error > most ? most : error < -most ? -most : error);
    }
    return loss / static_cast<double>(count);
  }

 private:
  double delta_;
};

}  // namespace

template <class T>
LossPtr<T> make_huber(const Attrs& attrs) {
  return std::make_unique<Huber<T>>(attrs.number("delta"));
}
template LossPtr<float> make_huber(const Attrs&);
template LossPtr<double> make_huber(const Attrs&);

}  // namespace cnnx
