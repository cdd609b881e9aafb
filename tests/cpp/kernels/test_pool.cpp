// The max-pooling kernels of every instruction set against the definition.
#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "cnnx/core/error.h"
#include "cnnx/kernels/table.h"
#include "support/compare.h"
#include "support/draw.h"
#include "support/guarded.h"
#include "support/isas.h"
#include "support/pools.h"

namespace cnnx::test {
namespace {

template <class T>
struct Pooled {
  std::vector<T> output;
  std::vector<Index> place, source;  // of each output: in the window, in the input
};

// By definition: the first of the largest, or the first NaN.
template <class T>
Pooled<T> pooled(const PoolGeometry& g, Index images, const std::vector<T>& input) {
  Pooled<T> result;
  for (Index i = 0; i < images * g.out_size(); ++i) {
    const Index c = i % g.channels, x = i / g.channels % g.out_width;
    const Index y = i / g.channels / g.out_width % g.out_height, image = i / g.out_size();
    Index place = -1, source = -1;
    for (Index r = 0; r < g.window_height; ++r) {
      for (Index k = 0; k < g.window_width; ++k) {
        const Index row = y * g.stride_height + r - g.pad_top;
        const Index column = x * g.stride_width + k - g.pad_left;
        if (row < 0 || row >= g.in_height || column < 0 || column >= g.in_width) continue;
        const Index at = ((image * g.in_height + row) * g.in_width + column) * g.channels + c;
        const T value = input[static_cast<std::size_t>(at)];
        if (source >= 0) {
          const T best = input[static_cast<std::size_t>(source)];
          if (std::isnan(best) || !(value > best || std::isnan(value))) continue;
        }
        place = r * g.window_width + k;
        source = at;
      }
    }
    result.output.push_back(input[static_cast<std::size_t>(source)]);
    result.place.push_back(place);
    result.source.push_back(source);
  }
  return result;
}

template <class T>
class Run {
 public:
  Run(const PoolKernel<T>& kernel, const PoolGeometry& g, Index images)
      : kernel_(kernel),
        g_(g),
        images_(images),
        places_(guarded_scratch<std::byte>(images * g.out_size() * g.place_bytes())) {}

  std::vector<T> forward(const std::vector<T>& input) {
    Guarded<T> x = guarded_input(input);
    Guarded<T> output = guarded_output<T>(images_ * g_.out_size());
    kernel_.forward(g_, images_, x.data(), output.data(), places_.data());
    REQUIRE(output.intact());
    REQUIRE(places_.intact());
    return {output.values().begin(), output.values().end()};
  }

  std::vector<Index> places() {
    std::vector<Index> places;
    for (Index i = 0; i < images_ * g_.out_size(); ++i) {
      std::uint32_t wide = 0;
      std::memcpy(&wide, places_.data() + 4 * i, g_.place_bytes() == 4 ? 4 : 0);
      places.push_back(g_.place_bytes() == 4 ? Index{wide} : static_cast<Index>(places_[i]));
    }
    return places;
  }

  std::vector<T> backward(const std::vector<T>& grad_output) {
    Guarded<T> dy = guarded_input(grad_output);
    Guarded<T> grad_input = guarded_output<T>(images_ * g_.in_size());
    kernel_.backward(g_, images_, dy.data(), places_.data(), grad_input.data());
    REQUIRE(grad_input.intact());
    REQUIRE(places_.intact());
    return {grad_input.values().begin(), grad_input.values().end()};
  }

