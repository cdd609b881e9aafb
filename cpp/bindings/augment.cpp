// Augmented images as arrays, for inspection.
#include "cnnx/augment/augmentation.h"

#include "arrays.h"
#include "attrs.h"
#include "cnnx/core/buffer.h"
#include "cnnx/core/parallel.h"
#include "topics.h"

namespace cnnx::bindings {
namespace {

// The images of the array as one batch, in public order, and how they were mixed: the distance to
// the partner (0: not at all), the image's own share.
template <class T, class Source>
py::tuple augmented(const py::object& x, ImageType type, const std::vector<Attrs>& steps,
                    std::uint64_t seed, std::uint32_t epoch, Index first_row) {
  const auto array = py::reinterpret_borrow<Array<Source>>(x);
  const std::vector<Index> dims = dims_of(array);
  if (dims.empty() || dims[0] < 1) throw ShapeError("x: expected at least one image");
  const Shape shape = Shape::from_public({dims.begin() + 1, dims.end()});
  const Augmentation<T> augmentation(steps, shape, seed);
  const Images images{array.data(), type, nullptr, dims[0], epoch, first_row};
  auto made = make_array<T>(dims);
  T* to = made.mutable_data();
  std::atomic<bool> finite{true};
  Mix mix;
  {
    const py::gil_scoped_release release;
    mix = augmentation.mix(images);
    const Index stride = round_up(shape.size(), 16) + augmentation.scratch_size();
    Buffer<T> scratch(num_threads() * stride);
    parallel_for(images.count, images.count * shape.size() * 4, [&](Index task, int thread) {
      T* image = scratch.data() + thread * stride;
      T* spare = image + round_up(shape.size(), 16);
      if (!augmentation.load(images, mix, task, 1, spare, image)) finite.store(false);
      store_images(shape, 1, image, to + task * shape.size());
    });
  }
  if (!finite) throw DataError("x: an augmented image holds NaN or infinity");
  return py::make_tuple(made, mix.roll, mix.share);
}

py::tuple augment(const py::object& x, const py::list& steps, std::uint64_t seed,
                  std::uint32_t epoch, Index first_row) {
  std::vector<Attrs> attrs;
  for (const py::handle step : steps) attrs.push_back(to_attrs(step.cast<py::dict>()));
  expect_first_row(first_row);
  if (py::isinstance<Array<double>>(x)) {
    return augmented<double, double>(x, ImageType::float64, attrs, seed, epoch, first_row);
  }
  if (py::isinstance<Array<std::uint8_t>>(x)) {
    return augmented<float, std::uint8_t>(x, ImageType::uint8, attrs, seed, epoch, first_row);
  }
  expect<float>(x, "x");
  return augmented<float, float>(x, ImageType::float32, attrs, seed, epoch, first_row);
}

}  // namespace

void bind_augment(py::module_& m) {
  m.def("augment", &augment, py::arg("x"), py::arg("steps"), py::arg("seed"), py::arg("epoch") = 0,
        py::arg("first_row") = 0);
}

}  // namespace cnnx::bindings
