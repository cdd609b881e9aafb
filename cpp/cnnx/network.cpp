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
  drop_final_softmax();
  move_activations();
  make_parameters(options.seed);
  if (options.optimizer) set_optimizer(*options.optimizer);
  workspace_.plan(input_, layers_);
}

template <class T>
void Network<T>::check_loss() const {
  if (!loss_ || !loss_->takes_logits() || output().flat) return;
  throw ShapeError(concat("loss: cross-entropy expects outputs (classes,), the last layer gives ",
                          output().str(),
                          "; end the network with layers.Flatten() and layers.Dense()"));
}

// A loss that takes logits has the softmax in it; predict() applies it to the outputs.
template <class T>
void Network<T>::drop_final_softmax() {
  if (layers_.empty() || !loss_ || !loss_->takes_logits()) return;
  if (!layers_.back()->activates_softmax()) return;
  layers_.back()->drop_softmax();
  ends_with_softmax_ = true;
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
  optimizer_ = make_optimizer<T>(attrs, *kernels_);
  slots_.clear();
  for (std::size_t i = 0; i < optimizer_->slots().size(); ++i) slots_.emplace_back(weights_.size());
  step_ = 0;
}

template <class T>
void Network<T>::set_augmentation(const std::vector<Attrs>& steps, std::uint64_t seed) {
  Augmentation<T> made(steps, input_, seed);
  augmentation_.reset();
  if (!made.empty()) augmentation_ = std::move(made);
}

template <class T>
std::vector<std::string> Network<T>::slots() const {
  return optimizer_ ? optimizer_->slots() : std::vector<std::string>{};
}

template <class T>
void Network<T>::read_slot(const std::string& name, Index slot, T* values) const {
  const Parameter<T>& found = parameter(name);
  to_public(found, slots_[static_cast<std::size_t>(slot)].data() + offset_of(found), values);
}

template <class T>
void Network<T>::write_slot(const std::string& name, Index slot, const T* values) {
  const Parameter<T>& found = parameter(name);
  to_stored(found, values, slots_[static_cast<std::size_t>(slot)].data() + offset_of(found));
}

template class Network<float>;
template class Network<double>;

}  // namespace cnnx