 private:
  const PoolKernel<T>& kernel_;
  PoolGeometry g_;
  Index images_;
  Guarded<std::byte> places_;
};

// Both passes on `input` give what the definition gives, on every instruction set.
template <class T>
void check_passes(const PoolGeometry& g, Index images, const std::vector<T>& input, Draw& draw) {
  const Pooled<T> expected = pooled(g, images, input);
  const auto grad_output = draw.integers<T>(images * g.out_size(), 9);
  std::vector<T> grad_input(input.size());
  for (std::size_t i = 0; i < grad_output.size(); ++i) {
    grad_input[static_cast<std::size_t>(expected.source[i])] += grad_output[i];
  }
  const std::string shape = concat(images, " images ", describe(g));
  CAPTURE(shape);
  with_every_table<T>([&](const KernelTable<T>& table) {
    Run<T> run(table.max_pool, g, images);
    REQUIRE(difference(run.forward(input), expected.output) == "");
    REQUIRE(difference(run.places(), expected.place) == "");
    REQUIRE(difference(run.backward(grad_output), grad_input) == "");
  });
}

}  // namespace

TEST_CASE_TEMPLATE("pool: values, places and gradients of random shapes with many ties", T, float,
                   double) {
  Draw draw(1);
  for (int i = 0; i < 2000; ++i) {
    const PoolGeometry g = draw_pool(draw);
    const Index images = draw.integer(1, 3);
    check_passes(g, images, draw.integers<T>(images * g.in_size(), draw.one_of<Index>({0, 1, 50})),
                 draw);
  }
}

TEST_CASE_TEMPLATE("pool: NaN wins, infinities and zeros of both signs are numbers", T, float,
                   double) {
  using Limits = std::numeric_limits<T>;
  const auto nan = Limits::quiet_NaN(), infinity = Limits::infinity();
  Draw draw(2);
  for (int i = 0; i < 500; ++i) {
    const PoolGeometry g = draw_pool(draw);
    std::vector<T> input(static_cast<std::size_t>(2 * g.in_size()));
    for (T& value : input) {
      value = draw.one_of<T>({nan, infinity, -infinity, -infinity, T{0}, -T{0}, Limits::lowest()});
    }
    check_passes(g, 2, input, draw);
  }
}

TEST_CASE_TEMPLATE("pool: a window of minus infinity gives it at its first pixel", T, float,
                   double) {
  const PoolGeometry g = pool(19, 5, 5, {3, 3}, {2, 2}, {1, 1});
  Draw draw(3);
  check_passes(
      g, 1,
      std::vector<T>(static_cast<std::size_t>(g.in_size()), -std::numeric_limits<T>::infinity()),
      draw);
}

TEST_CASE_TEMPLATE("pool: windows around the largest place that fits a byte", T, float, double) {
  Draw draw(4);
  const std::pair<Index, Index> windows[] = {{16, 16}, {15, 17}, {1, 256},
                                             {1, 257}, {17, 16}, {128, 3}};
  for (const auto& window : windows) {
    for (const Index channels : {1, 8, 21}) {
      const PoolGeometry g =
          pool(channels, window.first + 3, window.second + 2, window, {2, 1}, {0, 0});
      CHECK(g.place_bytes() == (window.first * window.second <= 256 ? 1 : 4));
      // Rising values put the maximum at the last place, falling ones at the first.
      std::vector<T> rising(static_cast<std::size_t>(g.in_size()));
      for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<T>(i);
      check_passes(g, 1, rising, draw);
      check_passes(g, 1, std::vector<T>(rising.rbegin(), rising.rend()), draw);
    }
  }
}

TEST_CASE_TEMPLATE("pool: an example computed by hand", T, float, double) {
  // Overlapping 2x2 windows over 3x3: the 9 in the middle is the maximum of all four.
  const PoolGeometry g = pool(1, 3, 3, {2, 2}, {1, 1}, {0, 0});
  with_every_table<T>([&](const KernelTable<T>& table) {
    Run<T> run(table.max_pool, g, 1);
    CHECK(run.forward({1, 2, 3, 4, 9, 5, 6, 7, 8}) == std::vector<T>{9, 9, 9, 9});
    CHECK(run.places() == std::vector<Index>{3, 2, 1, 0});
    CHECK(run.backward({1, 10, 100, 1000}) == std::vector<T>{0, 0, 0, 0, 1111, 0, 0, 0, 0});
  });
}

}  // namespace cnnx::test
