// The passes on arrays: each is a network of one layer, so that there is one definition of each.
#include <pybind11/stl.h>

#include <algorithm>
#include <variant>

#include "arrays.h"
#include "cnnx/core/parallel.h"
#include "cnnx/kernels/dispatch.h"
#include "cnnx/layers/activations.h"
#include "cnnx/network.h"
#include "topics.h"

namespace cnnx::bindings {
namespace {

using Pair = std::pair<Index, Index>;
using Padding = std::variant<std::string, Pair>;

std::vector<Index> list_of(const Pair& pair) { return {pair.first, pair.second}; }

struct ConvArgs {
  Pair stride;
  Padding padding;
  Pair dilation;
  Index groups;
  std::optional<std::string> activation;

  Attrs attrs(Index filters, const Pair& kernel, bool use_bias) const {
    Attrs attrs;
    attrs.set("kind", std::string("conv2d"));
    attrs.set("filters", filters);
    attrs.set("kernel_size", list_of(kernel));
    attrs.set("stride", list_of(stride));
    if (const auto* name = std::get_if<std::string>(&padding)) {
      attrs.set("padding", *name);
    } else {
      attrs.set("padding", list_of(std::get<Pair>(padding)));
    }
    attrs.set("dilation", list_of(dilation));
    attrs.set("groups", groups);
    attrs.set("activation", activation.value_or("linear"));
    attrs.set("use_bias", use_bias);
    attrs.set("kernel_initializer", std::string("zeros"));
    attrs.set("bias_initializer", std::string("zeros"));
    return attrs;
  }
};

Attrs dense_attrs(Index units, bool use_bias, const std::optional<std::string>& activation) {
  Attrs attrs;
  attrs.set("kind", std::string("dense"));
  attrs.set("units", units);
  attrs.set("activation", activation.value_or("linear"));
  attrs.set("use_bias", use_bias);
  attrs.set("kernel_initializer", std::string("zeros"));
  attrs.set("bias_initializer", std::string("zeros"));
  return attrs;
}

void expect_rank(const py::array& array, Index rank, const char* name, const char* axes) {
  if (array.ndim() == rank) return;
  throw ShapeError(concat(name, ": expected ", rank, " dimensions ", axes, ", got shape ",
                          format_dims(dims_of(array))));
}

template <class T>
Images images_of(const Array<T>& x) {
  return {x.data(), sizeof(T) == sizeof(float) ? ImageType::float32 : ImageType::float64, nullptr,
          x.shape(0)};
}

// A network of one layer with given weights.
template <class T>
class OneLayer {
 public:
  OneLayer(const Attrs& attrs, const Array<T>& x, const Array<T>& w,
           const std::optional<Array<T>>& b)
      : x_(x), network_({attrs}, shape_of(x), exact()) {
    expect_dims(w, network_.parameter("0.weight").dims, "w");
    network_.write_parameter("0.weight", w.data());
    if (b) {
      expect_dims(*b, network_.parameter("0.bias").dims, "b");
      network_.write_parameter("0.bias", b->data());
    }
  }

  Array<T> forward() {
    auto y = make_array<T>(output_dims());
    const Images images = images_of(x_);
    T* to = y.mutable_data();
    const py::gil_scoped_release release;
    network_.predict(images, to);
    return y;
  }

  py::tuple backward(const Array<T>& grad) {
    expect_dims(grad, output_dims(), "grad");
    auto dx = make_array<T>(dims_of(x_));
    auto dw = make_array<T>(network_.parameter("0.weight").dims);
    auto db = make_array<T>({dw.shape(0)});
    const bool has_bias = network_.parameter_names().size() > 1;
    const Images images = images_of(x_);
    const T* from = grad.data();
    T* to[] = {dx.mutable_data(), dw.mutable_data(), db.mutable_data()};
    {
      const py::gil_scoped_release release;
      network_.backpropagate(images, from, to[0]);
      network_.read_gradient("0.weight", to[1]);
      if (has_bias) network_.read_gradient("0.bias", to[2]);
    }
    return py::make_tuple(dx, dw, db);
  }

 private:
  // Direct convolution only, so that integer inputs give integer results.
  static NetworkOptions exact() {
    NetworkOptions options;
    options.exact_conv = true;
    return options;
  }

  static Shape shape_of(const Array<T>& x) {
    const auto dims = dims_of(x);
    return Shape::from_public({dims.begin() + 1, dims.end()});
  }

  std::vector<Index> output_dims() const {
    std::vector<Index> dims = network_.output().to_public();
    dims.insert(dims.begin(), x_.shape(0));
    return dims;
  }

