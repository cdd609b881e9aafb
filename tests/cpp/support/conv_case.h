// Convolutions for the kernel tests: random shapes, and the three passes as their definition says.
#pragma once

#include <string>
#include <vector>

#include "cnnx/core/error.h"
#include "cnnx/core/shape.h"
#include "cnnx/kernels/table.h"
#include "support/draw.h"
#include "support/sums.h"

namespace cnnx::test {

inline std::string describe(const ConvGeometry& g) {
  return concat(g.in_channels, "x", g.in_height, "x", g.in_width, " -> ", g.out_channels, "x",
                g.out_height, "x", g.out_width, ", kernel ", g.kernel_height, "x", g.kernel_width,
                ", stride ", g.stride_height, "x", g.stride_width, ", dilation ", g.dilation_height,
                "x", g.dilation_width, ", pad top ", g.pad_top, ", left ", g.pad_left, ", groups ",
                g.groups);
}

// 3x3 filters with padding 1: the maps keep their size.
inline ConvGeometry same_3x3(Index in_channels, Index out_channels, Index height, Index width) {
  return {.in_channels = in_channels,
          .in_height = height,
          .in_width = width,
          .out_channels = out_channels,
          .out_height = height,
          .out_width = width,
          .kernel_height = 3,
          .kernel_width = 3,
          .pad_top = 1,
          .pad_left = 1};
}

// One axis of a convolution; the padding of its two ends may differ.
struct ConvAxis {
  Index in, out, kernel, stride, dilation, pad;
};

inline ConvAxis draw_axis(Draw& draw, Index most_size) {
  ConvAxis axis{};
  do {
    axis.in = draw.integer(1, most_size);
    axis.kernel = draw.integer(1, 5);
    axis.stride = draw.integer(1, 4);
    axis.dilation = draw.integer(1, 3);
    axis.pad = draw.chance(0.3) ? 0 : draw.integer(0, 6);
    const Index end = draw.chance(0.5) ? axis.pad : draw.integer(0, 6);
    axis.out = output_size(axis.in, axis.kernel, axis.stride, axis.dilation, axis.pad + end);
  } while (axis.out < 1);
  return axis;
}

// Few channels, or about as many as vectors of any width are long.
inline Index draw_channels(Draw& draw) {
  if (draw.chance(0.6)) return draw.integer(1, 5);
  return draw.chance(0.5) ? draw.integer(6, 40)
                          : draw.one_of<Index>({7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 65});
}

struct ConvGroups {
  Index groups, in, out;  // in and out channels of each
};

// None, a few of any size, or many small ones, whose channels together fill vectors of any width.
inline ConvGroups draw_groups(Draw& draw) {
  const double kind = draw.real(0, 1);
  if (kind < 0.55) return {1, draw_channels(draw), draw_channels(draw)};
  if (kind < 0.8) {
    const Index groups = draw.integer(2, 5);
    if (draw.chance(0.3)) return {groups, 1, draw.integer(1, 2)};
    return {groups, draw_channels(draw), draw_channels(draw)};
  }
  const Index groups = draw.one_of<Index>({6, 7, 8, 9, 15, 16, 17, 33, 40, 64, 71});
  if (draw.chance(0.5)) return {groups, 1, 1};
  const Index same = draw.one_of<Index>({2, 4, 8});
  if (draw.chance(0.5)) return {groups, same, same};
  return {groups, draw.integer(1, 4), draw.integer(1, 4)};
}

// Any shape that the engine admits, of at most `most_products` products a pass.
inline ConvGeometry draw_conv(Draw& draw, Index images, Index most_products) {
  while (true) {
    const Index most_size = draw.chance(0.8) ? 9 : 26;
    const ConvAxis rows = draw_axis(draw, most_size);
    const ConvAxis columns = draw_axis(draw, most_size);
    const auto [groups, group_in, group_out] = draw_groups(draw);
    const ConvGeometry g{.in_channels = groups * group_in,
                         .in_height = rows.in,
                         .in_width = columns.in,
                         .out_channels = groups * group_out,
                         .out_height = rows.out,
                         .out_width = columns.out,
                         .kernel_height = rows.kernel,
                         .kernel_width = columns.kernel,
                         .stride_height = rows.stride,
                         .stride_width = columns.stride,
                         .dilation_height = rows.dilation,
                         .dilation_width = columns.dilation,
                         .pad_top = rows.pad,
                         .pad_left = columns.pad,
                         .groups = groups};
    if (images * g.out_size() * g.depth() <= most_products) return g;
  }
}

// The passes of a convolution, by definition.
template <class T>
class ConvOracle {
 public:
  ConvOracle(const ConvGeometry& geometry, Index images) : g_(geometry), images_(images) {}

