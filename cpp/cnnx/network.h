// A network: its layers, their weights and the state of its optimizer. Runners (runner.h) bring
// batches through it: any number of them may at once look at outputs; whoever changes the network,
// a runner that trains included, must be alone with it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cnnx/augment/augmentation.h"
#include "cnnx/core/attrs.h"
#include "cnnx/core/buffer.h"
#include "cnnx/core/shape.h"
#include "cnnx/description.h"
#include "cnnx/graph.h"
#include "cnnx/losses/loss.h"
#include "cnnx/plan.h"
#include "cnnx/update.h"

namespace cnnx {

struct OutputOptions {
  std::optional<Attrs> loss;
  double weight = 1;  // of its loss in the sum that training minimises
};

struct NetworkOptions {
  std::vector<OutputOptions> outputs;  // none: no losses
  std::optional<Attrs> optimizer;
  std::uint64_t seed = 0;
  bool exact_conv = false;   // direct convolution only
  bool draw_weights = true;  // false: they are zero until they are written
};

template <class T>
class Network {
 public:
  // Throws ShapeError and ConfigError, naming the layer.
  Network(const Description& description, const NetworkOptions& options);
  ~Network() = default;
  Network(const Network&) = delete;  // layers refer to its weights
  Network& operator=(const Network&) = delete;

  const Graph<T>& graph() const { return graph_; }
  const Plan<T>& plan() const { return plan_; }
  const KernelTable<T>& kernels() const { return *kernels_; }
  Layer<T>& layer(Index node) { return *graph_.node(node).layer; }
  const Layer<T>& layer(Index node) const { return *graph_.node(node).layer; }
  std::size_t inputs() const { return to_size(graph_.inputs()); }
  std::size_t outputs() const { return graph_.outputs().size(); }
  const Shape& input(std::size_t i = 0) const { return graph_.input(i); }
  const Shape& output(std::size_t i = 0) const { return graph_.output(i); }
  // Null where an output has none.
  const Loss<T>* loss(std::size_t output) const { return losses_[output].get(); }
  T loss_weight(std::size_t output) const { return loss_weights_[output]; }
  // The final activation that the loss has in it and predict() applies; linear: none.
  ActivationKind taken_activation(std::size_t output = 0) const {
    return taken_activations_[output];
  }

  // The augmentation of training images, in the order given; none: nothing. ConfigError.
  void set_augmentation(const std::vector<Attrs>& steps, std::uint64_t seed);
  // Null: images are taken as they are.
  const Augmentation<T>* augmentation() const { return augmentation_ ? &*augmentation_ : nullptr; }

  // Brings weights into the form that layers read, unless they are in it already. A runner that
  // finds it done changes nothing.
  enum class Packed { no, for_training, for_inference };
  bool is_packed(Packed purpose) const {
    return packed_ == purpose || (packed_ != Packed::no && !differs_);
  }
  void pack(Packed purpose);

  // Names are "<layer>.<parameter>", nested ones "<layer>.branch.<layer>.<parameter>"; values in
  // the public layout. NameError, ShapeError.
  std::vector<std::string> parameter_names() const;
  std::vector<std::string> learned_names() const;  // without running averages and the like
  const Parameter<T>& parameter(const std::string& name) const;
  void read_parameter(const std::string& name, T* values) const;
  void write_parameter(const std::string& name, const T* values);
  void read_gradient(const std::string& name, T* values) const;

  void set_optimizer(const Attrs& attrs);
  // Throws ConfigError where training is not possible.
  void require_optimizer() const;
  // One step along the gradients, which are clipped in place; running averages move on.
  void update(std::optional<double> learning_rate);
  // Only the parameters named are updated from now on, running statistics not even then. NameError.
  void set_trainable(const std::vector<std::string>& names);
  // Swaps the weights with their running average; a second call swaps them back.
  void swap_average();
  void require_unswapped(const char* action) const { updater_.require_unswapped(action); }
  Index step() const { return updater_.step(); }
  void set_step(Index step) { updater_.set_step(step); }
  std::vector<std::string> slots() const { return updater_.slots(); }
  void read_slot(const std::string& name, Index slot, T* values) const;
  void write_slot(const std::string& name, Index slot, const T* values);

 private:
  template <class Body>
  void each_parameter(Body&& body) {
    for (Node<T>& node : graph_.nodes()) {
      for (Parameter<T>& parameter : node.layer->parameters()) body(node, parameter);
    }
  }
  template <class Body>
  void each_parameter(Body&& body) const {
    for (const Node<T>& node : graph_.nodes()) {
      for (const Parameter<T>& parameter : node.layer->parameters()) body(node, parameter);
    }
  }
  void take_activation(std::size_t i);
  void make_parameters();
  void draw_parameters(std::uint64_t seed);
  void plan_updates();
  Index offset_of(const Parameter<T>& parameter) const { return parameter.value - weights_.data(); }

  Graph<T> graph_;
  Plan<T> plan_;
  const KernelTable<T>* kernels_;
  std::vector<LossPtr<T>> losses_;  // of the outputs
  std::vector<T> loss_weights_;
  std::vector<ActivationKind> taken_activations_;
  Packed packed_ = Packed::no;  // what the packed weights are good for
  bool differs_ = false;        // packed weights for inference are others than for training

  Buffer<T> weights_, grads_;
  Buffer<T> state_;  // parameters that are not learned
  Updater<T> updater_;
  std::optional<Augmentation<T>> augmentation_;
};

}  // namespace cnnx
