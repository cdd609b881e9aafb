#include "cnnx/schedule.h"

#include <doctest/doctest.h>

#include "cnnx/kernels/dispatch.h"
#include "cnnx/workspace.h"
#include "support/descriptions.h"

namespace cnnx::test {
namespace {

// The layers of a description, planned one after the other.
std::vector<LayerPtr<float>> planned(const std::vector<Attrs>& descriptions, Shape shape) {
  std::vector<LayerPtr<float>> layers;
  for (const Attrs& attrs : descriptions) {
    layers.push_back(make_layer<float>(attrs));
    layers.back()->plan(shape, current_tables().f32, {std::ssize(layers) - 1, true});
    shape = layers.back()->output();
  }
  return layers;
}

}  // namespace

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

TEST_CASE("workspace: segments cover the layers in order, whole-batch layers alone") {
  const std::vector<std::vector<Attrs>> networks = {
      {},
      {flatten()},
      {flatten(), dense({})},
      {flatten(), dense({}), dense({}), activation("relu")},
      {conv2d({}), max_pool2d({2, 2}, {2, 2}), flatten(), dense({}), activation("relu"), dense({})},
      {rescale(1, 0), conv2d({}), conv2d({})}};
  for (const auto& descriptions : networks) {
    const auto layers = planned(descriptions, {2, 12, 12, false});
    const std::vector<Segment> segments = find_segments(layers);
    REQUIRE(segments.size() >= 1);
    CHECK_FALSE(segments[0].whole_batch);  // it brings the images in
    Index next = 0;
    for (const Segment& segment : segments) {
      CHECK(segment.begin == next);
      next = segment.end;
      for (Index l = segment.begin; l < segment.end; ++l) {
        CHECK(layers[static_cast<std::size_t>(l)]->whole_batch() == segment.whole_batch);
      }
      if (segment.whole_batch) CHECK(segment.end - segment.begin == 1);
    }
    CHECK(next == std::ssize(layers));
  }
}

}  // namespace cnnx::test
