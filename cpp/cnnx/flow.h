// What a network does in which order and where its numbers lie meanwhile, told from the layers'
// places in it alone:
//   level    an array between layers: first the network's inputs, then what each node writes
//   root     the level whose memory a level shares: another one where a layer passes through
//   segment  nodes that a slice of images walks through together, or one node that takes the whole
//            pass
//   place    of a root's numbers: kept from forward to backward, in a buffer for a pass, or in a
//            buffer for a slice; buffers serve one root after another
#pragma once

#include <vector>

#include "cnnx/core/index.h"

namespace cnnx {

// What the flow depends on in a layer.
struct FlowNode {
  std::vector<Index> inputs;  // levels
  bool passes_through = false;
  bool whole_batch = false;
  // Needs its whole input before forward, all of its gradient before backward.
  bool measures = false;
  bool reads_input = true, reads_output = true;  // on the way back
  bool adds_gradients = false;
  bool hands_gradient_on = false;
};

// A graph of them, in an order in which every node follows those whose levels it reads. Every level
// is read by a node or leaves the network.
struct FlowGraph {
  std::vector<FlowNode> nodes;
  std::vector<Index> sizes;  // elements of an image at each level
  Index inputs = 1;
  std::vector<Index> outputs;  // levels that leave the network

  Index levels() const { return std::ssize(sizes); }
  // The level that a node writes, and the node that writes a level: negative for an input.
  Index level_of(Index node) const { return inputs + node; }
  Index writer_of(Index level) const { return level - inputs; }
};

struct Segment {
  Index begin, end;  // nodes
  bool whole_batch;
  bool operator==(const Segment&) const = default;
};

struct Storage {
  enum class Kind : char { none, kept, pass, slice };
  Kind kind = Kind::none;
  Index buffer = 0;  // its number among those of a pass or of a slice
};

// How one node's gradient reaches one of its inputs.
struct GradientWrite {
  bool add = false;   // a later node, or a loss, has written there already
  Storage through{};  // a buffer in between, where the layer itself does not add
};

class Flow {
 public:
  enum class Way { forward, backward, inference };

  // The graph must outlive it.
  Flow(Way way, const FlowGraph& graph);

  Index root(Index level) const { return roots_[to_size(level)]; }
  // In order of the nodes. The first also brings the inputs in; it may have no nodes.
  const std::vector<Segment>& segments() const { return segments_; }
  const Storage& place(Index level) const { return places_[to_size(root(level))]; }
  const GradientWrite& write(Index node, Index input) const {
    return writes_[to_size(node)][to_size(input)];
  }
  // Elements per image of each buffer.
  const std::vector<Index>& pass_buffers() const { return pass_buffers_; }
  const std::vector<Index>& slice_buffers() const { return slice_buffers_; }
  // Nodes that measure when this node has run; forward: node -1 brings the inputs in, backward: the
  // node behind the last stands for the losses.
  const std::vector<Index>& measured_after(Index node) const {
    return measured_[to_size(node + 1)];
  }

 private:
  // A root, or a gradient in between, and the time for which it needs a buffer.
  struct Interval {
    Storage* place;
    Index size;
    Index from, to;
  };

  void find_roots();
  void find_outputs();
  void find_consumers();
  void find_segments();
  void place_values();
  void place_gradients();
  void find_measurements();
  static void assign(const std::vector<Interval>& intervals, std::vector<Index>& buffers);

  Index levels() const { return graph_.levels(); }
  Index nodes() const { return std::ssize(graph_.nodes); }
  const FlowNode& node(Index n) const { return graph_.nodes[to_size(n)]; }
  Index size(Index level) const { return graph_.sizes[to_size(level)]; }
  bool is_input(Index level) const { return level < graph_.inputs; }
  bool leaves(Index root) const { return leaves_[to_size(root)] != 0; }
  Index segment_of(Index n) const { return segment_of_[to_size(n)]; }
  // The segment that fills a root: the first one for the inputs.
  Index filled_in(Index root) const {
    return is_input(root) ? 0 : segment_of(graph_.writer_of(root));
  }
  bool read_on_the_way_back(Index root) const;

  Way way_;
  const FlowGraph& graph_;
  std::vector<Index> roots_;
  std::vector<char> leaves_;                   // of each root: whether it leaves the network
  std::vector<std::vector<Index>> consumers_;  // of each root, ascending
  std::vector<Segment> segments_;
  std::vector<Index> segment_of_;
  std::vector<Storage> places_;
  std::vector<std::vector<GradientWrite>> writes_;
  std::vector<Index> pass_buffers_, slice_buffers_;
  std::vector<std::vector<Index>> measured_;
};

}  // namespace cnnx
