// Building a network, its parameters and the optimizer's state. Running it: execute.cpp.
#include "cnnx/network.h"

#include <algorithm>

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
    : input_(input), kernels_(&current_tables().get<T>()) {
  if (options.loss) loss_ = make_loss<T>(*options.loss);
  Shape shape = input;
  for (const Attrs& attrs : layers) {
    const auto position = static_cast<Index>(layers_.size());
    try {
      layers_.push_back(make_layer<T>(attrs));
    } catch (const ConfigError& error) {
      throw ConfigError(concat("layer ", position, ": ", error.what()));
    }
    layers_.back()->plan(shape, *kernels_, {position, options.exact_conv});
    shape = layers_.back()->output();
  }
  check_loss();
  drop_final_activation();
  move_activations();
  make_parameters(options.seed);
  if (options.optimizer) set_optimizer(*options.optimizer);
  workspace_.plan(input_, layers_);
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

// A loss that has a final activation in it is given what goes into one; predict() applies it.
template <class T>
void Network<T>::drop_final_activation() {
  if (layers_.empty() || !loss_) return;
  const ActivationKind kind = loss_->takes_activation();
  if (kind == ActivationKind::linear || layers_.back()->final_activation() != kind) return;
  layers_.back()->drop_activation();
  taken_activation_ = kind;
}

// Lets max pools multiply by the derivative of the activation before them.
template <class T>
void Network<T>::move_activations() {
  for (std::size_t l = 0; l + 1 < layers_.size(); ++l) {
    const std::optional<Activation> activation = layers_[l]->activation_to_leave();
    if (activation && layers_[l + 1]->take_activation(*activation)) layers_[l]->leave_activation();
  }
}

template <class T>
void Network<T>::make_parameters(std::uint64_t seed) {
  Index total = 0;
  first_trained_ = static_cast<Index>(layers_.size());
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    for (const Parameter<T>& parameter : layers_[l]->parameters()) {
      total += round_up(parameter.count(), kAlign);
      first_trained_ = std::min(first_trained_, static_cast<Index>(l));
    }
  }
  weights_.resize(total + kAlign);
  grads_.resize(total + kAlign);
  Index at = 0;
  std::uint32_t number = 0;
  for (const auto& layer : layers_) {
    for (Parameter<T>& parameter : layer->parameters()) {
      parameter.value = weights_.data() + at;
      parameter.grad = grads_.data() + at;
      at += round_up(parameter.count(), kAlign);
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
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    for (const Parameter<T>& parameter : layers_[l]->parameters()) {
      names.push_back(std::to_string(l) + "." + parameter.name);
    }
  }
  return names;
}

template <class T>
const Parameter<T>& Network<T>::parameter(const std::string& name) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    for (const Parameter<T>& parameter : layers_[l]->parameters()) {
      if (name == std::to_string(l) + "." + parameter.name) return parameter;
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
  stale_ = true;
}

template <class T>
void Network<T>::read_gradient(const std::string& name, T* values) const {
  const Parameter<T>& found = parameter(name);
  to_public(found, found.grad, values);
}

template <class T>
void Network<T>::set_optimizer(const Attrs& attrs) {
  updater_.set_optimizer(attrs, *kernels_, weights_.size());
}

template <class T>
void Network<T>::plan_updates() {
  std::vector<UpdatePart> parts;
  for (const auto& layer : layers_) {
    for (const Parameter<T>& parameter : layer->parameters()) {
      if (!parameter.trained || parameter.frozen) continue;
      parts.push_back({offset_of(parameter), parameter.count(), parameter.dims.size() > 1});
    }
  }
  updater_.plan(parts);
}

template <class T>
void Network<T>::set_trainable(const std::vector<std::string>& names) {
  for (const std::string& name : names) parameter(name);  // throws for an unknown one
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    for (Parameter<T>& parameter : layers_[l]->parameters()) {
      const std::string name = std::to_string(l) + "." + parameter.name;
      parameter.frozen = std::find(names.begin(), names.end(), name) == names.end();
    }
  }
  plan_updates();
}

template <class T>
void Network<T>::swap_average() {
  T* average = updater_.swap_average();
  for (const auto& layer : layers_) {
    for (const Parameter<T>& parameter : layer->parameters()) {
      if (!parameter.trained) continue;
      std::swap_ranges(parameter.value, parameter.value + parameter.count(),
                       average + offset_of(parameter));
    }
  }
  stale_ = true;
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
