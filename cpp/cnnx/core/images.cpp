#include "cnnx/core/images.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>

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

// Turns an image, which gives 0 where all of it is finite. Another number type is converted block
// by block first, so that a float64 beyond float32's range counts as not finite.
template <class T, class Source>
T turn(Index channels, Index pixels, const Source* from, TransposeFunction<T> transpose, T* to) {
  if constexpr (std::is_same_v<T, Source>) {
    return transpose(channels, pixels, from, pixels, to, channels);
  } else {
    constexpr Index kRows = 16, kColumns = 64;
    T block[kRows * kColumns];
    T probe = 0;
    for (Index c = 0; c < channels; c += kRows) {
      const Index rows = std::min(kRows, channels - c);
      for (Index p = 0; p < pixels; p += kColumns) {
        const Index columns = std::min(kColumns, pixels - p);
        for (Index r = 0; r < rows; ++r) {
          const Source* row = from + (c + r) * pixels + p;
          for (Index k = 0; k < columns; ++k) block[r * kColumns + k] = static_cast<T>(row[k]);
        }
        probe += transpose(rows, columns, block, kColumns, to + p * channels + c, channels);
      }
    }
    return probe;
  }
}

template <class T, class Source>
bool load_typed(const Shape& shape, const Images& images, Index first, Index count, T* to,
                TransposeFunction<T> transpose) {
  const Index size = shape.size();
  const Index channels = shape.pixels() == 1 ? 1 : shape.channels;
  T probe = 0;
  for (Index i = 0; i < count; ++i, to += size) {
    const Source* from = static_cast<const Source*>(images.data) + images.row(first + i) * size;
    probe += turn(channels, size / channels, from, transpose, to);
  }
  return probe == T{0};
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
T plain_transpose(Index rows, Index columns, const T* from, Index stride, T* to, Index to_stride) {
  T probe = 0;
  for (Index r = 0; r < rows; ++r) {
    for (Index c = 0; c < columns; ++c) {
      to[c * to_stride + r] = from[r * stride + c];
      probe += from[r * stride + c] * T{0};  // infinity times 0 is NaN
    }
  }
  return probe;
}

template <class T>
bool load_images(const Shape& shape, const Images& images, Index first, Index count, T* to,
                 TransposeFunction<T> transpose) {
  switch (images.type) {
    case ImageType::float32:
      return load_typed<T, float>(shape, images, first, count, to, transpose);
    case ImageType::float64:
      return load_typed<T, double>(shape, images, first, count, to, transpose);
    case ImageType::uint8:
      return load_typed<T, std::uint8_t>(shape, images, first, count, to, transpose);
  }
  return false;
}

template <class T>
void store_images(const Shape& shape, Index count, const T* from, T* to,
                  TransposeFunction<T> transpose) {
  const Index pixels = shape.pixels();
  const Index channels = shape.channels;
  for (Index i = 0; i < count; ++i, from += shape.size(), to += shape.size()) {
    transpose(pixels, channels, from, channels, to, pixels);
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

template float plain_transpose(Index, Index, const float*, Index, float*, Index);
template double plain_transpose(Index, Index, const double*, Index, double*, Index);
template bool load_images(const Shape&, const Images&, Index, Index, float*,
                          TransposeFunction<float>);
template bool load_images(const Shape&, const Images&, Index, Index, double*,
                          TransposeFunction<double>);
template void store_images(const Shape&, Index, const float*, float*, TransposeFunction<float>);
template void store_images(const Shape&, Index, const double*, double*, TransposeFunction<double>);
template Place find_not_finite<float>(const Shape&, const Images&);
template Place find_not_finite<double>(const Shape&, const Images&);
template bool all_finite(Index, const float*);
template bool all_finite(Index, const double*);

}  // namespace cnnx
