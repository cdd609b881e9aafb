// Mean squared error over the outputs of an image; a label stands for its one-hot row.
#include "cnnx/losses/makers.h"

namespace cnnx {
namespace {

template <class T>
class MeanSquaredError final : public Loss<T> {
 public:
  double evaluate(Index count, const T* outputs, Target<T> target, T scale,
                  T* grad) const override {
    const T slope = 2 * scale / static_cast<T>(count);
    // Sums side by side, added up in order at the end: the outputs may be whole maps.
    double sums[kSums] = {};
    Index i = 0;
    for (; target.row != nullptr && i + kSums <= count; i += kSums) {
      T errors[kSums];
      for (Index k = 0; k < kSums; ++k) errors[k] = outputs[i + k] - target.row[i + k];
      for (Index k = 0; k < kSums; ++k) {
        sums[k] += static_cast<double>(errors[k]) * static_cast<double>(errors[k]);
      }
      if (grad == nullptr) continue;
      for (Index k = 0; k < kSums; ++k) grad[i + k] = slope * errors[k];
    }
    double loss = 0;
    for (; i < count; ++i) {
      const T error = outputs[i] - target.wanted(i);
      loss += static_cast<double>(error) * static_cast<double>(error);
      if (grad != nullptr) grad[i] = slope * error;
    }
    for (const double sum : sums) loss += sum;
    return loss / static_cast<double>(count);
  }

 private:
  static constexpr Index kSums = 8;
};

}  // namespace

template <class T>
LossPtr<T> make_mse(const Attrs&) {
  return std::make_unique<MeanSquaredError<T>>();
}
template LossPtr<float> make_mse(const Attrs&);
template LossPtr<double> make_mse(const Attrs&);

}  // namespace cnnx
