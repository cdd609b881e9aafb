// Dropout: random elements become zero in training, the others grow so that the mean stays.
// Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout: a simple way to prevent
// neural networks from overfitting", JMLR 2014.
//
// A draw depends on the seed, the layer, the step and the element's place in the batch: any thread
// makes the same one, and backward makes it again instead of keeping it.
#include "cnnx/core/random.h"
#include "cnnx/layers/dropout_rate.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

template <class T>
class Dropout final : public Layer<T> {
 public:
  explicit Dropout(const Attrs& attrs) : rate_(attrs) {}

  const char* kind() const override { return "Dropout"; }
  bool reads_input() const override { return false; }
  bool reads_output() const override { return false; }
  bool passes_through() const override { return rate_.keeps_all(); }
  bool passes_through_in_inference() const override { return true; }

  void forward(const ForwardRun<T>& run) override {
    apply(run.step, run.first_image, run.images, run.input, run.output);
  }
  void backward(const BackwardRun<T>& run) override {
    if (run.grad_input == nullptr) return;
    apply(run.step, run.first_image, run.images, run.grad_output, run.grad_input);
  }

 protected:
  Shape plan_layer(const PlanContext& context) override {
    seed_ = context.seed;
    number_ = context.number;
    return this->input();
  }

 private:
  void apply(Index step, Index first, Index images, const T* from, T* to) const {
    const Index size = this->input().size();
    for (Index image = 0; image < images; ++image) {
      const DropoutDraw draw{
          {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)},
          {static_cast<std::uint32_t>(first + image),
           static_cast<std::uint32_t>(Stream::dropout) | number_ << 8,
           static_cast<std::uint32_t>(step)},
          rate_.below()};
      this->kernels().dropout.apply(draw, size, static_cast<T>(rate_.scale()), from + image * size,
                                    to + image * size);
    }
  }

  DropoutRate rate_;
  std::uint64_t seed_ = 0;
  std::uint32_t number_ = 0;
};

}  // namespace

template <class T>
LayerPtr<T> make_dropout(const Attrs& attrs) {
  return std::make_unique<Dropout<T>>(attrs);
}
template LayerPtr<float> make_dropout(const Attrs&);
template LayerPtr<double> make_dropout(const Attrs&);

}  // namespace cnnx
