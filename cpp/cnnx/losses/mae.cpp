// Mean absolute error over the outputs of an image; a label stands for its one-hot row. Where an
// output equals its target exactly, the gradient is 0.
#include <cmath>

#include "cnnx/losses/makers.h"

namespace cnnx {
namespace {

template <class T>
class MeanAbsoluteError final : public Loss<T> {
 public:
  double evaluate(Index count, const T* outputs, Target<T> target, T scale,
                  T* grad) const override {
    double loss = 0;
    const T slope = scale / static_cast<T>(count);
    for (Index i = 0; i < count; ++i) {
      const T error = outputs[i] - target.wanted(i);
      loss += std::abs(static_cast<double>(error));
      // A NaN is not hidden.
      if (grad != nullptr) grad[i] = error > 0 ? slope : error < 0 ? -slope : slope * error;
    }
    return loss / static_cast<double>(count);
  }
};

}  // namespace

template <class T>
LossPtr<T> make_mae(const Attrs&) {
  return std::make_unique<MeanAbsoluteError<T>>();
}
template LossPtr<float> make_mae(const Attrs&);
template LossPtr<double> make_mae(const Attrs&);

}  // namespace cnnx
