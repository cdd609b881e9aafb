#include "cnnx/graph.h"

#include <algorithm>

#include "cnnx/core/error.h"
#include "cnnx/layers/activations.h"

namespace cnnx {

template <class T>
void Graph<T>::build(const Description& description) {
  shapes_ = description.inputs;
  inputs_ = std::ssize(shapes_);
  std::vector<Index> levels(to_size(inputs_));  // of the description's values
  for (Index i = 0; i < inputs_; ++i) levels[to_size(i)] = i;
  for (const LayerCall& call : description.calls) {
    std::vector<Index> inputs;
    inputs.reserve(call.inputs.size());
    for (const Index value : call.inputs) inputs.push_back(levels.at(to_size(value)));
    const Index begin = count();
    levels.push_back(append(call.layer, call.name, std::move(inputs)));
    entries_.push_back({call.name, call.layer.text("kind"), begin, count(), levels.back()});
  }
  for (const Index value : description.outputs) outputs_.push_back(levels.at(to_size(value)));
  check_all_read();
  for (Index n = 0; n < count(); ++n) renew_traits(n);
}

// A level that nobody reads would have no gradient.
template <class T>
void Graph<T>::check_all_read() const {
  std::vector<bool> read(shapes_.size(), false);
  for (const Node<T>& node : nodes_) {
    for (const Index level : node.inputs) read[to_size(level)] = true;
  }
  for (const Index level : outputs_) read[to_size(level)] = true;
  for (Index level = 0; level < std::ssize(shapes_); ++level) {
    if (read[to_size(level)]) continue;
    const char* hint = "use it in a layer, make it an output, or leave it out";
    if (level < inputs_) {
      throw ConfigError({.argument = "inputs",
                         .message = concat("input ", level, " is used by no layer"),
                         .hint = hint});
    }
    throw ConfigError({.layer = node(writer_of(level)).name,
                       .layer_name = node(writer_of(level)).layer->kind(),
                       .message = "its result is used by no layer and is no output",
                       .hint = hint});
  }
}

template <class T>
Index Graph<T>::add(LayerPtr<T> layer, const std::string& name, std::vector<Index> inputs) {
  std::vector<Shape> shapes;
  shapes.reserve(inputs.size());
  for (const Index level : inputs) shapes.push_back(shape(level));
  layer->plan(std::move(shapes), kernels_,
              {name, exact_conv_, seed_, static_cast<std::uint32_t>(nodes_.size())});
  shapes_.push_back(layer->output());
  nodes_.push_back({.layer = std::move(layer), .name = name, .inputs = std::move(inputs)});
  return level_of(count() - 1);
}

template <class T>
Index Graph<T>::chain(const std::vector<Attrs>& layers, const std::string& name, Index input) {
  Index level = input;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    level = append(layers[i], concat(name, ".", i), {level});
  }
  return level;
}

template <class T>
Index Graph<T>::append(const Attrs& layer, const std::string& name, std::vector<Index> inputs) {
  try {
    return append_layer<T>(*this, layer, name, std::move(inputs));
  } catch (Error& error) {
    error.set_layer(name);
    throw;
  }
}

template <class T>
FlowGraph Graph<T>::flow_graph(Flow::Way way) const {
  FlowGraph flow{.nodes = {}, .sizes = {}, .inputs = inputs_, .outputs = outputs_};
  for (const Shape& shape : shapes_) flow.sizes.push_back(shape.size());
  for (const Node<T>& node : nodes_) {
    const LayerTraits& traits = node.traits;
    const bool by_others = traits.passes_through_in_inference || node.folds_into >= 0;
    flow.nodes.push_back(
        {.inputs = node.inputs,
         .passes_through = traits.passes_through || (way == Flow::Way::inference && by_others),
         .whole_batch = traits.whole_batch,
         .measures = node.measures(),
         .reads_input = traits.reads_input,
         .reads_output = traits.reads_output,
         .adds_gradients = traits.adds_gradients,
         .hands_gradient_on = traits.hands_gradient_on});
  }
  return flow;
}

template <class T>
ActivationKind Graph<T>::last_activation(std::size_t output) {
  const Index level = outputs_[output];
  if (level < inputs_ || std::ranges::count(outputs_, level) > 1) return ActivationKind::linear;
  const bool read = std::ranges::any_of(nodes_, [&](const Node<T>& node) {
    return std::ranges::find(node.inputs, level) != node.inputs.end();
  });
  const FusedActivation* activation = fused(writer_of(level));
  return read || activation == nullptr ? ActivationKind::linear : activation->last();
}

template <class T>
void Graph<T>::drop_last_activation(std::size_t output) {
  const Index n = writer_of(outputs_[output]);
  fused(n)->drop();
  renew_traits(n);
}

template <class T>
std::vector<bool> Graph<T>::same_as(Index level) const {
  std::vector<bool> same(shapes_.size(), false);
  same[to_size(level)] = true;
  for (Index n = 0; n < count(); ++n) {
    if (node(n).traits.passes_through && same[to_size(node(n).inputs[0])]) {
      same[to_size(level_of(n))] = true;
    }
  }
  return same;
}

template <class T>
Index Graph<T>::sole_reader(Index n) const {
  const std::vector<bool> same = same_as(level_of(n));
  Index reader = -1;
  for (Index other = n + 1; other < count(); ++other) {
    if (node(other).traits.passes_through) continue;
    for (const Index input : node(other).inputs) {
      if (!same[to_size(input)]) continue;
      if (reader >= 0) return -1;
      reader = other;
    }
  }
  // What leaves the network is read by the loss.
  for (const Index level : outputs_) {
    if (same[to_size(level)]) return -1;
  }
  return reader;
}

template <class T>
void Graph<T>::fuse() {
  absorb_activations();
  move_activations();
  fold_scalings();
}

// An activation in a layer of its own is applied by the layer before it, where that one can.
template <class T>
void Graph<T>::absorb_activations() {
  for (Index n = 0; n < count(); ++n) {
    const Index reader = sole_reader(n);
    if (reader < 0 || fused(n) == nullptr || fused(reader) == nullptr) continue;
    const std::optional<Activation> activation = fused(reader)->sole();
    if (!activation || !fused(n)->absorb(*activation)) continue;
    fused(reader)->drop();
    renew_traits(n);
    renew_traits(reader);
  }
}

// Lets max pools multiply by the derivative of the activation before them.
template <class T>
void Graph<T>::move_activations() {
  for (Index n = 0; n < count(); ++n) {
    const Index reader = sole_reader(n);
    if (reader < 0 || fused(n) == nullptr || fused(reader) == nullptr) continue;
    const std::optional<Activation> activation = fused(n)->to_leave();
    if (!activation || !fused(reader)->take(*activation)) continue;
    fused(n)->leave();
    renew_traits(n);
    renew_traits(reader);
  }
}

// In inference a normalisation is a scale and an offset, which the weights before it can take in.
template <class T>
void Graph<T>::fold_scalings() {
  for (Index n = 0; n < count(); ++n) {
    if (!node(n).traits.folds) continue;
    const Index reader = sole_reader(n);
    if (reader < 0) continue;
    Node<T>& behind = node(reader);
    const bool same_channels = !behind.layer->input().flat || behind.layer->input().pixels() == 1;
    if (same_channels && behind.layer->inference_scaling()) behind.folds_into = n;
  }
}

template class Graph<float>;
template class Graph<double>;

}  // namespace cnnx
