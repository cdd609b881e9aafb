// The pipeline: order, scratch, mixing. What each step does is compared with its definition from
// Python.
#include "cnnx/augment/augmentation.h"

#include <doctest/doctest.h>

#include <vector>

#include "cnnx/core/buffer.h"
#include "cnnx/core/error.h"
#include "support/augmentations.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/guarded.h"

namespace cnnx::test {
namespace {

const Shape kShape{3, 6, 7, false};
constexpr Index kImages = 9;

// Lists with zero to three copies of the image on its way, and mixing or not.
std::vector<std::vector<Attrs>> lists() {
  const Attrs move = crop(1), turn = rotation(30), tone = brightness(0.5);
  return {{},
          {move},
          {tone},
          {move, tone},
          {tone, move},
          {turn, tone, move},
          {tone, turn, tone, move},
          {turn, tone, turn, tone, turn},
          {flip(1), erase(1), flip(1), contrast(0.5)},
          {mixup(1)},
          {move, mixup(0.5)},
          {tone, turn, cutmix(1)},
          {turn, tone, turn, mixup(1), cutmix(1)}};
}

template <class T, class Source>
void check_loading(ImageType type) {
  Draw draw(1);
  std::vector<Source> rows;
  for (Index i = 0; i < kImages * kShape.size(); ++i) {
    rows.push_back(static_cast<Source>(draw.integer(0, 255)));
  }
  Guarded<Source> data = guarded_input(rows);
  const std::vector<Index> index{5, 0, 8, 2, 7, 1};
  const Images images{data.data(), type, index.data(), 6, 3, 100};
  for (const std::vector<Attrs>& steps : lists()) {
    CAPTURE(steps.size());
    const Augmentation<T> augmentation(steps, kShape, 7);
    const Mix mix = augmentation.mix(images);
    Guarded<T> scratch = guarded_scratch<T>(augmentation.scratch_size());
    Guarded<T> all = guarded_output<T>(6 * kShape.size());
    const Index before = allocation_counter();
    REQUIRE(augmentation.load(images, mix, 0, 6, scratch.data(), all.data()));
    CHECK(allocation_counter() == before);
    CHECK(all.intact());
    CHECK(scratch.intact());
    // Slices of any size give the same.
    for (const Index first : {0, 2, 5}) {
      Guarded<T> part = guarded_output<T>(kShape.size());
      REQUIRE(augmentation.load(images, mix, first, 1, scratch.data(), part.data()));
      CHECK(same_bits(part.values(),
                      all.values().subspan(static_cast<std::size_t>(first * kShape.size()),
                                           static_cast<std::size_t>(kShape.size()))));
    }
  }
}

}  // namespace

TEST_CASE_TEMPLATE("augmentation: stays within its memory and does not depend on slices", T, float,
                   double) {
  check_loading<T, float>(ImageType::float32);
  check_loading<T, double>(ImageType::float64);
  check_loading<T, std::uint8_t>(ImageType::uint8);
}

TEST_CASE_TEMPLATE("augmentation: steps are applied in their order", T, float, double) {
  const std::vector<T> image(static_cast<std::size_t>(kShape.size()), T{2});
  const Images images{image.data(), sizeof(T) == 4 ? ImageType::float32 : ImageType::float64,
                      nullptr, 1};
  const auto erased = [&](const std::vector<Attrs>& steps) {
    const Augmentation<T> augmentation(steps, kShape, 3);
    std::vector<T> scratch(static_cast<std::size_t>(augmentation.scratch_size()) + 1), to(image);
    REQUIRE(augmentation.load(images, {}, 0, 1, scratch.data(), to.data()));
    return to;
  };
  // The rectangle is 10 where it comes last, and darkened or lightened with the rest where not.
  const auto last = erased({brightness(1), erase(1, 10)});
  const auto first = erased({erase(1, 10), brightness(1)});
  CHECK(std::count(last.begin(), last.end(), T{10}) > 0);
  CHECK(std::count(first.begin(), first.end(), T{10}) == 0);
}

TEST_CASE("augmentation: values that are not finite are seen where they are kept") {
  std::vector<float> rows(static_cast<std::size_t>(2 * kShape.size()), 1.0F);
  rows[static_cast<std::size_t>(kShape.size())] = std::numeric_limits<float>::infinity();
  const Images images{rows.data(), ImageType::float32, nullptr, 2};
  const Augmentation<float> augmentation({flip(1)}, kShape, 0);
  std::vector<float> to(rows.size());
  CHECK(augmentation.load(images, {}, 0, 1, nullptr, to.data()));
  CHECK_FALSE(augmentation.load(images, {}, 0, 2, nullptr, to.data()));
}

TEST_CASE("mix: partners are others of the batch, shares within their bounds") {
  const std::vector<MixRule> rules{{false, 0.4}, {true, 1.0}};
  Images images{nullptr, ImageType::float32, nullptr, 5};
  std::vector<Index> rolls(5), cuts(2);
  for (images.epoch = 0; images.epoch < 400; ++images.epoch) {
    const Mix mix = draw_mix(rules, 1, kShape, images);
    REQUIRE((mix.roll >= 1 && mix.roll < 5));
    ++rolls[static_cast<std::size_t>(mix.roll)];
    ++cuts[mix.cut ? 1 : 0];
    REQUIRE((mix.share >= 0 && mix.share <= 1));
    if (!mix.cut) continue;
    REQUIRE((mix.top >= 0 && mix.top <= mix.bottom && mix.bottom <= kShape.height));
    REQUIRE((mix.left >= 0 && mix.left <= mix.right && mix.right <= kShape.width));
    const auto area = static_cast<double>((mix.bottom - mix.top) * (mix.right - mix.left));
    CHECK(mix.share == 1 - area / static_cast<double>(kShape.pixels()));
  }
  for (std::size_t roll = 1; roll < 5; ++roll) CHECK(std::abs(rolls[roll] - 100) < 45);
  CHECK(std::abs(cuts[0] - 200) < 50);
  images.count = 1;
  CHECK_FALSE(draw_mix(rules, 1, kShape, images).active());
  CHECK_FALSE(draw_mix({}, 1, kShape, Images{nullptr, ImageType::uint8, nullptr, 5}).active());
}

TEST_CASE_TEMPLATE("mix: targets have the shares of their images", T, float, double) {
  Mix mix;
  mix.roll = 1;
  mix.share = 0.75;
  T row[4];
  mix.labels(4, 2, 0, row);
  CHECK(std::vector<T>(row, row + 4) == std::vector<T>{T(0.25), 0, T(0.75), 0});
  mix.labels(4, 3, 3, row);
  CHECK(std::vector<T>(row, row + 4) == std::vector<T>{0, 0, 0, 1});
  const T partner[4] = {1, 0, 0, 3};
  mix.rows(4, partner, row);
  CHECK(std::vector<T>(row, row + 4) == std::vector<T>{T(0.25), 0, 0, T(1.5)});
}

TEST_CASE("augmentation: what does not fit is refused") {
  const auto make = [](const std::vector<Attrs>& steps, const Shape& shape = kShape) {
    const Augmentation<float> made(steps, shape, 0);
  };
  CHECK_THROWS_AS(make({crop(6)}), ConfigError);
  CHECK_THROWS_AS(make({mixup(1), flip(1)}), ConfigError);
  CHECK_THROWS_AS(make({mixup(0)}), ConfigError);
  CHECK_THROWS_AS(make({of_kind("zoom")}), ConfigError);
  CHECK_THROWS_AS(make({flip(1)}, Shape::features(8)), ConfigError);
  CHECK_THROWS_AS(make({cutmix(1)}, Shape::features(8)), ConfigError);
  CHECK_NOTHROW(make({brightness(0.5), contrast(0.5), mixup(1)}, Shape::features(8)));
}

}  // namespace cnnx::test
