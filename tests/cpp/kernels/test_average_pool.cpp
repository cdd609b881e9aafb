// The kernels of window sums, of global pools and of interpolation, on every instruction set,
// against their definitions.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
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

// Calls body(input, output, pixels of the window) for every pixel of every window.
template <class Body>
void for_each_pixel(const PoolGeometry& g, Index images, Body&& body) {
  for (Index i = 0; i < images * g.out_size(); ++i) {
    const Index c = i % g.channels, ox = i / g.channels % g.out_width;
    const Index oy = i / g.channels / g.out_width % g.out_height, image = i / g.out_size();
    const Index top = oy * g.stride_height - g.pad_top, left = ox * g.stride_width - g.pad_left;
    const Index y0 = std::max<Index>(top, 0), y1 = std::min(top + g.window_height, g.in_height);
    const Index x0 = std::max<Index>(left, 0), x1 = std::min(left + g.window_width, g.in_width);
    for (Index y = y0; y < y1; ++y) {
      for (Index x = x0; x < x1; ++x) {
        body(
            static_cast<std::size_t>(((image * g.in_height + y) * g.in_width + x) * g.channels + c),
            static_cast<std::size_t>(i), (y1 - y0) * (x1 - x0));
      }
    }
  }
}

template <class T, class Function>
std::vector<T> output_of(Index count, Function&& function) {
  Guarded<T> output = guarded_output<T>(count);
  function(output.data());
  REQUIRE(output.intact());
  return {output.values().begin(), output.values().end()};
}

}  // namespace

TEST_CASE_TEMPLATE("average_pool: sums of whole numbers are exact, both ways", T, float, double) {
  Draw draw(1);
  for (int i = 0; i < 800; ++i) {
    const PoolGeometry g = draw_pool(draw);
    const Index images = draw.integer(1, 3);
    const auto input = draw.integers<T>(images * g.in_size(), 50);
    const auto grad_output = draw.integers<T>(images * g.out_size(), 9);
    std::vector<T> output(grad_output.size()), grad_input(input.size());
    for_each_pixel(g, images, [&](std::size_t x, std::size_t y, Index) {
      output[y] += input[x];
      grad_input[x] += grad_output[y];
    });
    const std::string shape = concat(images, " images ", describe(g));
    CAPTURE(shape);
    with_every_table<T>([&](const KernelTable<T>& table) {
      const auto& kernel = table.average_pool;
      Guarded<T> x = guarded_input(input), dy = guarded_input(grad_output);
      REQUIRE(
          difference(output_of<T>(std::ssize(output),
                                  [&](T* to) { kernel.forward(g, images, false, x.data(), to); }),
                     output) == "");
      REQUIRE(
          difference(output_of<T>(std::ssize(input),
                                  [&](T* to) { kernel.backward(g, images, false, dy.data(), to); }),
                     grad_input) == "");
    });
  }
}

TEST_CASE_TEMPLATE("average_pool: means over the pixels that a window sees", T, float, double) {
  Draw draw(2);
  for (int i = 0; i < 800; ++i) {
    const PoolGeometry g = draw_pool(draw);
    const auto input = draw.reals<T>(g.in_size());
    const auto grad_output = draw.reals<T>(g.out_size());
    std::vector<Wide<T>> output(grad_output.size()), grad_input(input.size());
    std::vector<double> size(input.size());  // of the terms of a gradient
    for_each_pixel(g, 1, [&](std::size_t x, std::size_t y, Index pixels) {
      output[y] += Wide<T>{input[x]} / static_cast<Wide<T>>(pixels);
      grad_input[x] += Wide<T>{grad_output[y]} / static_cast<Wide<T>>(pixels);
      size[x] += std::abs(static_cast<double>(grad_output[y])) / static_cast<double>(pixels);
    });
    const double roundings = static_cast<double>(g.window()) + 3;
    CAPTURE(describe(g));
    with_every_table<T>([&](const KernelTable<T>& table) {
      const auto& kernel = table.average_pool;
      Guarded<T> x = guarded_input(input), dy = guarded_input(grad_output);
      REQUIRE(difference(output_of<T>(g.out_size(),
                                      [&](T* to) { kernel.forward(g, 1, true, x.data(), to); }),
                         output, roundings * kRoundoff<T>) == "");
      REQUIRE(difference(output_of<T>(g.in_size(),
                                      [&](T* to) { kernel.backward(g, 1, true, dy.data(), to); }),
                         grad_input, [&](Index at) {
                           return roundings * kRoundoff<T> * size[static_cast<std::size_t>(at)];
                         }) == "");
    });
  }
}

