#include "cnnx/augment/resample.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/compare.h"
#include "support/draw.h"
#include "support/guarded.h"

namespace cnnx::test {
namespace {

const Shape kShapes[] = {{1, 1, 1, false}, {1, 5, 70, false}, {3, 6, 6, false},
                         {2, 9, 1, false}, {5, 3, 8, false},  {1, 33, 40, false}};

// What a map stands for: each neighbour weighs as much as it is near.
template <class T>
std::vector<double> by_definition(const Shape& shape, const std::vector<T>& planes,
                                  const Affine& map, double fill) {
  std::vector<double> made;
  for (Index y = 0; y < shape.height; ++y) {
    for (Index x = 0; x < shape.width; ++x) {
      const double from_y = map.y_at(static_cast<double>(y), static_cast<double>(x));
      const double from_x = map.x_at(static_cast<double>(y), static_cast<double>(x));
      for (Index c = 0; c < shape.channels; ++c) {
        double sum = 0;
        for (Index row = -2; row < shape.height + 2; ++row) {
          for (Index column = -2; column < shape.width + 2; ++column) {
            const double weight = std::max(0.0, 1 - std::abs(from_y - static_cast<double>(row))) *
                                  std::max(0.0, 1 - std::abs(from_x - static_cast<double>(column)));
            const bool inside =
                row >= 0 && row < shape.height && column >= 0 && column < shape.width;
            const Index at = (c * shape.height + row) * shape.width + column;
            const double value =
                inside ? static_cast<double>(planes[static_cast<std::size_t>(at)]) : fill;
            sum += weight * value;
          }
        }
        // All weights are zero where even the border two pixels wide is left.
        const bool far = from_y <= -2 || from_x <= -2 ||
                         from_y >= static_cast<double>(shape.height + 1) ||
                         from_x >= static_cast<double>(shape.width + 1);
        made.push_back(far ? fill : sum);
      }
    }
  }
  return made;
}

template <class T, class Source>
void check(const Shape& shape, const Affine& map, Draw& draw, double allowed) {
  std::vector<Source> planes;
  for (Index i = 0; i < shape.size(); ++i) {
    planes.push_back(static_cast<Source>(draw.integer(0, 255)));
  }
  Guarded<Source> data = guarded_input(planes);
  Guarded<T> to = guarded_output<T>(shape.size());
  const std::vector<double> wanted = by_definition(shape, planes, map, 7);
  resample<T, Source>(shape, {data.data(), shape.pixels(), 1}, map, T{7}, to.data());
  CHECK(difference(to.values(), wanted, allowed) == "");
  CHECK(to.intact());

  // The same image channels-last, as it lies between two maps.
  std::vector<T> last;
  for (Index p = 0; p < shape.pixels(); ++p) {
    for (Index c = 0; c < shape.channels; ++c) {
      last.push_back(static_cast<T>(planes[static_cast<std::size_t>(c * shape.pixels() + p)]));
    }
  }
  Guarded<T> inside = guarded_input(last);
  Guarded<T> again = guarded_output<T>(shape.size());
  resample<T, T>(shape, {inside.data(), 1, shape.channels}, map, T{7}, again.data());
  CHECK(same_bits(again.values(), to.values()));
  CHECK(again.intact());
}

}  // namespace

TEST_CASE_TEMPLATE("resample: whole pixels are copied as they are", T, float, double) {
  Draw draw(1);
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.str());
    for (int i = 0; i < 60; ++i) {
      Affine map;
      map.yy = draw.one_of({1.0, -1.0});
      map.xx = draw.one_of({1.0, -1.0});
      map.y0 = static_cast<double>(draw.integer(-shape.height - 2, 2 * shape.height + 2));
      map.x0 = static_cast<double>(draw.integer(-shape.width - 2, 2 * shape.width + 2));
      CAPTURE(map.y0);
      CAPTURE(map.x0);
      REQUIRE(map.whole());
      check<T, float>(shape, map, draw, 0);
      check<T, double>(shape, map, draw, 0);
      check<T, std::uint8_t>(shape, map, draw, 0);
    }
  }
}

TEST_CASE_TEMPLATE("resample: places between pixels are interpolated", T, float, double) {
  Draw draw(2);
  // Values to 255 after six roundings, at places to 128 that are off by three roundings of a
  // double.
  const double allowed = 255 * (8 * kRoundoff<T> + 3 * 128 * kRoundoff<double>);
  for (const Shape& shape : kShapes) {
    CAPTURE(shape.str());
    for (int i = 0; i < 15; ++i) {
      const Affine map{draw.real(-2, 2), draw.real(-1, 1), draw.real(-3, 9),
                       draw.real(-1, 1), draw.real(-2, 2), draw.real(-3, 9)};
      REQUIRE_FALSE(map.whole());
      check<T, float>(shape, map, draw, allowed);
      check<T, std::uint8_t>(shape, map, draw, allowed);
    }
  }
}

TEST_CASE("resample: a quarter turn moves pixels to their places") {
  const Shape shape{1, 3, 3, false};
  const std::vector<float> image{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const Affine turn = Affine{0, 1, 0, -1, 0, 0}.about(1, 1);
  std::vector<float> to(9);
  resample<float, float>(shape, {image.data(), 9, 1}, turn, 0.0F, to.data());
  CHECK(to == std::vector<float>{3, 6, 9, 2, 5, 8, 1, 4, 7});
  // Four of them are none.
  const Affine all = turn.then(turn).then(turn).then(turn);
  CHECK(all.whole());
  resample<float, float>(shape, {image.data(), 9, 1}, all, 0.0F, to.data());
  CHECK(to == image);
}

TEST_CASE("resample: maps to nowhere give the fill value") {
  const Shape shape{2, 3, 4, false};
  const std::vector<float> image(24, 1.0F);
  const double huge = 1e300, nan = std::numeric_limits<double>::quiet_NaN();
  for (const Affine& map : {Affine{1, 0, huge, 0, 1, 0}, Affine{-1, 0, 0, 0, 1, -huge},
                            Affine{huge, huge, huge, huge, huge, huge}, Affine{nan, 0, 0, 0, 1, 0},
                            Affine{1, 0, 0.5, 0, 1, nan}}) {
    std::vector<float> to(24);
    resample<float, float>(shape, {image.data(), 12, 1}, map, 5.0F, to.data());
    CHECK(to == std::vector<float>(24, 5.0F));
  }
}

TEST_CASE("affine: maps one after another are applied from the last to the first") {
  Draw draw(3);
  for (int i = 0; i < 50; ++i) {
    const auto any = [&] {
      return Affine{draw.real(-2, 2), draw.real(-2, 2), draw.real(-5, 5),
                    draw.real(-2, 2), draw.real(-2, 2), draw.real(-5, 5)};
    };
    const Affine first = any(), last = any(), both = first.then(last);
    const double y = draw.real(-9, 9), x = draw.real(-9, 9);
    const double mid_y = last.y_at(y, x), mid_x = last.x_at(y, x);
    CHECK(both.y_at(y, x) == doctest::Approx(first.y_at(mid_y, mid_x)));
    CHECK(both.x_at(y, x) == doctest::Approx(first.x_at(mid_y, mid_x)));
    const Affine about = first.about(3, 4);
    CHECK(about.y_at(3, 4) == doctest::Approx(3 + first.y0));
    CHECK(about.x_at(3, 4) == doctest::Approx(4 + first.x0));
  }
}

}  // namespace cnnx::test
