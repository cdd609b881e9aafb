#include "cnnx/layers/feature_order.h"

namespace cnnx {
namespace {

template <class T>
class FeatureOrder final : public Layer<T> {
 public:
  const char* kind() const override { return "Flatten"; }
  LayerTraits traits() const override { return {.reads_input = false, .reads_output = false}; }

  void forward(const ForwardRun<T>& run) const override {
    transpose(run.images, this->input().pixels(), this->input().channels, run.input, run.output);
  }
  void backward(const BackwardRun<T>& run) const override {
    if (run.grad_input == nullptr) return;
    transpose(run.images, this->input().channels, this->input().pixels(), run.grad_output,
              run.grad_input);
  }

 protected:
  Shape plan_layer(const PlanContext&) override { return Shape::features(this->input().size()); }

 private:
  // Each image's rows x columns become columns x rows.
  static void transpose(Index images, Index rows, Index columns, const T* from, T* to) {
    for (Index image = 0; image < images; ++image) {
      for (Index r = 0; r < rows; ++r) {
        for (Index c = 0; c < columns; ++c) to[c * rows + r] = from[r * columns + c];
      }
      from += rows * columns;
      to += rows * columns;
    }
  }
};

}  // namespace

template <class T>
Index in_feature_order(Builder<T>& builder, const std::string& name, Index level) {
  const Shape& shape = builder.shape(level);
  if (!shape.flat || shape.pixels() == 1) return level;
  return builder.add(std::make_unique<FeatureOrder<T>>(), name, {level});
}
template Index in_feature_order(Builder<float>&, const std::string&, Index);
template Index in_feature_order(Builder<double>&, const std::string&, Index);

}  // namespace cnnx
