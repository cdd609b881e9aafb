// The kernels of normalisation on every instruction set: exact where whole numbers allow it, within
// their roundings elsewhere.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "cnnx/core/error.h"
#include "cnnx/kernels/table.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/guarded.h"
#include "support/isas.h"

namespace cnnx::test {
namespace {

// Calls body(rows, columns) for every number of columns up to past the widest vectors' fourfold.
template <class Body>
void for_each_size(Draw& draw, Body&& body) {
  for (Index columns = 1; columns <= 70; ++columns) {
    const Index rows = draw.integer(1, 21);
    CAPTURE(rows);
    CAPTURE(columns);
    body(rows, columns);
  }
  body(2000, 3);
}

template <class T>
struct Moments {
  std::vector<T> mean, squares;
};

template <class T>
Moments<T> moments(const KernelTable<T>& table, Index rows, Index columns,
                   const std::vector<T>& values) {
  Guarded<T> x = guarded_input(values);
  Guarded<T> mean = guarded_output<T>(columns), squares = guarded_output<T>(columns);
  table.norm.moments(rows, columns, x.data(), mean.data(), squares.data());
  REQUIRE(mean.intact());
  REQUIRE(squares.intact());
  return {{mean.values().begin(), mean.values().end()},
          {squares.values().begin(), squares.values().end()}};
}

template <class T>
Moments<Wide<T>> wide_moments(Index rows, Index columns, const std::vector<T>& values) {
  const auto width = static_cast<std::size_t>(columns);
  Moments<Wide<T>> result{std::vector<Wide<T>>(width), std::vector<Wide<T>>(width)};
  for (std::size_t i = 0; i < values.size(); ++i) result.mean[i % width] += values[i];
  for (Wide<T>& mean : result.mean) mean /= static_cast<Wide<T>>(rows);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Wide<T> distance = values[i] - result.mean[i % width];
    result.squares[i % width] += distance * distance;
  }
  return result;
}

}  // namespace

TEST_CASE_TEMPLATE("norm: means and squared distances of whole numbers are exact", T, float,
                   double) {
  Draw draw(1);
  for (Index columns = 1; columns <= 70; ++columns) {
    const Index rows = draw.one_of<Index>({1, 2, 4, 8, 16});  // means end after few binary places
    CAPTURE(rows);
    CAPTURE(columns);
    const auto values = draw.integers<T>(rows * columns, 9);
    const auto wanted = wide_moments(rows, columns, values);
    with_every_table<T>([&](const KernelTable<T>& table) {
      const auto got = moments(table, rows, columns, values);
      REQUIRE(difference(got.mean, wanted.mean) == "");
      REQUIRE(difference(got.squares, wanted.squares) == "");
    });
  }
}

TEST_CASE_TEMPLATE("norm: squared distances stay right far away from zero", T, float, double) {
  Draw draw(2);
  for_each_size(draw, [&](Index rows, Index columns) {
    const double middle = draw.one_of({0.0, 3.0, 500.0});
    const auto values = draw.reals<T>(rows * columns, middle - 1, middle + 1);
    const auto wanted = wide_moments(rows, columns, values);
    const double n = static_cast<double>(rows);
    const double mean_error = (n + 1) * kRoundoff<T> * (middle + 1);
    // A mean that is off by d adds n d^2, and each distance rounds.
    const double allowed = n * mean_error * mean_error + n * (n + 4) * kRoundoff<T> * 4 +
                           8 * n * mean_error * kRoundoff<T>;
    with_every_table<T>([&](const KernelTable<T>& table) {
      const auto got = moments(table, rows, columns, values);
      REQUIRE(difference(got.mean, wanted.mean, mean_error) == "");
      REQUIRE(difference(got.squares, wanted.squares, allowed) == "");
    });
  });
}

