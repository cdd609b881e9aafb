// Networks on public arrays (N, C, H, W).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cnnx/network.h"
#include "cnnx/runner.h"
#include "support/descriptions.h"

namespace cnnx::test {

inline NetworkOptions options(std::optional<Attrs> loss, std::optional<Attrs> optimizer = {},
                              std::uint64_t seed = 0, bool exact_conv = false) {
  return {.outputs = {{.loss = std::move(loss)}},
          .optimizer = std::move(optimizer),
          .seed = seed,
          .exact_conv = exact_conv};
}

// Layers in a row, with what runs them.
template <class T>
class Network : public cnnx::Network<T> {
 public:
  Network(const std::vector<Attrs>& layers, const Shape& input, const NetworkOptions& options)
      : cnnx::Network<T>(Description::chain(layers, input), options) {}

  BatchResult train_batch(const Images& images, const Targets<T>& targets,
                          std::optional<double> learning_rate) {
    return runner_.train_batch(batch(images, targets), learning_rate).front();
  }
  BatchResult evaluate_batch(const Images& images, const Targets<T>& targets) {
    return runner_.evaluate_batch(batch(images, targets)).front();
  }
  void predict(const Images& images, T* outputs) { runner_.predict({&images, 1}, {&outputs, 1}); }
  BatchResult differentiate(const Images& images, const Targets<T>& targets, T* grad_images) {
    return runner_.differentiate(batch(images, targets), {&grad_images, 1}).front();
  }
  void backpropagate(const Images& images, const T* grad_outputs, T* grad_images) {
    runner_.backpropagate({&images, 1}, {&grad_outputs, 1}, {&grad_images, 1});
  }
  Index workspace_bytes() const { return runner_.workspace_bytes(); }

 private:
  static Batch<T> batch(const Images& images, const Targets<T>& targets) {
    return {.inputs = {&images, 1}, .targets = {&targets, 1}};
  }

  Runner<T> runner_{*this};
};

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
  return network.plan().schedule();
}

}  // namespace cnnx::test
