#include "cnnx/core/images.h"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "support/compare.h"
#include "support/draw.h"
#include "support/guarded.h"
#include "support/isas.h"

namespace cnnx::test {
namespace {

template <class Source>
constexpr ImageType kImageType = sizeof(Source) == 1   ? ImageType::uint8
                                 : sizeof(Source) == 4 ? ImageType::float32
                                                       : ImageType::float64;

const Shape kShapes[] = {{1, 1, 1, false}, {1, 4, 5, false}, {7, 1, 1, true}, {3, 4, 5, false},
                         {5, 1, 9, false}, {2, 7, 1, false}, {4, 3, 3, true}};
// Whole blocks of vectors of every instruction set, and what is left beside them.
const Shape kLargeShapes[] = {{2, 5, 7, false},   {3, 16, 11, false}, {4, 9, 9, false},
                              {17, 6, 11, false}, {32, 8, 8, false},  {5, 10, 10, false},
                              {70, 1, 3, false},  {16, 1, 2, false}};

// Element (image, channel, pixel) of public rows, in channels-last order.
template <class T, class Source>
std::vector<T> channels_last(const Shape& shape, const std::vector<Source>& rows,
                             const std::vector<Index>& index) {
  std::vector<T> values;
  for (const Index row : index) {
    for (Index p = 0; p < shape.pixels(); ++p) {
      for (Index c = 0; c < shape.channels; ++c) {
        const Index from = row * shape.size() + c * shape.pixels() + p;
        values.push_back(static_cast<T>(rows[static_cast<std::size_t>(from)]));
      }
    }
  }
  return values;
}

// Calls body with the transpose of each instruction set, and with the one that needs none.
template <class T, class Body>
void with_every_transpose(Body&& body) {
  with_every_table<T>([&](const KernelTable<T>& table) { body(table.element.transpose); });
  body(plain_transpose<T>);
}

template <class T, class Source>
void check_loading(const Shape& shape) {
  Draw draw(1);
  CAPTURE(shape.str());
  with_every_transpose<T>([&](TransposeFunction<T> transpose) {
    std::vector<Source> rows;
    for (Index i = 0; i < 6 * shape.size(); ++i) {
      rows.push_back(static_cast<Source>(draw.integer(0, 255)));
    }
    Guarded<Source> data = guarded_input(rows);

    Guarded<T> all = guarded_output<T>(4 * shape.size());
    const Images plain{data.data(), kImageType<Source>, nullptr, 6};
    REQUIRE(load_images(shape, plain, 1, 4, all.data(), transpose));
    CHECK(difference(all.values(), channels_last<T>(shape, rows, {1, 2, 3, 4})) == "");
    CHECK(all.intact());

    const std::vector<Index> index{5, 0, 5, 2};
    Guarded<T> some = guarded_output<T>(3 * shape.size());
    const Images picked{data.data(), kImageType<Source>, index.data(), 4};
    REQUIRE(load_images(shape, picked, 1, 3, some.data(), transpose));
    CHECK(difference(some.values(), channels_last<T>(shape, rows, {0, 5, 2})) == "");
    CHECK(some.intact());
  });
}

template <class T, class Source>
void check_loading() {
  for (const Shape& shape : kShapes) check_loading<T, Source>(shape);
  for (const Shape& shape : kLargeShapes) check_loading<T, Source>(shape);
}

template <class T>
void check_storing(const Shape& shape) {
  Draw draw(2);
  CAPTURE(shape.str());
  with_every_transpose<T>([&](TransposeFunction<T> transpose) {
    const std::vector<T> rows = draw.reals<T>(3 * shape.size());
    std::vector<T> inside(rows.size());
    const Images images{rows.data(), kImageType<T>, nullptr, 3};
    REQUIRE(load_images(shape, images, 0, 3, inside.data(), transpose));
    Guarded<T> back = guarded_output<T>(3 * shape.size());
    store_images(shape, 3, guarded_input(inside).data(), back.data(), transpose);
    CHECK(same_bits(back.values(), rows));
    CHECK(back.intact());
  });
}

}  // namespace

TEST_CASE_TEMPLATE("images: rows of each type become channels-last numbers", T, float, double) {
  SUBCASE("from float32") { check_loading<T, float>(); }
  SUBCASE("from float64") { check_loading<T, double>(); }
  SUBCASE("from uint8") { check_loading<T, std::uint8_t>(); }
}

TEST_CASE_TEMPLATE("images: storing is the inverse of loading", T, float, double) {
  for (const Shape& shape : kShapes) check_storing<T>(shape);
  for (const Shape& shape : kLargeShapes) check_storing<T>(shape);
}

TEST_CASE_TEMPLATE("images: a value that is not finite is seen wherever it stands", T, float,
                   double) {
  const T bad[] = {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity(),
                   -std::numeric_limits<T>::infinity()};
  for (const Shape& shape : kShapes) {
    for (Index at = 0; at < 3 * shape.size(); ++at) {
      for (const T value : bad) {
        std::vector<T> rows(static_cast<std::size_t>(3 * shape.size()),
                            std::numeric_limits<T>::max());
        std::vector<T> to(rows.size());
        const std::vector<Index> index{2, 1, 0};
        const Images images{rows.data(), kImageType<T>, index.data(), 3};
        REQUIRE(load_images(shape, images, 0, 3, to.data()));
        REQUIRE(find_not_finite<T>(shape, images).image == -1);
        rows[static_cast<std::size_t>(at)] = value;
        REQUIRE_FALSE(load_images(shape, images, 0, 3, to.data()));
        const Place place = find_not_finite<T>(shape, images);
        REQUIRE(place.image == at / shape.size());
        REQUIRE(place.element == at % shape.size());
      }
    }
  }
}

TEST_CASE("images: a float64 beyond float32's range is not finite in float32") {
  const Shape shape{1, 2, 2, false};
  const std::vector<double> rows{0, 1, 1e39, 2};
  const Images images{rows.data(), ImageType::float64, nullptr, 1};
  float narrow[4];
  CHECK_FALSE(load_images(shape, images, 0, 1, narrow));
  CHECK(find_not_finite<float>(shape, images).element == 2);
  double wide[4];
  CHECK(load_images(shape, images, 0, 1, wide));
}

TEST_CASE("images: of several bad values the first in batch order is reported") {
  const Shape shape{2, 1, 1, false};
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> rows{0, nan, 1, 2, nan, 3};
  const std::vector<Index> index{1, 2, 0};
  const Images images{rows.data(), ImageType::float32, index.data(), 3};
  const Place place = find_not_finite<float>(shape, images);
  CHECK(place.image == 2);
  CHECK(place.element == 0);
}

TEST_CASE_TEMPLATE("images: all_finite looks at every element", T, float, double) {
  for (Index count = 0; count <= 70; ++count) {
    std::vector<T> values(static_cast<std::size_t>(count), std::numeric_limits<T>::lowest());
    REQUIRE(all_finite(count, guarded_input(values).data()));
    for (T& value : values) {
      value = std::numeric_limits<T>::infinity();
      REQUIRE_FALSE(all_finite(count, guarded_input(values).data()));
      value = std::numeric_limits<T>::denorm_min();
    }
  }
}

}  // namespace cnnx::test
