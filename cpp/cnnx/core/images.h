// The images of a batch as the user has them, and their way in and out of the engine's layout.
#pragma once

#include "cnnx/core/index.h"
#include "cnnx/core/shape.h"

namespace cnnx {

enum class ImageType { float32, float64, uint8 };

// Rows of a C-contiguous array (N, C, H, W); index picks the rows of the batch, null means in
// order.
struct Images {
  const void* data = nullptr;
  ImageType type = ImageType::float32;
  const Index* index = nullptr;
  Index count = 0;
  // What keys the draws of their augmentation, beside a row: the epoch, and the row that the
  // array's first image has in the whole dataset.
  std::uint32_t epoch = 0;
  Index first_row = 0;

  Index row(Index i) const { return index == nullptr ? i : index[i]; }
};

// The kernel that turns planes into pixels and back: to[c * to_stride + r] = from[r * stride + c]
// for r < rows, c < columns; gives 0 where all of these numbers are finite, else NaN.
template <class T>
using TransposeFunction = T (*)(Index rows, Index columns, const T* from, Index stride, T* to,
                                Index to_stride);

// The same without an instruction set to choose from.
template <class T>
T plain_transpose(Index rows, Index columns, const T* from, Index stride, T* to, Index to_stride);

// Writes images [first, first + count) channels-last to `to`. Returns false when a value is not
// finite; the values are written all the same.
template <class T>
bool load_images(const Shape& shape, const Images& images, Index first, Index count, T* to,
                 TransposeFunction<T> transpose = plain_transpose<T>);

// Writes `count` images from channels-last to the public order (C, H, W).
template <class T>
void store_images(const Shape& shape, Index count, const T* from, T* to,
                  TransposeFunction<T> transpose = plain_transpose<T>);

// The place of the first value that is not finite as a T in the images of a batch; image -1: none.
struct Place {
  Index image, element;
};
template <class T>
Place find_not_finite(const Shape& shape, const Images& images);

// True when all of `count` numbers are finite.
template <class T>
bool all_finite(Index count, const T* values);

}  // namespace cnnx
