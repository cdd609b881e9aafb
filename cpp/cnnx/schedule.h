// How a batch is divided, determined by shapes alone, so that every sum is cut the same way at any
// number of threads:
//   pass   as many images as go forward and backward together; bounds the memory of a big batch
//   lane   a contiguous part of a pass with gradient accumulators of its own; the unit of threading
//   slice  a few images that walk through consecutive layers while they are in the cache
#pragma once

#include <algorithm>

#include "cnnx/core/index.h"

namespace cnnx {

struct Range {
  Index first, count;
};

// Part `part` of `parts` nearly equal parts of `count` things.
constexpr Range part_of(Index count, Index part, Index parts) {
  const Index first = count * part / parts;
  return {first, count * (part + 1) / parts - first};
}

struct Schedule {
  Index pass_images = 0;  // most images of a pass
  Index most_lanes = 0;
  Index slice_images = 0;  // most images of a slice
  bool undivided = false;  // a batch to learn from is one pass, whatever it takes

  // image_bytes: kept from forward to backward; slice_bytes: read and written by the widest layer;
  // accumulator_bytes: of one lane. Each is for one image or lane.
  static Schedule plan(Index image_bytes, Index slice_bytes, Index accumulator_bytes) {
    constexpr Index kPassBytes = Index{24} << 20;
    constexpr Index kLaneBytes = Index{2} << 20;
    constexpr Index kSliceBytes = Index{512} << 10;
    Schedule schedule;
    schedule.pass_images =
        std::clamp<Index>(kPassBytes / std::max<Index>(1, image_bytes) / 16 * 16, 16, 256);
    schedule.most_lanes =
        std::clamp<Index>(kLaneBytes / std::max<Index>(1, accumulator_bytes), 4, 16);
    schedule.slice_images = std::clamp<Index>(kSliceBytes / std::max<Index>(1, slice_bytes), 1, 8);
    return schedule;
  }

  Index passes(Index images) const { return ceil_div(images, pass_images); }
  Index training_passes(Index images) const { return undivided ? 1 : passes(images); }
  // The weight gradient wants at least two images for its sums.
  Index lanes(Index images) const { return std::clamp<Index>(images / 2, 1, most_lanes); }
  Index slices(Index images) const { return ceil_div(images, slice_images); }
};

}  // namespace cnnx
