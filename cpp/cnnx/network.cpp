// Building a network, its parameters and the optimizer's state.
#include "cnnx/network.h"

#include <algorithm>
#include <utility>

#include "cnnx/core/error.h"
#include "cnnx/core/random.h"
#include "cnnx/kernels/dispatch.h"
#include "cnnx/layers/initializers.h"

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
Network<T>::Network(const Description& description, const NetworkOptions& options)
    : graph_(current_tables().get<T>(), options.exact_conv, options.seed),
      kernels_(&current_tables().get<T>()) {
  for (const OutputOptions& output : options.outputs) {
    losses_.push_back(output.loss ? make_loss<T>(*output.loss) : nullptr);
    loss_weights_.push_back(static_cast<T>(output.weight));
  }
  graph_.build(description);
  losses_.resize(outputs());
  loss_weights_.resize(outputs(), T{1});
  taken_activations_.resize(outputs(), ActivationKind::linear);
  for (std::size_t i = 0; i < outputs(); ++i) take_activation(i);
  graph_.fuse();
  for (const Node<T>& node : graph_.nodes()) {
    differs_ = differs_ || node.layer->inference_scaling().has_value();
  }
  make_parameters();
  if (options.draw_weights) draw_parameters(options.seed);
  if (options.optimizer) set_optimizer(*options.optimizer);
  plan_.make(graph_);
  for (Node<T>& node : graph_.nodes()) {
    if (Measuring<T>* measuring = node.layer->measuring()) {
      measuring->reserve_lanes(plan_.schedule().most_lanes);
    }
  }
}

// A loss that has a final activation in it is given what goes into one; predict() applies it.
template <class T>
void Network<T>::take_activation(std::size_t i) {
  const Loss<T>* loss = losses_[i].get();
  if (loss == nullptr) return;
  const ActivationKind kind = loss->takes_activation();
  if (kind == ActivationKind::softmax && !output(i).flat) {
    throw ShapeError(
        {.argument = "loss",
         .message = concat("cross-entropy expects outputs (classes,), the last layer gives ",
                           output(i).str()),
         .expected = "outputs (classes,)",
         .got = output(i).str(),
         .hint = "end the network with layers.Flatten() and layers.Dense()"});
  }
  loss->check(output(i).size());
  if (kind == ActivationKind::linear || graph_.last_activation(i) != kind) return;
  graph_.drop_last_activation(i);
  taken_activations_[i] = kind;
}

template <class T>
void Network<T>::make_parameters() {
  Index learned = 0, state = 0;
  each_parameter([&](Node<T>&, Parameter<T>& parameter) {
    (parameter.trained ? learned : state) += round_up(parameter.count(), kAlign);
  });
  weights_.resize(learned + kAlign);
  grads_.resize(learned + kAlign);
  state_.resize(state);
  Index weights_at = 0, state_at = 0;
  each_parameter([&](Node<T>&, Parameter<T>& parameter) {
    check_initializer(parameter.initializer);
    if (parameter.trained) {
      parameter.value = weights_.data() + weights_at;
      parameter.grad = grads_.data() + weights_at;
      weights_at += round_up(parameter.count(), kAlign);
    } else {
      parameter.value = state_.data() + state_at;
      state_at += round_up(parameter.count(), kAlign);
    }
  });
  plan_updates();
}

template <class T>
void Network<T>::draw_parameters(std::uint64_t seed) {
  std::uint32_t number = 0;
  each_parameter([&](Node<T>&, Parameter<T>& parameter) {
    initialize(parameter, Random(seed, Stream::initializer, number++));
  });
}

template <class T>
void Network<T>::pack(Packed purpose) {
  if (is_packed(purpose)) return;
  const bool inference = purpose == Packed::for_inference;
  for (const Node<T>& node : graph_.nodes()) {
    if (inference || !node.measures()) node.layer->pack(nullptr);
  }
  for (const Node<T>& node : graph_.nodes()) {
    if (!inference || node.folds_into < 0) continue;
    const std::optional<Scaling<T>> scaling = node.layer->inference_scaling();
    if (scaling) graph_.node(node.folds_into).layer->pack(&scaling.value());
  }
  packed_ = purpose;
}

template <class T>
void Network<T>::update(std::optional<double> learning_rate) {
  updater_.update(learning_rate.value_or(updater_.optimizer().learning_rate()), weights_.data(),
                  grads_.data());
  packed_ = Packed::no;
  for (const Node<T>& node : graph_.nodes()) {
    if (Measuring<T>* measuring = node.layer->measuring()) measuring->end_step();
  }
}

template <class T>
void Network<T>::require_optimizer() const {
  if (!updater_.ready()) {
    throw ConfigError("the network has no optimizer");
  }
  updater_.require_unswapped("training");
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
  throw NameError({.message = "no parameter \"" + name + "\"",
                   .expected = known,
                   .got = name,
                   .hint = "there are: " + known});
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
  if (!found.trained) {
    throw NameError(
        {.message = "parameter \"" + name + "\" is not learned: it has no gradient", .got = name});
  }
  to_public(found, found.grad, values);
}

template <class T>
void Network<T>::set_optimizer(const Attrs& attrs) {
  updater_.set_optimizer(attrs, *kernels_, weights_.size());
}

template <class T>
void Network<T>::set_augmentation(const std::vector<Attrs>& steps, std::uint64_t seed) {
  if (!steps.empty() && graph_.inputs() != 1) {
    throw ConfigError({.argument = "augmentation",
                       .expected = "a network with one input",
                       .got = concat(graph_.inputs(), " inputs")});
  }
  Augmentation<T> made(steps, input(), seed);
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
