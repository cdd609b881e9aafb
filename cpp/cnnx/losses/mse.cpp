// Mean squared error over the outputs of an image; a label stands for its one-hot row.
#include "cnnx/losses/makers.h"

namespace cnnx {
namespace {

template <class T>
class MeanSquaredError final : public Loss<T> {
 public:
  double evaluate(Index count, const T* outputs, Target<T> target, T scale,
                  T* grad) const override {
    double loss = 0;
    const T slope = 2 * scale / static_cast<T>(count);
    for (Index i = 0; i < count; ++i) {
      const T error = outputs[i] - target.wanted(i);
      loss += static_cast<double>(error) * static_cast<double>(error);
      if (grad != nullptr) grad[i] = slope * error;
    }
    return loss / static_cast<double>(count);
  }
};

}  // namespace

template <class T>
LossPtr<T> make_mse(const Attrs&) {
  return std::make_unique<MeanSquaredError<T>>();
}
template LossPtr<float> make_mse(const Attrs&);
template LossPtr<double> make_mse(const Attrs&);

}  // namespace cnnx
