// Rescale: output = input * scale + offset, such as 1/255 for 8-bit images.
#include "cnnx/layers/affine.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

template <class T>
class Rescale final : public Affine<T> {
 public:
  explicit Rescale(const Attrs& attrs)
      : scale_(attrs.number("scale")), offset_(attrs.number("offset")) {}
  const char* kind() const override { return "Rescale"; }

 protected:
  Shape plan_layer(const PlanContext&) override {
    this->set_terms([this](Index) { return std::pair{scale_, offset_}; });
    return this->input();
  }

 private:
  double scale_, offset_;
};

}  // namespace

template <class T>
LayerPtr<T> make_rescale(const Attrs& attrs) {
  return std::make_unique<Rescale<T>>(attrs);
}
template LayerPtr<float> make_rescale(const Attrs&);
template LayerPtr<double> make_rescale(const Attrs&);

}  // namespace cnnx