TEST_CASE_TEMPLATE("global_pool: average and its gradient", T, float, double) {
  Draw draw(3);
  for (int i = 0; i < 300; ++i) {
    const Index images = draw.integer(1, 3), channels = draw.integer(1, 150);
    const Index pixels = draw.chance(0.8) ? draw.integer(1, 40) : draw.integer(100, 400);
    const auto input = draw.integers<T>(images * pixels * channels, 50);
    const auto grad_output = draw.integers<T>(images * channels, 50);
    std::vector<T> output(grad_output.size()), grad_input(input.size());
    const T count = static_cast<T>(pixels);
    for (std::size_t x = 0; x < input.size(); ++x) {
      const Index at = static_cast<Index>(x);
      const auto y = static_cast<std::size_t>(at / (pixels * channels) * channels + at % channels);
      output[y] += input[x];
      grad_input[x] = grad_output[y] / count;
    }
    for (T& value : output) value /= count;
    CAPTURE(channels);
    CAPTURE(pixels);
    with_every_table<T>([&](const KernelTable<T>& table) {
      const auto& kernel = table.global_pool;
      Guarded<T> x = guarded_input(input), dy = guarded_input(grad_output);
      REQUIRE(difference(output_of<T>(images * channels,
                                      [&](T* to) {
                                        kernel.average(images, pixels, channels, x.data(), to);
                                      }),
                         output) == "");
      REQUIRE(difference(output_of<T>(images * pixels * channels,
                                      [&](T* to) {
                                        kernel.average_backward(images, pixels, channels, dy.data(),
                                                                to);
                                      }),
                         grad_input) == "");
    });
  }
}

TEST_CASE("global_pool: the error of an average grows far slower than its pixels") {
  // Numbers of one sign are the worst case: one sum after another is off by up to pixels / 2 units.
  constexpr Index kPixels = 112 * 112;
  Draw draw(4);
  for (const Index channels : {1, 16, 64, 70}) {
    const auto input = draw.reals<float>(kPixels * channels, 0, 1);
    std::vector<double> expected(static_cast<std::size_t>(channels));
    for (std::size_t i = 0; i < input.size(); ++i) expected[i % expected.size()] += input[i];
    for (double& value : expected) value /= kPixels;
    on_every_isa([&] {
      if (current_isa() == "reference") return;
      const auto& kernel = current_tables().get<float>().global_pool;
      Guarded<float> x = guarded_input(input);
      const auto got = output_of<float>(
          channels, [&](float* to) { kernel.average(1, kPixels, channels, x.data(), to); });
      // 128 / 2 pixels in a sum, kPixels / 128 sums, and three more roundings.
      CHECK(difference(got, expected, (64 + 98 + 3) * 0.5 * kRoundoff<float>) == "");
    });
  }
}

