// The layers of a network and how they are connected: what a description says, with the layers that
// are made of others taken apart.
#pragma once

#include <string>
#include <vector>

#include "cnnx/core/attrs.h"
#include "cnnx/core/shape.h"
#include "cnnx/flow.h"
#include "cnnx/layers/builder.h"
#include "cnnx/layers/layer.h"

namespace cnnx {

template <class T>
struct Node {
  LayerPtr<T> layer;
  std::string name;           // its parameters' names begin with it: "3", "3.branch.0"
  std::vector<Index> inputs;  // levels: 0 is the network's input, node n writes level n + 1
  Index folds_into = -1;      // in inference, the node that does this one's work as well
};

// One layer as the user wrote it: the nodes that it became.
struct Entry {
  Index begin, end;
};

template <class T>
class Graph final : private Builder<T> {
 public:
  Graph(const KernelTable<T>& kernels, bool exact_conv, std::uint64_t seed)
      : kernels_(kernels), exact_conv_(exact_conv), seed_(seed) {}

  // Plans all layers. Throws ShapeError and ConfigError, naming the layer.
  void build(const std::vector<Attrs>& layers, const Shape& input);
  // Lets layers do work of their neighbours. Once, before anything runs.
  void fuse();

  std::vector<Node<T>>& nodes() { return nodes_; }
  const std::vector<Node<T>>& nodes() const { return nodes_; }
  const std::vector<Entry>& entries() const { return entries_; }
  const Shape& output() const { return shapes_.back(); }
  const Shape& shape(Index level) const override {
    return shapes_[static_cast<std::size_t>(level)];
  }
  // Elements of an image at each level.
  std::vector<Index> sizes() const;
  std::vector<FlowNode> flow_nodes(Flow::Way way) const;

 private:
  Index add(LayerPtr<T> layer, const std::string& name, std::vector<Index> inputs) override;
  Index chain(const std::vector<Attrs>& layers, const std::string& name, Index input) override;
  Index append(const Attrs& layer, const std::string& name, Index input) override;
  // The only node that reads what node n writes, looking through nodes that hand it on; -1 where
  // several do, or where the network ends there.
  Index sole_reader(Index n) const;
  void absorb_activations();
  void move_activations();
  void fold_scalings();

  const KernelTable<T>& kernels_;
  bool exact_conv_;
  std::uint64_t seed_;
  std::vector<Node<T>> nodes_;
  std::vector<Shape> shapes_;  // of the levels
  std::vector<Entry> entries_;
};

}  // namespace cnnx
