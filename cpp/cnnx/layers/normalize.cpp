// Normalize: output = (input - mean) / std, channel by channel.
#include "cnnx/core/error.h"
#include "cnnx/layers/affine.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

template <class T>
class Normalize final : public Affine<T> {
 public:
  explicit Normalize(const Attrs& attrs)
      : mean_(attrs.numbers("mean")), std_(attrs.numbers("std")) {
    if (mean_.size() != std_.size() || mean_.empty()) {
      throw ConfigError({.argument = "mean and std",
                         .expected = "one number each for every channel",
                         .got = concat(mean_.size(), " and ", std_.size())});
    }
  }
  const char* kind() const override { return "Normalize"; }

 protected:
  Shape plan_layer(const PlanContext&) override {
    const auto count = static_cast<Index>(mean_.size());
    if (count != 1 && count != this->columns()) {
      throw ShapeError({.message = concat("mean and std have ", count, " numbers, the input has ",
                                          this->columns(), " channels"),
                        .expected = concat(this->columns()),
                        .got = concat(count),
                        .hint = "give one for each, or one for all"});
    }
    this->set_terms([&](Index c) {
      const auto i = to_size(count == 1 ? 0 : c);
      return std::pair{1.0 / std_[i], -mean_[i] / std_[i]};
    });
    return this->input();
  }

 private:
  std::vector<double> mean_, std_;
};

}  // namespace

template <class T>
LayerPtr<T> make_normalize(const Attrs& attrs) {
  return std::make_unique<Normalize<T>>(attrs);
}
template LayerPtr<float> make_normalize(const Attrs&);
template LayerPtr<double> make_normalize(const Attrs&);

}  // namespace cnnx
