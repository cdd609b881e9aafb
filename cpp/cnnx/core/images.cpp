#include "cnnx/core/images.h"

#include <cmath>
#include <cstdint>

namespace cnnx {
namespace {

// x * 0 is 0 for every finite x and NaN for the others, and sums of it vectorise.
template <class T>
T finite_probe(Index count, const T* values) {
  constexpr Index kLanes = 16;
  T sums[kLanes] = {};
  Index i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (Index lane = 0; lane < kLanes; ++lane) sums[lane] += values[i + lane] * T{0};
  }
  T sum = 0;
  for (; i < count; ++i) sum += values[i] * T{0};
  for (Index lane = 0; lane < kLanes; ++lane) sum += sums[lane];
  return sum;
}

template <class T, class Source>
bool load_typed(const Shape& shape, const Images& images, Index first, Index count, T* to) {
  const Index size = shape.size();
  const Index pixels = shape.pixels();
  const Index channels = shape.channels;
  bool finite = true;
  for (Index i = 0; i < count; ++i, to += size) {
    const Source* from = static_cast<const Source*>(images.data) + images.row(first + i) * size;
    if (channels == 1 || pixels == 1) {
      for (Index k = 0; k < size; ++k) to[k] = static_cast<T>(from[k]);
    } else {
      for (Index c = 0; c < channels; ++c) {
        for (Index p = 0; p < pixels; ++p)
          to[p * channels + c] = static_cast<T>(from[c * pixels + p]);
      }
    }
    // Checked after the conversion: a float64 beyond float32's range counts as not finite.
    if constexpr (sizeof(Source) > 1) finite = finite && finite_probe(size, to) == T{0};
  }
  return finite;
}

template <class T, class Source>
Place find_typed(const Shape& shape, const Images& images) {
  const Index size = shape.size();
  for (Index i = 0; i < images.count; ++i) {
    const Source* from = static_cast<const Source*>(images.data) + images.row(i) * size;
    for (Index k = 0; k < size; ++k) {
      if (!std::isfinite(static_cast<T>(from[k]))) return {images.row(i), k};
    }
  }
  return {-1, 0};
}

}  // namespace

template <class T>
bool load_images(const Shape& shape, const Images& images, Index first, Index count, T* to) {
  switch (images.type) {
    case ImageType::float32:
      return load_typed<T, float>(shape, images, first, count, to);
    case ImageType::float64:
      return load_typed<T, double>(shape, images, first, count, to);
    case ImageType::uint8:
      return load_typed<T, std::uint8_t>(shape, images, first, count, to);
  }
  return false;
}

template <class T>
void store_images(const Shape& shape, Index count, const T* from, T* to) {
  const Index pixels = shape.pixels();
  const Index channels = shape.channels;
  for (Index i = 0; i < count; ++i, from += shape.size(), to += shape.size()) {
    for (Index c = 0; c < channels; ++c) {
      for (Index p = 0; p < pixels; ++p) to[c * pixels + p] = from[p * channels + c];
    }
  }
}

template <class T>
Place find_not_finite(const Shape& shape, const Images& images) {
  if (images.type == ImageType::float64) return find_typed<T, double>(shape, images);
  return find_typed<T, float>(shape, images);
}

template <class T>
bool all_finite(Index count, const T* values) {
  return finite_probe(count, values) == T{0};
}

template bool load_images(const Shape&, const Images&, Index, Index, float*);
template bool load_images(const Shape&, const Images&, Index, Index, double*);
template void store_images(const Shape&, Index, const float*, float*);
template void store_images(const Shape&, Index, const double*, double*);
template Place find_not_finite<float>(const Shape&, const Images&);
template Place find_not_finite<double>(const Shape&, const Images&);
template bool all_finite(Index, const float*);
template bool all_finite(Index, const double*);

}  // namespace cnnx
