// Making an image from another one by a map of its pixels.
#pragma once

#include "cnnx/augment/affine.h"
#include "cnnx/core/shape.h"

namespace cnnx {

// One image as it lies in memory.
template <class Source>
struct View {
  const Source* data;
  Index channel_stride, pixel_stride;
};

// Writes the image whose pixels come from where `map` says, channels-last. Maps by whole pixels
// copy values as they are, others interpolate between the four neighbours; `fill` stands outside.
template <class T, class Source>
void resample(const Shape& shape, const View<Source>& from, const Affine& map, T fill, T* to);

}  // namespace cnnx