  Array<T> x_;
  Network<T> network_;
};

template <class T>
OneLayer<T> conv_layer(const Array<T>& x, const Array<T>& w, const std::optional<Array<T>>& b,
                       const ConvArgs& args, bool use_bias) {
  expect_rank(x, 4, "x", "(N, C, H, W)");
  expect_rank(w, 4, "w", "(out, in / groups, kernel height, kernel width)");
  return OneLayer<T>(args.attrs(w.shape(0), {w.shape(2), w.shape(3)}, use_bias), x, w, b);
}

template <class T>
OneLayer<T> dense_layer(const Array<T>& x, const Array<T>& w, const std::optional<Array<T>>& b,
                        const std::optional<std::string>& activation, bool use_bias) {
  expect_rank(x, 2, "x", "(N, features)");
  expect_rank(w, 2, "w", "(out, in)");
  return OneLayer<T>(dense_attrs(w.shape(0), use_bias, activation), x, w, b);
}

PoolGeometry pool_geometry(const std::vector<Index>& dims, const Pair& size, const Pair& stride,
                           const Pair& padding) {
  return {dims[1],
          dims[2],
          dims[3],
          output_size(dims[2], size.first, stride.first, 1, 2 * padding.first),
          output_size(dims[3], size.second, stride.second, 1, 2 * padding.second),
          size.first,
          size.second,
          stride.first,
          stride.second,
          padding.first,
          padding.second};
}

// Pools every image and turns places in windows into places on the input plane.
template <class T>
void pool_images(const PoolGeometry& g, const KernelTable<T>& kernels, const Shape& in,
                 const Shape& out, const Images& images, T* to, Index* places_to) {
  const py::gil_scoped_release release;
  const Index image_elements = in.size() + out.size();
  Buffer<T> buffer(image_elements * images.count);
  Buffer<std::byte> places(out.size() * g.place_bytes() * images.count);
  parallel_for(images.count, images.count * image_elements, [&](Index i, int) {
    T* loaded = buffer.data() + i * image_elements;
    T* pooled = loaded + in.size();
    std::byte* place = places.data() + i * out.size() * g.place_bytes();
    load_images(in, images, i, 1, loaded, kernels.element.transpose);
    kernels.max_pool.forward(g, 1, loaded, pooled, place);
    store_images(out, 1, pooled, to + i * out.size(), kernels.element.transpose);
    for (Index k = 0; k < out.size(); ++k) {
      const Index c = k / out.pixels();
      const Index pixel = k % out.pixels();
      const Index at = pixel * out.channels + c;
      std::uint32_t in_window = 0;
      if (g.place_bytes() == 1) {
        in_window = static_cast<std::uint32_t>(place[at]);
      } else {
        std::copy_n(place + at * 4, 4, reinterpret_cast<std::byte*>(&in_window));
      }
      const Index row =
          pixel / g.out_width * g.stride_height - g.pad_top + in_window / g.window_width;
      const Index column =
          pixel % g.out_width * g.stride_width - g.pad_left + in_window % g.window_width;
      places_to[i * out.size() + k] = row * g.in_width + column;
    }
  });
}

template <class T>
py::tuple max_pool2d(const Array<T>& x, const Pair& size, const Pair& stride, const Pair& padding) {
  expect_rank(x, 4, "x", "(N, C, H, W)");
  Attrs attrs;
  attrs.set("kind", std::string("max_pool2d"));
  attrs.set("pool_size", list_of(size));
  attrs.set("stride", list_of(stride));
  attrs.set("padding", list_of(padding));
  const auto dims = dims_of(x);
  const KernelTable<T>& kernels = current_tables().get<T>();
  const Shape in = Shape::from_public({dims.begin() + 1, dims.end()});
  const LayerPtr<T> layer = make_layer<T>(attrs);
  layer->plan(in, kernels, {});
  const Shape out = layer->output();
  const PoolGeometry g = pool_geometry(dims, size, stride, padding);

  auto y = make_array<T>({dims[0], out.channels, out.height, out.width});
  auto indices = make_array<Index>({dims[0], out.channels, out.height, out.width});
  const Images images = images_of(x);
  T* to = y.mutable_data();
  Index* places_to = indices.mutable_data();
  pool_images(g, kernels, in, out, images, to, places_to);
  return py::make_tuple(y, indices);
}
template <class T>
Array<T> max_pool2d_backward(const Array<T>& grad, const Array<Index>& indices,
                             const std::vector<Index>& input_shape) {
  expect_rank(grad, 4, "grad", "(N, C, H, W)");
  expect_dims(indices, dims_of(grad), "indices");
  if (input_shape.size() != 4 || input_shape[0] != grad.shape(0) ||
      input_shape[1] != grad.shape(1)) {
    throw ShapeError(concat("input_shape: expected (", grad.shape(0), ", ", grad.shape(1),
                            ", height, width), got ", format_dims(input_shape)));
  }
  Shape::from_public({input_shape.begin() + 1, input_shape.end()});
  const Index plane = input_shape[2] * input_shape[3];
  for (Index k = 0; k < indices.size(); ++k) {
    if (indices.data()[k] < 0 || indices.data()[k] >= plane) {
      throw DataError(concat("indices: ", indices.data()[k], " is out of range for ",
                             input_shape[2], "x", input_shape[3], " inputs"));
    }
  }
  auto dx = make_array<T>(input_shape);
  const T* from = grad.data();
  const Index* at = indices.data();
  T* to = dx.mutable_data();
  const Index out_plane = grad.shape(2) * grad.shape(3);
  const Index planes = grad.shape(0) * grad.shape(1);
  const py::gil_scoped_release release;
  parallel_for(planes, planes * plane, [&](Index p, int) {
    std::fill_n(to + p * plane, plane, T{0});
    for (Index k = p * out_plane; k < (p + 1) * out_plane; ++k) to[p * plane + at[k]] += from[k];
  });
  return dx;
}

template <class T>
Array<T> activation_forward(const Array<T>& x, const std::string& name, double alpha) {
  if (x.ndim() < 1) throw ShapeError("x: expected at least one dimension, got none");
  const Activation activation = parse_activation(name, alpha);
  const KernelTable<T>& kernels = current_tables().get<T>();
  auto y = make_array<T>(dims_of(x));
  const Index columns = x.shape(x.ndim() - 1);
  const Index rows = columns == 0 ? 0 : x.size() / columns;
  const T* from = x.data();
  T* to = y.mutable_data();
  const py::gil_scoped_release release;
  parallel_for(rows, rows * columns * 8, [&](Index row, int) {
    std::copy_n(from + row * columns, columns, to + row * columns);
    kernels.element.activate(activation, 1, columns, to + row * columns);
  });
  return y;
}

template <class T>
void bind(py::module_& m) {
  // .noconvert(): the dtype of the arrays picks the overload.
  m.def(
      "conv2d",
      [](const Array<T>& x, const Array<T>& w, const std::optional<Array<T>>& b, const Pair& stride,
         const Padding& padding, const Pair& dilation, Index groups,
         const std::optional<std::string>& activation) {
        return conv_layer(x, w, b, {stride, padding, dilation, groups, activation}, b.has_value())
            .forward();
      },
      py::arg("x").noconvert(), py::arg("w").noconvert(), py::arg("b").noconvert(),
      py::arg("stride"), py::arg("padding"), py::arg("dilation"), py::arg("groups"),
      py::arg("activation"));
  m.def(
      "conv2d_backward",
      [](const Array<T>& grad, const Array<T>& x, const Array<T>& w,
         const std::optional<Array<T>>& b, const Pair& stride, const Padding& padding,
         const Pair& dilation, Index groups, const std::optional<std::string>& activation) {
        return conv_layer(x, w, b, {stride, padding, dilation, groups, activation}, true)
            .backward(grad);
      },
      py::arg("grad").noconvert(), py::arg("x").noconvert(), py::arg("w").noconvert(),
      py::arg("b").noconvert(), py::arg("stride"), py::arg("padding"), py::arg("dilation"),
      py::arg("groups"), py::arg("activation"));
  m.def("max_pool2d", &max_pool2d<T>, py::arg("x").noconvert(), py::arg("size"), py::arg("stride"),
        py::arg("padding"));
  m.def("max_pool2d_backward", &max_pool2d_backward<T>, py::arg("grad").noconvert(),
        py::arg("indices").noconvert(), py::arg("input_shape"));
  m.def(
      "dense",
      [](const Array<T>& x, const Array<T>& w, const std::optional<Array<T>>& b,
         const std::optional<std::string>& activation) {
        return dense_layer(x, w, b, activation, b.has_value()).forward();
      },
      py::arg("x").noconvert(), py::arg("w").noconvert(), py::arg("b").noconvert(),
      py::arg("activation"));
  m.def(
      "dense_backward",
      [](const Array<T>& grad, const Array<T>& x, const Array<T>& w,
         const std::optional<Array<T>>& b, const std::optional<std::string>& activation) {
        return dense_layer(x, w, b, activation, true).backward(grad);
      },
      py::arg("grad").noconvert(), py::arg("x").noconvert(), py::arg("w").noconvert(),
      py::arg("b").noconvert(), py::arg("activation"));
  m.def("activation_forward", &activation_forward<T>, py::arg("x").noconvert(), py::arg("name"),
        py::arg("alpha"));
}

}  // namespace

void bind_ops(py::module_& m) {
  bind<float>(m);
  bind<double>(m);
}

}  // namespace cnnx::bindings
