// The registry of steps: one row each. Mixing of two images of a batch is in mix.cpp.
#include "cnnx/augment/makers.h"

namespace cnnx {
namespace {

template <class T>
struct Row {
  const char* kind;
  StepPtr<T> (*make)(const Attrs&);
};

template <class T>
constexpr Row<T> kRows[] = {
    {"crop", make_crop<T>},           {"flip", make_flip<T>},
    {"vflip", make_vertical_flip<T>}, {"shift", make_shift<T>},
    {"rotate", make_rotation<T>},     {"scale", make_scale<T>},
    {"erase", make_erase<T>},         {"brightness", make_brightness<T>},
    {"contrast", make_contrast<T>},
};

}  // namespace

template <class T>
StepPtr<T> make_step(const Attrs& attrs) {
  const std::string& kind = attrs.text("kind");
  for (const Row<T>& row : kRows<T>) {
    if (kind == row.kind) return row.make(attrs);
  }
  return nullptr;
}

template StepPtr<float> make_step(const Attrs&);
template StepPtr<double> make_step(const Attrs&);

}  // namespace cnnx
