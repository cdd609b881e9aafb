#include "cnnx/schedule.h"

#include <doctest/doctest.h>

namespace cnnx::test {
TEST_CASE("schedule: parts are contiguous, complete and nearly equal") {
  for (Index count = 0; count <= 40; ++count) {
    for (Index parts = 1; parts <= 20; ++parts) {
      Index next = 0;
      for (Index part = 0; part < parts; ++part) {
        const Range range = part_of(count, part, parts);
        REQUIRE(range.first == next);
        REQUIRE(range.count >= count / parts);
        REQUIRE(range.count <= (count + parts - 1) / parts);
        next += range.count;
      }
      REQUIRE(next == count);
    }
  }
}

TEST_CASE("schedule: cuts keep their bounds for sizes of any kind") {
  const Index sizes[] = {0, 1, 1000, 1 << 20, Index{1} << 26, Index{1} << 40};
  for (const Index image : sizes) {
    for (const Index slice : sizes) {
      for (const Index accumulator : sizes) {
        const Schedule s = Schedule::plan(image, slice, accumulator);
        REQUIRE(s.pass_images >= 1);
        REQUIRE(s.most_lanes >= 1);
        REQUIRE(s.slice_images >= 1);
        for (const Index images : {1, 2, 3, 15, 16, 17, 64, 255, 256, 257, 1000}) {
          REQUIRE(s.passes(images) >= 1);
          REQUIRE((images + s.passes(images) - 1) / s.passes(images) <= s.pass_images);
          REQUIRE(s.lanes(images) >= 1);
          REQUIRE(s.lanes(images) <= s.most_lanes);
          REQUIRE(s.lanes(images) <= images);
          REQUIRE((images + s.slices(images) - 1) / s.slices(images) <= s.slice_images);
        }
      }
    }
  }
}

TEST_CASE("schedule: what takes more memory is cut finer") {
  const Index small = 1000, large = Index{1} << 26;
  CHECK(Schedule::plan(large, small, small).pass_images <
        Schedule::plan(small, small, small).pass_images);
  CHECK(Schedule::plan(small, large, small).slice_images <
        Schedule::plan(small, small, small).slice_images);
  CHECK(Schedule::plan(small, small, large).most_lanes <
        Schedule::plan(small, small, small).most_lanes);
}

}  // namespace cnnx::test