TEST_CASE_TEMPLATE("norm: scale, offset and activation", T, float, double) {
  Draw draw(3);
  for_each_size(draw, [&](Index rows, Index columns) {
    const auto x = draw.integers<T>(rows * columns, 50);
    const auto scale = draw.integers<T>(columns, 9), offset = draw.integers<T>(columns, 99);
    for (const auto kind : {ActivationKind::linear, ActivationKind::relu,
                            ActivationKind::leaky_relu, ActivationKind::tanh}) {
      CAPTURE(static_cast<int>(kind));
      std::vector<T> wanted;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const T y = x[i] * scale[i % scale.size()] + offset[i % scale.size()];
        const bool below = y < 0;
        wanted.push_back(below && kind == ActivationKind::relu         ? T{0}
                         : below && kind == ActivationKind::leaky_relu ? y * T{0.25}
                                                                       : y);
      }
      with_every_table<T>([&](const KernelTable<T>& table) {
        Guarded<T> y = guarded_output<T>(std::ssize(x));
        table.norm.scale({kind, 0.25}, rows, columns, guarded_input(x).data(),
                         guarded_input(scale).data(), guarded_input(offset).data(), y.data());
        REQUIRE(y.intact());
        REQUIRE(difference(y.values(), wanted) == "");
      });
    }
  });
}

TEST_CASE_TEMPLATE("norm: sums of gradients, and of gradients times distances", T, float, double) {
  Draw draw(4);
  for_each_size(draw, [&](Index rows, Index columns) {
    const auto x = draw.integers<T>(rows * columns, 9), mean = draw.integers<T>(columns, 9);
    const auto grad = draw.integers<T>(rows * columns, 9);
    std::vector<T> sums(mean.size()), products(mean.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t c = i % mean.size();
      sums[c] += grad[i];
      products[c] += grad[i] * (x[i] - mean[c]);
    }
    with_every_table<T>([&](const KernelTable<T>& table) {
      Guarded<T> a = guarded_output<T>(columns), b = guarded_output<T>(columns);
      table.norm.gradient_sums(rows, columns, guarded_input(x).data(), guarded_input(mean).data(),
                               guarded_input(grad).data(), a.data(), b.data());
      REQUIRE(a.intact());
      REQUIRE(b.intact());
      REQUIRE(difference(a.values(), sums) == "");
      REQUIRE(difference(b.values(), products) == "");
    });
  });
}

TEST_CASE_TEMPLATE("norm: gradient of the inputs", T, float, double) {
  Draw draw(5);
  for_each_size(draw, [&](Index rows, Index columns) {
    const auto x = draw.integers<T>(rows * columns, 9), grad = draw.integers<T>(rows * columns, 9);
    const auto a = draw.integers<T>(columns, 9), b = draw.integers<T>(columns, 9);
    const auto c = draw.integers<T>(columns, 9);
    std::vector<T> wanted;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::size_t k = i % a.size();
      wanted.push_back(grad[i] * a[k] + x[i] * b[k] + c[k]);
    }
    with_every_table<T>([&](const KernelTable<T>& table) {
      Guarded<T> dx = guarded_output<T>(std::ssize(x));
      table.norm.gradient(rows, columns, guarded_input(x).data(), guarded_input(grad).data(),
                          guarded_input(a).data(), guarded_input(b).data(), guarded_input(c).data(),
                          dx.data());
      REQUIRE(dx.intact());
      REQUIRE(difference(dx.values(), wanted) == "");
    });
  });
}

TEST_CASE_TEMPLATE("element: sums of two arrays, and one added to another", T, float, double) {
  Draw draw(6);
  for (Index count = 1; count <= 70; ++count) {
    const auto a = draw.integers<T>(count, 50), b = draw.integers<T>(count, 50);
    for (const auto kind :
         {ActivationKind::linear, ActivationKind::relu, ActivationKind::leaky_relu}) {
      std::vector<T> wanted, sums;
      for (std::size_t i = 0; i < a.size(); ++i) {
        const T y = a[i] + b[i];
        sums.push_back(y);
        wanted.push_back(y >= 0 || kind == ActivationKind::linear ? y
                         : kind == ActivationKind::relu           ? T{0}
                                                                  : y * T{0.25});
      }
      with_every_table<T>([&](const KernelTable<T>& table) {
        Guarded<T> y = guarded_output<T>(count), to = guarded_input(a);
        table.element.sum({kind, 0.25}, count, guarded_input(a).data(), guarded_input(b).data(),
                          y.data());
        REQUIRE(y.intact());
        REQUIRE(difference(y.values(), wanted) == "");
        table.element.add(count, to.data(), guarded_input(b).data());
        REQUIRE(to.intact());
        REQUIRE(difference(to.values(), sums) == "");
      });
    }
  }
}

}  // namespace cnnx::test
