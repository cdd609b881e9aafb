// Networks on public arrays (N, C, H, W).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cnnx/network.h"
#include "support/descriptions.h"

namespace cnnx::test {

inline NetworkOptions options(std::optional<Attrs> loss, std::optional<Attrs> optimizer = {},
                              std::uint64_t seed = 0, bool exact_conv = false) {
  return {std::move(loss), std::move(optimizer), seed, exact_conv};
}

template <class T>
Images images(const Network<T>& network, const std::vector<T>& rows) {
  return {rows.data(), sizeof(T) == 4 ? ImageType::float32 : ImageType::float64, nullptr,
          static_cast<Index>(rows.size()) / network.input().size()};
}

template <class T>
std::vector<T> predict(Network<T>& network, const std::vector<T>& rows) {
  const Images batch = images(network, rows);
  std::vector<T> outputs(static_cast<std::size_t>(batch.count * network.output().size()));
  network.predict(batch, outputs.data());
  return outputs;
}

template <class T>
std::vector<T> parameter(const Network<T>& network, const std::string& name) {
  std::vector<T> values(static_cast<std::size_t>(network.parameter(name).count()));
  network.read_parameter(name, values.data());
  return values;
}

// All parameters, one after another.
template <class T>
std::vector<T> parameters(const Network<T>& network) {
  std::vector<T> all;
  for (const std::string& name : network.parameter_names()) {
    const std::vector<T> values = parameter(network, name);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

template <class T>
struct Gradients {
  BatchResult result;
  std::map<std::string, std::vector<T>> parameters;
  std::vector<T> images;

  std::vector<T> all() const {
    std::vector<T> values = images;
    for (const auto& [name, part] : parameters)
      values.insert(values.end(), part.begin(), part.end());
    return values;
  }
};

template <class T>
void read_gradients(const Network<T>& network, Gradients<T>& gradients) {
  for (const std::string& name : network.learned_names()) {
    std::vector<T>& values = gradients.parameters[name];
    values.resize(static_cast<std::size_t>(network.parameter(name).count()));
    network.read_gradient(name, values.data());
  }
}

// Of the mean loss.
template <class T>
Gradients<T> differentiate(Network<T>& network, const std::vector<T>& rows,
                           const Targets<T>& targets) {
  Gradients<T> gradients;
  gradients.images.resize(rows.size());
  gradients.result = network.differentiate(images(network, rows), targets, gradients.images.data());
  read_gradients(network, gradients);
  return gradients;
}

// Of the sum of outputs times `grad_outputs`.
template <class T>
Gradients<T> backpropagate(Network<T>& network, const std::vector<T>& rows,
                           const std::vector<T>& grad_outputs) {
  Gradients<T> gradients;
  gradients.images.resize(rows.size());
  network.backpropagate(images(network, rows), grad_outputs.data(), gradients.images.data());
  read_gradients(network, gradients);
  return gradients;
}

// How the batches of a network are cut.
template <class T>
Schedule schedule_of(const Network<T>& network) {
  return network.workspace().schedule();
}

}  // namespace cnnx::test