  Sums<T> forward(const std::vector<T>& input, const std::vector<T>& weights,
                  const std::vector<T>& bias, Activation activation) const {
    Sums<T> output(images_ * g_.out_size());
    for_each_product([&](std::size_t x, std::size_t w, std::size_t y) {
      output.add(static_cast<Index>(y), Wide<T>{input[x]} * weights[w]);
    });
    for (std::size_t y = 0; y < output.value.size() && !bias.empty(); ++y) {
      output.add(static_cast<Index>(y), bias[y % bias.size()]);
    }
    output.rectify(activation);
    return output;
  }

  Sums<T> backward_data(const std::vector<T>& grad_output, const std::vector<T>& weights) const {
    Sums<T> grad_input(images_ * g_.in_size());
    for_each_product([&](std::size_t x, std::size_t w, std::size_t y) {
      grad_input.add(static_cast<Index>(x), Wide<T>{grad_output[y]} * weights[w]);
    });
    return grad_input;
  }

  Sums<T> backward_weights(const std::vector<T>& input, const std::vector<T>& grad_output) const {
    Sums<T> grad_weights(g_.weight_count());
    for_each_product([&](std::size_t x, std::size_t w, std::size_t y) {
      grad_weights.add(static_cast<Index>(w), Wide<T>{input[x]} * grad_output[y]);
    });
    return grad_weights;
  }

 private:
  // Calls body(input element, weight, output element) for all that belong together.
  template <class Body>
  void for_each_product(Body&& body) const {
    for (Index oy = 0; oy < g_.out_height; ++oy) {
      for (Index ox = 0; ox < g_.out_width; ++ox) {
        for (Index ky = 0; ky < g_.kernel_height; ++ky) {
          for (Index kx = 0; kx < g_.kernel_width; ++kx) {
            const Index iy = oy * g_.stride_height + ky * g_.dilation_height - g_.pad_top;
            const Index ix = ox * g_.stride_width + kx * g_.dilation_width - g_.pad_left;
            const bool on_image = iy >= 0 && iy < g_.in_height && ix >= 0 && ix < g_.in_width;
            if (on_image)
              for_each_channel(iy * g_.in_width + ix, ky * g_.kernel_width + kx,
                               oy * g_.out_width + ox, body);
          }
        }
      }
    }
  }

  template <class Body>
  void for_each_channel(Index in_pixel, Index tap, Index out_pixel, Body& body) const {
    const Index group_in = g_.in_channels / g_.groups;
    const Index group_out = g_.out_channels / g_.groups;
    for (Index image = 0; image < images_; ++image) {
      const Index x = (image * g_.in_height * g_.in_width + in_pixel) * g_.in_channels;
      const Index y = (image * g_.out_height * g_.out_width + out_pixel) * g_.out_channels;
      for (Index oc = 0; oc < g_.out_channels; ++oc) {
        const Index first_in = oc / group_out * group_in;
        for (Index ic = 0; ic < group_in; ++ic) {
          body(static_cast<std::size_t>(x + first_in + ic),
               static_cast<std::size_t>((tap * group_in + ic) * g_.out_channels + oc),
               static_cast<std::size_t>(y + oc));
        }
      }
    }
  }

  ConvGeometry g_;
  Index images_;
};

// Everything the passes need, drawn once for all instruction sets.
template <class T>
struct ConvCase {
  ConvCase(Draw& draw, Index image_count, const ConvGeometry& shape, bool whole)
      : images(image_count),
        geometry(shape),
        input(draw.numbers<T>(images * geometry.in_size(), whole)),
        weights(draw.numbers<T>(geometry.weight_count(), whole)),
        bias(draw.numbers<T>(draw.chance(0.7) ? geometry.out_channels : 0, whole)),
        grad_output(draw.numbers<T>(images * geometry.out_size(), whole)),
        activation{
            draw.one_of({ActivationKind::linear, ActivationKind::relu, ActivationKind::leaky_relu}),
            draw.one_of({0.25, 0.0, 0.5})},
        part(draw.integer(1, images)) {}

  std::string describe() const {
    return concat(images, " images ", test::describe(geometry), ", bias ", !bias.empty(),
                  ", activation ", static_cast<int>(activation.kind), ", part ", part);
  }

  Index images;
  ConvGeometry geometry;
  std::vector<T> input, weights, bias, grad_output;
  Activation activation;
  Index part;  // images that accumulate at a time
};

}  // namespace cnnx::test
