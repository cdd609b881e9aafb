// Layers planned for a shape, and their errors.
#pragma once

#include "cnnx/kernels/dispatch.h"
#include "cnnx/layers/layer.h"
#include "support/descriptions.h"

namespace cnnx::test {

// A layer as the fourth of a network (number 3) sees itself.
template <class T = float>
LayerPtr<T> planned(const Attrs& attrs, const Shape& input, bool exact_conv = false) {
  LayerPtr<T> layer = make_layer<T>(attrs);
  layer->plan(input, current_tables().get<T>(), {"3", exact_conv});
  return layer;
}

inline const Shape kImage{3, 8, 9, false};
inline const Shape kFeatures = Shape::features(20);

}  // namespace cnnx::test
