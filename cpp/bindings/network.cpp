// The class Network32 / Network64: arrays in, arrays out, the GIL released while numbers are made.
#include "cnnx/network.h"

#include <pybind11/stl.h>

#include "arrays.h"
#include "attrs.h"
#include "shared_network.h"
#include "topics.h"

namespace cnnx::bindings {
namespace {

template <class T>
class NetworkHandle {
 public:
  NetworkHandle(const py::list& layers, const std::vector<Index>& input_shape, const py::dict& loss,
                const py::dict& optimizer, std::uint64_t seed, bool exact_conv, bool draw_weights)
      : shared_(Description::chain(to_list(layers), Shape::from_public(input_shape)),
                {.outputs = {{.loss = to_attrs(loss)}},
                 .optimizer = to_attrs(optimizer),
                 .seed = seed,
                 .exact_conv = exact_conv,
                 .draw_weights = draw_weights}) {}

  py::tuple train_batch(const py::object& x, const py::object& y, const py::object& index,
                        std::optional<double> learning_rate, const py::object& weights,
                        std::uint32_t epoch, Index first_row) {
    expect_first_row(first_row);
    Holder holder;
    Images images = to_images(x, index, holder);
    images.epoch = epoch;
    images.first_row = first_row;
    const Targets<T> targets = to_targets(y, weights, holder);
    BatchResult result;
    shared_.alone([&](Runner<T>& runner) {
      result = runner.train_batch(batch(images, targets), learning_rate).front();
    });
    return py::make_tuple(result.loss_sum, result.correct);
  }

  py::tuple evaluate_batch(const py::object& x, const py::object& y, const py::object& index,
                           const py::object& weights) {
    Holder holder;
    const Images images = to_images(x, index, holder);
    const Targets<T> targets = to_targets(y, weights, holder);
    BatchResult result;
    shared_.together(
        [&](Runner<T>& runner) { result = runner.evaluate_batch(batch(images, targets)).front(); });
    return py::make_tuple(result.loss_sum, result.correct);
  }

  py::array predict(const py::object& x, const py::object& index) {
    Holder holder;
    const Images images = to_images(x, index, holder);
    std::vector<Index> dims = network_.output().to_public();
    dims.insert(dims.begin(), images.count);
    auto outputs = make_array<T>(dims);
    T* to = outputs.mutable_data();
    shared_.together([&](Runner<T>& runner) { runner.predict({&images, 1}, {&to, 1}); });
    return outputs;
  }

  py::tuple gradients(const py::object& x, const py::object& y, const py::object& weights) {
    Holder holder;
    const Images images = to_images(x, py::none(), holder);
    const Targets<T> targets = to_targets(y, weights, holder);
    std::vector<Index> dims = network_.input().to_public();
    dims.insert(dims.begin(), images.count);
    auto grad_images = make_array<T>(dims);
    T* to = grad_images.mutable_data();
    const std::vector<std::string> names = network_.learned_names();
    std::vector<Array<T>> arrays = arrays_of(names);
    const std::vector<T*> data = pointers(arrays);
    BatchResult result;
    shared_.alone([&](Runner<T>& runner) {
      result = runner.differentiate(batch(images, targets), {&to, 1}).front();
      for (std::size_t i = 0; i < names.size(); ++i) network_.read_gradient(names[i], data[i]);
    });
    py::dict grads;
    for (std::size_t i = 0; i < names.size(); ++i) grads[py::str(names[i])] = arrays[i];
    grads["input"] = grad_images;
    return py::make_tuple(result.loss_sum, result.correct, grads);
  }

  py::array get_parameter(const std::string& name) const {
    auto values = make_array<T>(network_.parameter(name).dims);
    T* to = values.mutable_data();
    shared_.reading([&] { network_.read_parameter(name, to); });
    return values;
  }

  void set_parameter(const std::string& name, const py::object& value) {
    const auto values = expect<T>(value, name.c_str());
    expect_dims(values, network_.parameter(name).dims, name.c_str());
    const T* from = values.data();
    shared_.writing([&](Network<T>& network) { network.write_parameter(name, from); });
  }

  py::dict optimizer_state() const {
    const std::vector<std::string> names = network_.learned_names(), slots = network_.slots();
    std::vector<Array<T>> arrays;
    for (std::size_t slot = 0; slot < slots.size(); ++slot) {
      for (Array<T>& array : arrays_of(names)) arrays.push_back(std::move(array));
    }
    const std::vector<T*> data = pointers(arrays);
    Index step = 0;
    shared_.reading([&] {
      network_.require_unswapped("reading the optimizer's state");
      step = network_.step();
      auto to = data.begin();
      for (std::size_t slot = 0; slot < slots.size(); ++slot) {
        for (const std::string& name : names) {
          network_.read_slot(name, static_cast<Index>(slot), *to++);
        }
      }
    });
    py::dict state;
    state["step"] = py::array(py::cast(step)).attr("astype")("int64");
    for (std::size_t i = 0; i < names.size(); ++i) {
      for (std::size_t slot = 0; slot < slots.size(); ++slot) {
        state[py::str(names[i] + "." + slots[slot])] = arrays[slot * names.size() + i];
      }
    }
    return state;
  }

