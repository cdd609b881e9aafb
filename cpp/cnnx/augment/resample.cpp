#include "cnnx/augment/resample.h"

#include <algorithm>
#include <cstdint>

namespace cnnx {
namespace {

// Loops of known length become vector code where others do not.
constexpr Index kBlock = 16;

// `count` numbers, one after the other or (Step -1) backwards from `from` on.
template <Index Step, class T, class Source>
void copy_line(const Source* from, Index count, T* to) {
  Index i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    for (Index k = 0; k < kBlock; ++k) to[i + k] = static_cast<T>(from[Step * (i + k)]);
  }
  for (; i < count; ++i) to[i] = static_cast<T>(from[Step * i]);
}

// The same for `count` pixels of several channels.
template <Index Step, class T, class Source>
void copy_pixels(const View<Source>& view, const Source* from, Index channels, Index count, T* to) {
  if (channels == 1) {
    copy_line<Step>(from, count, to);
    return;
  }
  const Index pixel = Step * view.pixel_stride;
  const Index channel = view.channel_stride;
  if (channels == 3) {
    for (Index i = 0; i < count; ++i, to += 3, from += pixel) {
      to[0] = static_cast<T>(from[0]);
      to[1] = static_cast<T>(from[channel]);
      to[2] = static_cast<T>(from[2 * channel]);
    }
    return;
  }
  for (Index c = 0; c < channels; ++c) {
    for (Index i = 0; i < count; ++i) {
      to[i * channels + c] = static_cast<T>(from[c * channel + i * pixel]);
    }
  }
}

// One axis of a map by whole pixels: the new pixels [first, last) come from old ones, the first of
// them from `from`, the next from the one after or (mirrored) before it.
struct Line {
  Index first, last, from;
  bool mirrored;
};

Line line_of(double step, double offset, Index size) {
  // Far outside nothing is left, and the offset might not fit an integer.
  const double far = 2.0 * static_cast<double>(size);
  const auto move = static_cast<Index>(std::clamp(offset, -far, far));
  if (step > 0) {
    const Index first = std::clamp<Index>(-move, 0, size);
    return {first, std::clamp<Index>(size - move, first, size), first + move, false};
  }
  const Index first = std::clamp<Index>(move - size + 1, 0, size);
  return {first, std::clamp<Index>(move + 1, first, size), move - first, true};
}

template <class T, class Source>
void copy_whole(const Shape& shape, const View<Source>& view, const Affine& map, T fill, T* to) {
  const Index channels = shape.channels;
  const Index stride = shape.width * channels;
  const Line rows = line_of(map.yy, map.y0, shape.height);
  const Line columns = line_of(map.xx, map.x0, shape.width);
  std::fill_n(to, rows.first * stride, fill);
  for (Index y = rows.first; y < rows.last; ++y) {
    T* row = to + y * stride;
    const Index old = rows.mirrored ? rows.from - (y - rows.first) : rows.from + (y - rows.first);
    std::fill_n(row, columns.first * channels, fill);
    if (columns.first < columns.last) {
      const Source* from = view.data + (old * shape.width + columns.from) * view.pixel_stride;
      T* first = row + columns.first * channels;
      const Index count = columns.last - columns.first;
      if (columns.mirrored) {
        copy_pixels<-1>(view, from, channels, count, first);
      } else {
        copy_pixels<1>(view, from, channels, count, first);
      }
    }
    std::fill_n(row + columns.last * channels, (shape.width - columns.last) * channels, fill);
  }
  std::fill_n(to + rows.last * stride, (shape.height - rows.last) * stride, fill);
}

template <class T>
T blend(T first, T second, T share) {
  return first + share * (second - first);
}

template <class T, class Source>
void interpolate(const Shape& shape, const View<Source>& view, const Affine& map, T fill, T* to) {
  const Index height = shape.height, width = shape.width, channels = shape.channels;
  const Index below = width * view.pixel_stride;
  for (Index y = 0; y < height; ++y) {
    const double row_y = map.y_at(static_cast<double>(y), 0);
    const double row_x = map.x_at(static_cast<double>(y), 0);
    for (Index x = 0; x < width; ++x, to += channels) {
      const double old_y = row_y + map.yx * static_cast<double>(x);
      const double old_x = row_x + map.xx * static_cast<double>(x);
      // Written this way, NaN counts as outside.
      const bool inside = old_y > -1 && old_y < static_cast<double>(height) && old_x > -1 &&
                          old_x < static_cast<double>(width);
      if (!inside) {
        std::fill_n(to, channels, fill);
        continue;
      }
      // Both are above -1, where cutting off the fraction of one more is rounding down.
      const Index top = static_cast<Index>(old_y + 1) - 1;
      const Index left = static_cast<Index>(old_x + 1) - 1;
      const T down = static_cast<T>(old_y - static_cast<double>(top));
      const T right = static_cast<T>(old_x - static_cast<double>(left));
      const Source* at = view.data + top * below + left * view.pixel_stride;
      if (top >= 0 && top + 1 < height && left >= 0 && left + 1 < width) {
        for (Index c = 0; c < channels; ++c, at += view.channel_stride) {
          const Source* next = at + below;
          to[c] = blend(
              blend(static_cast<T>(at[0]), static_cast<T>(at[view.pixel_stride]), right),
              blend(static_cast<T>(next[0]), static_cast<T>(next[view.pixel_stride]), right), down);
        }
        continue;
      }
      const auto value = [&](Index row, Index column, Index c) {
        if (row < 0 || row >= height || column < 0 || column >= width) return fill;
        const Index pixel = row * width + column;
        return static_cast<T>(view.data[pixel * view.pixel_stride + c * view.channel_stride]);
      };
      for (Index c = 0; c < channels; ++c) {
        to[c] = blend(blend(value(top, left, c), value(top, left + 1, c), right),
                      blend(value(top + 1, left, c), value(top + 1, left + 1, c), right), down);
      }
    }
  }
}

}  // namespace

template <class T, class Source>
void resample(const Shape& shape, const View<Source>& from, const Affine& map, T fill, T* to) {
  if (map.whole()) {
    copy_whole(shape, from, map, fill, to);
  } else {
    interpolate(shape, from, map, fill, to);
  }
}

template void resample(const Shape&, const View<float>&, const Affine&, float, float*);
template void resample(const Shape&, const View<double>&, const Affine&, float, float*);
template void resample(const Shape&, const View<std::uint8_t>&, const Affine&, float, float*);
template void resample(const Shape&, const View<float>&, const Affine&, double, double*);
template void resample(const Shape&, const View<double>&, const Affine&, double, double*);
template void resample(const Shape&, const View<std::uint8_t>&, const Affine&, double, double*);

}  // namespace cnnx
