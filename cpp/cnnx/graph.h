// The layers of a network and how they hang together: what a description says, with the layers that
// are made of others taken apart. A chain is a graph with one input, one output and no branches.
//   level  an array between layers: first the network's inputs, then what each node writes
#pragma once

#include <string>
#include <vector>

#include "cnnx/core/attrs.h"
#include "cnnx/core/shape.h"
#include "cnnx/description.h"
#include "cnnx/flow.h"
#include "cnnx/layers/builder.h"
#include "cnnx/layers/layer.h"

namespace cnnx {

template <class T>
struct Node {
  LayerPtr<T> layer;
  std::string name;           // its parameters' names begin with it: "3", "3.branch.0"
  std::vector<Index> inputs;  // levels
  LayerTraits traits{};       // of the layer
  Index folds_into = -1;      // in inference, the node that does this one's work as well

  bool measures() const { return layer->measuring() != nullptr; }
};

// One layer as the user wrote it: the nodes that it became, and the level that it gives.
struct Entry {
  std::string name;
  std::string kind;  // as descriptions spell it
  Index begin, end;
  Index level;
};

template <class T>
class Graph final : private Builder<T> {
 public:
  Graph(const KernelTable<T>& kernels, bool exact_conv, std::uint64_t seed)
      : kernels_(kernels), exact_conv_(exact_conv), seed_(seed) {}

  // Plans all layers. Throws ShapeError and ConfigError, naming the layer.
  void build(const Description& description);
  // The activation that an output ends with and that nothing but a loss reads; linear where there
  // is none. It can be dropped, so that the loss or predict() applies it.
  ActivationKind last_activation(std::size_t output);
  void drop_last_activation(std::size_t output);
  // Lets layers do work of their neighbours. Once, before anything runs.
  void fuse();

  std::vector<Node<T>>& nodes() { return nodes_; }
  const std::vector<Node<T>>& nodes() const { return nodes_; }
  Node<T>& node(Index n) { return nodes_[to_size(n)]; }
  const Node<T>& node(Index n) const { return nodes_[to_size(n)]; }
  Index count() const { return std::ssize(nodes_); }
  Index level_of(Index n) const { return inputs_ + n; }
  Index writer_of(Index level) const { return level - inputs_; }  // negative for an input

  const std::vector<Entry>& entries() const { return entries_; }
  Index inputs() const { return inputs_; }
  const std::vector<Index>& outputs() const { return outputs_; }  // levels
  const Shape& input(std::size_t i) const { return shapes_[i]; }
  const Shape& output(std::size_t i) const { return shape(outputs_[i]); }
  const Shape& shape(Index level) const override { return shapes_[to_size(level)]; }
  FlowGraph flow_graph(Flow::Way way) const;

 private:
  Index add(LayerPtr<T> layer, const std::string& name, std::vector<Index> inputs) override;
  Index chain(const std::vector<Attrs>& layers, const std::string& name, Index input) override;
  Index append(const Attrs& layer, const std::string& name, std::vector<Index> inputs) override;
  void check_all_read() const;
  // The levels that hold the same numbers as this one because layers pass them through.
  std::vector<bool> same_as(Index level) const;
  // The only node that reads what node n writes, looking through nodes that hand it on; -1 where
  // several do, or where the network ends there.
  Index sole_reader(Index n) const;
  FusedActivation* fused(Index n) const { return node(n).layer->fused_activation(); }
  void renew_traits(Index n) { node(n).traits = node(n).layer->traits(); }
  void absorb_activations();
  void move_activations();
  void fold_scalings();

  const KernelTable<T>& kernels_;
  bool exact_conv_;
  std::uint64_t seed_;
  Index inputs_ = 0;
  std::vector<Index> outputs_;
  std::vector<Node<T>> nodes_;
  std::vector<Shape> shapes_;  // of the levels
  std::vector<Entry> entries_;
};

}  // namespace cnnx
