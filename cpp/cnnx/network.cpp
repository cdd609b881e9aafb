// Building a network, its parameters and the optimizer's state. Running it: execute.cpp.
#include "cnnx/network.h"

#include <algorithm>
#include <utility>

#include "cnnx/core/error.h"
#include "cnnx/core/random.h"
#include "cnnx/initializers.h"
#include "cnnx/kernels/dispatch.h"

namespace cnnx {
namespace {

constexpr Index kAlign = 16;  // elements; kernels may read up to 64 bytes past a weight array

// Calls body(public index, stored index) for every element: stored axes are public (2, 3, 1, 0).
template <class Body>
void for_each_element(const std::array<Index, 4>& view, Body&& body) {
  const auto [out, in, rows, columns] = view;
  Index stored = 0;
  for (Index r = 0; r < rows; ++r) {
    for (Index c = 0; c < columns; ++c) {
      for (Index i = 0; i < in; ++i) {
        for (Index o = 0; o < out; ++o) body(((o * in + i) * rows + r) * columns + c, stored++);
      }
    }
  }
}

template <class T>
void to_public(const Parameter<T>& parameter, const T* stored, T* values) {
  for_each_element(parameter.view, [&](Index p, Index s) { values[p] = stored[s]; });
}

template <class T>
void to_stored(const Parameter<T>& parameter, const T* values, T* stored) {
  for_each_element(parameter.view, [&](Index p, Index s) { stored[s] = values[p]; });
}

}  // namespace

template <class T>
Network<T>::Network(const std::vector<Attrs>& layers, const Shape& input,
                    const NetworkOptions& options)
    : input_(input),
      graph_(current_tables().get<T>(), options.exact_conv, options.seed),
      kernels_(&current_tables().get<T>()) {
  if (options.loss) loss_ = make_loss<T>(*options.loss);
  graph_.build(layers, input);
  check_loss();
  drop_final_activation();
  graph_.fuse();
  for (const Node<T>& node : graph_.nodes()) {
    differs_ = differs_ || node.layer->inference_scaling().has_value();
  }
  make_parameters(options.seed);
  if (options.optimizer) set_optimizer(*options.optimizer);
  workspace_.plan(graph_);
  for (Node<T>& node : graph_.nodes()) {
    node.layer->reserve_lanes(workspace_.schedule().most_lanes);
  }
}

template <class T>
void Network<T>::check_loss() const {
  if (!loss_) return;
  if (loss_->takes_activation() == ActivationKind::softmax && !output().flat) {
    throw ShapeError(concat("loss: cross-entropy expects outputs (classes,), the last layer gives ",
                            output().str(),
                            "; end the network with layers.Flatten() and layers.Dense()"));
  }
  loss_->check(output().size());
}

// A loss that includes a final activation is given the inputs of it; predict() applies it.
template <class T>
void Network<T>::drop_final_activation() {
  if (nodes() == 0 || !loss_) return;
  const ActivationKind kind = loss_->takes_activation();
  Layer<T>& last = layer(nodes() - 1);
  if (kind == ActivationKind::linear || last.final_activation() != kind) return;
  last.drop_activation();
  taken_activation_ = kind;
}

template <class T>
void Network<T>::make_parameters(std::uint64_t seed) {
  Index learned = 0, state = 0;
  for (const Node<T>& node : graph_.nodes()) {
    for (const Parameter<T>& parameter : node.layer->parameters()) {
      (parameter.trained ? learned : state) += round_up(parameter.count(), kAlign);
    }
  }
  weights_.resize(learned + kAlign);
  grads_.resize(learned + kAlign);
  state_.resize(state);
  Index weights_at = 0, state_at = 0;
  std::uint32_t number = 0;
  for (Node<T>& node : graph_.nodes()) {
    for (Parameter<T>& parameter : node.layer->parameters()) {
      if (parameter.trained) {
        parameter.value = weights_.data() + weights_at;
        parameter.grad = grads_.data() + weights_at;
        weights_at += round_up(parameter.count(), kAlign);
      } else {
        parameter.value = state_.data() + state_at;
        state_at += round_up(parameter.count(), kAlign);
      }
      std::vector<double> values(static_cast<std::size_t>(parameter.count()));
      initialize(parameter.initializer, parameter.fan_in, parameter.fan_out,
                 Random(seed, Stream::initializer, number++), values);
      for_each_element(parameter.view, [&](Index p, Index s) {
        parameter.value[s] = static_cast<T>(values[static_cast<std::size_t>(p)]);
      });
    }
  }
  plan_updates();
}

template <class T>
std::vector<std::string> Network<T>::parameter_names() const {
  std::vector<std::string> names;
  for (const Node<T>& node : graph_.nodes()) {
    for (const Parameter<T>& parameter : node.layer->parameters()) {
      names.push_back(node.name + "." + parameter.name);
    }
  }
  return names;
}

template <class T>
std::vector<std::string> Network<T>::learned_names() const {
  std::vector<std::string> names;
  for (const std::string& name : parameter_names()) {
    if (parameter(name).trained) names.push_back(name);
  }
  return names;
}

template <class T>
const Parameter<T>& Network<T>::parameter(const std::string& name) const {
  for (const Node<T>& node : graph_.nodes()) {
    for (const Parameter<T>& parameter : node.layer->parameters()) {
      if (name == node.name + "." + parameter.name) return parameter;
    }
  }
  std::string known;
  for (const std::string& other : parameter_names()) known += (known.empty() ? "" : ", ") + other;
  throw NameError(concat("no parameter \"", name, "\"; there are: ", known));
}

template <class T>
void Network<T>::read_parameter(const std::string& name, T* values) const {
  const Parameter<T>& found = parameter(name);
  to_public(found, found.value, values);
}

template <class T>
void Network<T>::write_parameter(const std::string& name, const T* values) {
  const Parameter<T>& found = parameter(name);
  to_stored(found, values, found.value);
  packed_ = Packed::no;
}

template <class T>
void Network<T>::read_gradient(const std::string& name, T* values) const {
  const Parameter<T>& found = parameter(name);
  if (!found.trained)
    throw NameError(concat("parameter \"", name, "\" is not learned: it has no gradient"));
  to_public(found, found.grad, values);
}

template <class T>
void Network<T>::set_optimizer(const Attrs& attrs) {
  updater_.set_optimizer(attrs, *kernels_, weights_.size());
}

template <class T>
void Network<T>::set_augmentation(const std::vector<Attrs>& steps, std::uint64_t seed) {
  Augmentation<T> made(steps, input_, seed);
  augmentation_.reset();
  if (!made.empty()) augmentation_ = std::move(made);
}

template <class T>
void Network<T>::plan_updates() {
  std::vector<UpdatePart> parts;
  for (const Node<T>& node : graph_.nodes()) {
    for (const Parameter<T>& parameter : node.layer->parameters()) {
      if (!parameter.trained || parameter.frozen) continue;
      parts.push_back({offset_of(parameter), parameter.count(), parameter.dims.size() > 1});
    }
  }
  updater_.plan(parts);
}

template <class T>
void Network<T>::set_trainable(const std::vector<std::string>& names) {
  for (const std::string& name : names) parameter(name);  // throws for an unknown one
  for (Node<T>& node : graph_.nodes()) {
    for (Parameter<T>& parameter : node.layer->parameters()) {
      const std::string name = node.name + "." + parameter.name;
      parameter.frozen = std::find(names.begin(), names.end(), name) == names.end();
    }
  }
  plan_updates();
}

template <class T>
void Network<T>::swap_average() {
  T* average = updater_.swap_average();
  for (const Node<T>& node : graph_.nodes()) {
    for (const Parameter<T>& parameter : node.layer->parameters()) {
      if (!parameter.trained) continue;
      std::swap_ranges(parameter.value, parameter.value + parameter.count(),
                       average + offset_of(parameter));
    }
  }
  packed_ = Packed::no;
}

template <class T>
void Network<T>::read_slot(const std::string& name, Index slot, T* values) const {
  const Parameter<T>& found = parameter(name);
  to_public(found, updater_.slot(slot) + offset_of(found), values);
}

template <class T>
void Network<T>::write_slot(const std::string& name, Index slot, const T* values) {
  const Parameter<T>& found = parameter(name);
  to_stored(found, values, updater_.slot(slot) + offset_of(found));
}

template class Network<float>;
template class Network<double>;

}  // namespace cnnx
