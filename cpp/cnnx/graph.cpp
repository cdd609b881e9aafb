#include "cnnx/graph.h"

#include "cnnx/core/error.h"
#include "cnnx/layers/activations.h"

namespace cnnx {

template <class T>
void Graph<T>::build(const std::vector<Attrs>& layers, const Shape& input) {
  shapes_ = {input};
  Index level = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const auto begin = static_cast<Index>(nodes_.size());
    level = append(layers[i], std::to_string(i), level);
    entries_.push_back({begin, static_cast<Index>(nodes_.size())});
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
  nodes_.push_back({std::move(layer), name, std::move(inputs)});
  return static_cast<Index>(nodes_.size());
}

template <class T>
Index Graph<T>::chain(const std::vector<Attrs>& layers, const std::string& name, Index input) {
  Index level = input;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    level = append(layers[i], concat(name, ".", i), level);
  }
  return level;
}

template <class T>
Index Graph<T>::append(const Attrs& layer, const std::string& name, Index input) {
  try {
    return append_layer<T>(*this, layer, name, input);
  } catch (Error& error) {
    error.set_layer(name);
    throw;
  }
}

template <class T>
std::vector<Index> Graph<T>::sizes() const {
  std::vector<Index> sizes;
  sizes.reserve(shapes_.size());
  for (const Shape& shape : shapes_) sizes.push_back(shape.size());
  return sizes;
}

template <class T>
std::vector<FlowNode> Graph<T>::flow_nodes(Flow::Way way) const {
  const bool inference = way == Flow::Way::inference;
  std::vector<FlowNode> flow;
  flow.reserve(nodes_.size());
  for (const Node<T>& node : nodes_) {
    const Layer<T>& layer = *node.layer;
    FlowNode n;
    n.inputs = node.inputs;
    n.passes_through = inference ? layer.passes_through_in_inference() || node.folds_into >= 0
                                 : layer.passes_through();
    n.whole_batch = layer.whole_batch();
    n.measures = layer.measures();
    n.reads_input = layer.reads_input();
    n.reads_output = layer.reads_output();
    n.adds_gradients = layer.adds_gradients();
    n.hands_gradient_on = layer.hands_gradient_on();
    flow.push_back(std::move(n));
  }
  return flow;
}

template <class T>
Index Graph<T>::sole_reader(Index n) const {
  std::vector<bool> same(shapes_.size(), false);  // levels that are this one
  same[static_cast<std::size_t>(n + 1)] = true;
  Index reader = -1;
  for (Index other = n + 1; other < static_cast<Index>(nodes_.size()); ++other) {
    const Node<T>& node = nodes_[static_cast<std::size_t>(other)];
    for (const Index input : node.inputs) {
      if (!same[static_cast<std::size_t>(input)]) continue;
      if (node.layer->passes_through()) {
        same[static_cast<std::size_t>(other + 1)] = true;
      } else if (reader >= 0) {
        return -1;
      } else {
        reader = other;
      }
    }
  }
  // What leaves the network is read by the loss.
  return same.back() ? -1 : reader;
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
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    const Index reader = sole_reader(static_cast<Index>(n));
    if (reader < 0) continue;
    Layer<T>& behind = *nodes_[static_cast<std::size_t>(reader)].layer;
    const std::optional<Activation> activation = behind.sole_activation();
    if (activation && nodes_[n].layer->absorb_activation(*activation)) behind.drop_activation();
  }
}

// Lets max pools multiply by the derivative of the activation before them.
template <class T>
void Graph<T>::move_activations() {
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    const std::optional<Activation> activation = nodes_[n].layer->activation_to_leave();
    const Index reader = sole_reader(static_cast<Index>(n));
    if (!activation || reader < 0) continue;
    if (nodes_[static_cast<std::size_t>(reader)].layer->take_activation(*activation)) {
      nodes_[n].layer->leave_activation();
    }
  }
}

// In inference a normalisation is a scale and an offset, which the weights before it can take in.
template <class T>
void Graph<T>::fold_scalings() {
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    if (!nodes_[n].layer->folds()) continue;
    const Index reader = sole_reader(static_cast<Index>(n));
    if (reader < 0) continue;
    Node<T>& behind = nodes_[static_cast<std::size_t>(reader)];
    const bool same_channels = !behind.layer->input().flat || behind.layer->input().pixels() == 1;
    if (same_channels && behind.layer->inference_scaling()) {
      behind.folds_into = static_cast<Index>(n);
    }
  }
}

template class Graph<float>;
template class Graph<double>;

}  // namespace cnnx