TEST_CASE_TEMPLATE("global_pool: maximum, its place and its gradient", T, float, double) {
  using Limits = std::numeric_limits<T>;
  const T nan = Limits::quiet_NaN(), infinity = Limits::infinity();
  Draw draw(5);
  for (int i = 0; i < 400; ++i) {
    const Index images = draw.integer(1, 3), channels = draw.integer(1, 150);
    const Index pixels = draw.chance(0.9) ? draw.integer(1, 40) : draw.integer(250, 400);
    auto input = draw.integers<T>(images * pixels * channels, draw.one_of<Index>({0, 1, 50}));
    if (i % 2 == 1) {
      for (T& v : input) v = draw.one_of<T>({nan, infinity, -infinity, -infinity, T{0}, v, v, v});
    }
    const auto grad_output = draw.integers<T>(images * channels, 9);
    std::vector<T> output, grad_input(input.size());
    std::vector<Index> expected_places;
    for (Index y = 0; y < images * channels; ++y) {
      const auto value = [&](Index p) {
        return input[static_cast<std::size_t>((y / channels * pixels + p) * channels +
                                              y % channels)];
      };
      Index best = 0;
      for (Index p = 1; p < pixels && !std::isnan(value(best)); ++p) {
        if (value(p) > value(best) || std::isnan(value(p))) best = p;
      }
      output.push_back(value(best));
      expected_places.push_back(best);
      grad_input[static_cast<std::size_t>((y / channels * pixels + best) * channels +
                                          y % channels)] = grad_output[static_cast<std::size_t>(y)];
    }
    CAPTURE(channels);
    CAPTURE(pixels);
    with_every_table<T>([&](const KernelTable<T>& table) {
      const auto& kernel = table.global_pool;
      Guarded<T> x = guarded_input(input), dy = guarded_input(grad_output);
      Guarded<std::uint32_t> places = guarded_output<std::uint32_t>(images * channels);
      REQUIRE(difference(output_of<T>(images * channels,
                                      [&](T* to) {
                                        kernel.max(images, pixels, channels, x.data(), to,
                                                   places.data());
                                      }),
                         output) == "");
      REQUIRE(places.intact());
      REQUIRE(difference(places.values(), expected_places) == "");
      REQUIRE(difference(output_of<T>(images * pixels * channels,
                                      [&](T* to) {
                                        kernel.max_backward(images, pixels, channels, dy.data(),
                                                            places.data(), to);
                                      }),
                         grad_input) == "");
    });
  }
}

TEST_CASE_TEMPLATE("bilinear: against the tent function, both ways", T, float, double) {
  Draw draw(6);
  for (int i = 0; i < 400; ++i) {
    const UpSampleGeometry g{
        .channels = draw.chance(0.5) ? draw.integer(1, 5) : draw.integer(6, 70),
        .in_height = draw.integer(1, 6),
        .in_width = draw.integer(1, 6),
        .rows = draw.integer(1, 5),
        .columns = draw.integer(1, 5)};
    const auto input = draw.reals<T>(2 * g.in_size());
    const auto grad_output = draw.reals<T>(2 * g.out_size());
    // In steps of 1 / (2 factor): exact.
    const auto weight = [](Index o, Index p, Index factor, Index size) {
      const Index at = std::clamp<Index>(2 * o + 1 - factor, 0, 2 * factor * (size - 1));
      const Index away = std::abs(at - 2 * factor * p);
      return std::max(Wide<T>{0},
                      1 - static_cast<Wide<T>>(away) / static_cast<Wide<T>>(2 * factor));
    };
    std::vector<Wide<T>> output(grad_output.size()), grad_input(input.size());
    for (Index y = 0; y < 2 * g.out_size(); ++y) {
      const Index c = y % g.channels, ox = y / g.channels % g.out_width();
      const Index oy = y / g.channels / g.out_width() % g.out_height(), image = y / g.out_size();
      for (Index pixel = 0; pixel < g.in_height * g.in_width; ++pixel) {
        const auto w = weight(oy, pixel / g.in_width, g.rows, g.in_height) *
                       weight(ox, pixel % g.in_width, g.columns, g.in_width);
        if (w == 0) continue;
        const auto x = static_cast<std::size_t>(image * g.in_size() + pixel * g.channels + c);
        output[static_cast<std::size_t>(y)] += w * input[x];
        grad_input[x] += w * grad_output[static_cast<std::size_t>(y)];
      }
    }
    const std::string shape =
        concat(g.channels, "x", g.in_height, "x", g.in_width, " by ", g.rows, "x", g.columns);
    CAPTURE(shape);
    const double terms = static_cast<double>(4 * g.rows * g.columns);  // of a gradient
    with_every_table<T>([&](const KernelTable<T>& table) {
      Guarded<T> x = guarded_input(input), dy = guarded_input(grad_output);
      REQUIRE(difference(output_of<T>(2 * g.out_size(),
                                      [&](T* to) { table.bilinear.forward(g, 2, x.data(), to); }),
                         output, 32 * kRoundoff<T>) == "");
      REQUIRE(difference(output_of<T>(2 * g.in_size(),
                                      [&](T* to) { table.bilinear.backward(g, 2, dy.data(), to); }),
                         grad_input, terms * 32 * kRoundoff<T>) == "");
    });
  }
}

}  // namespace cnnx::test
