// Dropout: sets random elements to zero in training and scales the others to preserve the mean.
// Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, "Dropout: a simple way to prevent
// neural networks from overfitting", JMLR 2014.
#include "cnnx/layers/dropout_layer.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

template <class T>
class Dropout final : public DropoutLayer<T> {
 public:
  explicit Dropout(const Attrs& attrs) : DropoutLayer<T>(attrs) {}

  const char* kind() const override { return "Dropout"; }

 protected:
  using typename DropoutLayer<T>::Part;

  void apply(const Part& part, T*, const T* from, T* to) const override {
    const Index size = this->input().size();
    const std::uint64_t seed = this->seed();
    for (Index image = 0; image < part.images; ++image) {
      const DropoutDraw draw{
          {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
          {static_cast<std::uint32_t>(part.first + image), this->stream(),
           static_cast<std::uint32_t>(part.step)},
          this->rate().below()};
      this->kernels().dropout.apply(draw, size, static_cast<T>(this->rate().scale()),
                                    from + image * size, to + image * size);
    }
  }
};

}  // namespace

template <class T>
LayerPtr<T> make_dropout(const Attrs& attrs) {
  return std::make_unique<Dropout<T>>(attrs);
}
template LayerPtr<float> make_dropout(const Attrs&);
template LayerPtr<double> make_dropout(const Attrs&);

}  // namespace cnnx