  void load_optimizer_state(const py::dict& state) {
    // Everything is looked up and checked before anything is written.
    const std::vector<std::string> names = network_.learned_names(), slots = network_.slots();
    std::vector<Array<T>> arrays;
    for (const std::string& name : names) {
      for (const std::string& slot : slots) {
        const std::string key = name + "." + slot;
        arrays.push_back(expect<T>(entry(state, key), key.c_str()));
        expect_dims(arrays.back(), network_.parameter(name).dims, key.c_str());
      }
    }
    if (state.size() != arrays.size() + 1) {
      throw ConfigError({.argument = "optimizer state",
                         .expected = concat(arrays.size() + 1, " entries for this optimizer"),
                         .got = concat(state.size())});
    }
    const Index step = py::int_(entry(state, "step")).cast<Index>();
    if (step < 0) {
      throw ConfigError({.argument = "step", .expected = "at least 0", .got = concat(step)});
    }
    std::vector<const T*> data;
    data.reserve(arrays.size());
    for (const Array<T>& array : arrays) data.push_back(array.data());
    shared_.writing([&](Network<T>& network) {
      network.require_unswapped("loading the optimizer's state");
      auto from = data.begin();
      for (const std::string& name : names) {
        for (std::size_t slot = 0; slot < slots.size(); ++slot) {
          network.write_slot(name, static_cast<Index>(slot), *from++);
        }
      }
      network.set_step(step);
    });
  }

  void set_optimizer(const py::dict& optimizer) {
    const Attrs attrs = to_attrs(optimizer);
    shared_.writing([&](Network<T>& network) { network.set_optimizer(attrs); });
  }

  void set_trainable(const std::vector<std::string>& names) {
    shared_.writing([&](Network<T>& network) { network.set_trainable(names); });
  }

  void swap_average() {
    shared_.writing([&](Network<T>& network) { network.swap_average(); });
  }

  void set_augmentation(const py::list& steps, std::uint64_t seed) {
    const std::vector<Attrs> attrs = to_list(steps);
    shared_.writing([&](Network<T>& network) { network.set_augmentation(attrs, seed); });
  }

  // One row a layer as the user wrote it, whatever it is made of.
  py::list layer_info() const {
    const Graph<T>& graph = network_.graph();
    py::list rows;
    for (const Entry& entry : graph.entries()) {
      Index parameters = 0, flops = 0;
      for (Index n = entry.begin; n < entry.end; ++n) {
        for (const auto& parameter : graph.node(n).layer->parameters()) {
          if (parameter.trained) parameters += parameter.count();
        }
        flops += graph.node(n).traits.flops;
      }
      py::dict row;
      row["name"] = entry.name;
      row["kind"] = entry.kind;
      row["output_shape"] = py::tuple(py::cast(graph.shape(entry.level).to_public()));
      row["parameters"] = parameters;
      row["flops"] = flops;
      rows.append(row);
    }
    return rows;
  }

  std::vector<std::string> parameter_names() const { return network_.parameter_names(); }
  py::tuple output_shape() const { return py::tuple(py::cast(network_.output().to_public())); }
  py::object taken_activation() const {
    switch (network_.taken_activation()) {
      case ActivationKind::softmax:
        return py::str("softmax");
      case ActivationKind::sigmoid:
        return py::str("sigmoid");
      default:
        return py::none();
    }
  }
  // Of all runners that there are by now.
  Index workspace_bytes() const { return shared_.workspace_bytes(); }

 private:
  // Keeps the arrays alive that Images and Targets point into.
  struct Holder {
    py::object x, y, index, weights;
  };

  static std::vector<Attrs> to_list(const py::list& parts) {
    std::vector<Attrs> attrs;
    for (const py::handle part : parts) attrs.push_back(to_attrs(part.cast<py::dict>()));
    return attrs;
  }

  static py::object entry(const py::dict& state, const std::string& key) {
    if (!state.contains(key)) {
      throw NameError({.argument = "optimizer state", .message = "\"" + key + "\" is missing"});
    }
    return state[py::str(key)];
  }

  Images to_images(const py::object& x, const py::object& index, Holder& holder) const {
    Images images;
    if (py::isinstance<Array<float>>(x)) {
      images.type = ImageType::float32;
    } else if (py::isinstance<Array<double>>(x)) {
      images.type = ImageType::float64;
    } else if (py::isinstance<Array<std::uint8_t>>(x)) {
      images.type = ImageType::uint8;
    } else {
      expect<float>(x, "x");
    }
    const auto array = py::reinterpret_borrow<py::array>(x);
    std::vector<Index> wanted = network_.input().to_public();
    wanted.insert(wanted.begin(), array.ndim() > 0 ? array.shape(0) : 0);
    if (dims_of(array) != wanted) {
      throw ShapeError(
          {.argument = "x",
           .expected = "shape (N, " + format_dims(network_.input().to_public()).substr(1),
           .got = format_dims(dims_of(array))});
    }
    images.data = array.data();
    images.count = array.shape(0);
    holder.x = x;
    if (!index.is_none()) {
      const auto rows = expect<Index>(index, "index");
      if (rows.ndim() != 1) {
        throw ShapeError(
            {.argument = "index", .expected = "one dimension", .got = format_dims(dims_of(rows))});
      }
      for (Index i = 0; i < rows.size(); ++i) {
        if (rows.data()[i] < 0 || rows.data()[i] >= images.count) {
          throw DataError(
              {.argument = "index",
               .message = concat(rows.data()[i], " is out of range for ", images.count, " images"),
               .got = concat(rows.data()[i])});
        }
      }
      images.index = rows.data();
      images.count = rows.size();
      holder.index = rows;
    }
    return images;
  }

