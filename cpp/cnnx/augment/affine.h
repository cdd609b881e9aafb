// A map from the pixels of a new image to places in the old one.
#pragma once

#include <cmath>

namespace cnnx {

struct Affine {
  // y of the old image = yy * y + yx * x + y0, x of the old image = xy * y + xx * x + x0.
  double yy = 1, yx = 0, y0 = 0;
  double xy = 0, xx = 1, x0 = 0;

  double y_at(double y, double x) const { return yy * y + yx * x + y0; }
  double x_at(double y, double x) const { return xy * y + xx * x + x0; }

  // Where pixels come from when `last` is applied to the image that this map has made.
  Affine then(const Affine& last) const {
    return {yy * last.yy + yx * last.xy, yy * last.yx + yx * last.xx, y_at(last.y0, last.x0),
            xy * last.yy + xx * last.xy, xy * last.yx + xx * last.xx, x_at(last.y0, last.x0)};
  }

  // Keeps the point (y, x) in its place.
  Affine about(double y, double x) const {
    return {yy, yx, y + y0 - yy * y - yx * x, xy, xx, x + x0 - xy * y - xx * x};
  }

  // Moves and mirrors by whole pixels, so that no pixel lies between two others.
  bool whole() const {
    return yx == 0 && xy == 0 && std::abs(yy) == 1 && std::abs(xx) == 1 && y0 == std::floor(y0) &&
           x0 == std::floor(x0);
  }
};

}  // namespace cnnx