  Targets<T> to_targets(const py::object& y, const py::object& weights, Holder& holder) const {
    Targets<T> targets;
    const Index rows = py::reinterpret_borrow<py::array>(holder.x).shape(0);
    holder.y = y;
    if (py::isinstance<Array<Index>>(y)) {
      const auto labels = py::reinterpret_borrow<Array<Index>>(y);
      expect_dims(labels, {rows}, "y");
      targets.labels = labels.data();
    } else {
      const auto values = expect<T>(y, "y");
      std::vector<Index> dims = network_.output().to_public();
      dims.insert(dims.begin(), rows);
      expect_dims(values, dims, "y");
      targets.rows = values.data();
    }
    if (!weights.is_none()) {
      const auto values = expect<T>(weights, "weights");
      expect_dims(values, {rows}, "weights");
      targets.weights = values.data();
      holder.weights = values;
    }
    return targets;
  }

  static Batch<T> batch(const Images& images, const Targets<T>& targets) {
    return {.inputs = {&images, 1}, .targets = {&targets, 1}};
  }

  // An array for each parameter.
  std::vector<Array<T>> arrays_of(const std::vector<std::string>& names) const {
    std::vector<Array<T>> arrays;
    arrays.reserve(names.size());
    for (const std::string& name : names) {
      arrays.push_back(make_array<T>(network_.parameter(name).dims));
    }
    return arrays;
  }
  static std::vector<T*> pointers(std::vector<Array<T>>& arrays) {
    std::vector<T*> data;
    data.reserve(arrays.size());
    for (Array<T>& array : arrays) data.push_back(array.mutable_data());
    return data;
  }

  SharedNetwork<T> shared_;
  const Network<T>& network_ = shared_.network();
};

template <class T>
void bind(py::module_& m, const char* name) {
  using Handle = NetworkHandle<T>;
  // The plain metaclass: there are no static properties, and type checkers know it.
  const py::handle plain(reinterpret_cast<PyObject*>(&PyType_Type));
  py::class_<Handle>(m, name, py::metaclass(plain))
      .def(py::init<const py::list&, const std::vector<Index>&, const py::dict&, const py::dict&,
                    std::uint64_t, bool, bool>(),
           py::arg("layers"), py::arg("input_shape"), py::arg("loss"), py::arg("optimizer"),
           py::arg("seed"), py::arg("exact_conv"), py::arg("draw_weights") = true)
      .def("train_batch", &Handle::train_batch, py::arg("x"), py::arg("y"),
           py::arg("index") = py::none(), py::arg("learning_rate") = py::none(), py::kw_only(),
           py::arg("weights") = py::none(), py::arg("epoch") = 0, py::arg("first_row") = 0)
      .def("evaluate_batch", &Handle::evaluate_batch, py::arg("x"), py::arg("y"),
           py::arg("index") = py::none(), py::kw_only(), py::arg("weights") = py::none())
      .def("predict", &Handle::predict, py::arg("x"), py::arg("index") = py::none())
      .def("gradients", &Handle::gradients, py::arg("x"), py::arg("y"), py::kw_only(),
           py::arg("weights") = py::none())
      .def("parameter_names", &Handle::parameter_names)
      .def("get_parameter", &Handle::get_parameter, py::arg("name"))
      .def("set_parameter", &Handle::set_parameter, py::arg("name"), py::arg("value"))
      .def("optimizer_state", &Handle::optimizer_state)
      .def("load_optimizer_state", &Handle::load_optimizer_state, py::arg("state"))
      .def("set_optimizer", &Handle::set_optimizer, py::arg("optimizer"))
      .def("set_augmentation", &Handle::set_augmentation, py::arg("steps"), py::arg("seed"))
      .def("set_trainable", &Handle::set_trainable, py::arg("names"))
      .def("swap_average", &Handle::swap_average)
      .def("layer_info", &Handle::layer_info)
      .def("workspace_bytes", &Handle::workspace_bytes)
      .def_property_readonly("output_shape", &Handle::output_shape)
      .def_property_readonly("taken_activation", &Handle::taken_activation);
}

}  // namespace

void bind_network(py::module_& m) {
  bind<float>(m, "Network32");
  bind<double>(m, "Network64");
}

}  // namespace cnnx::bindings
