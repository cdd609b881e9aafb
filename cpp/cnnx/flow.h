// What a network does in which order and where its numbers lie meanwhile, told from the layers'
// places in it alone:
//   level    the array between layers; 0 is the network's input, node n writes level n + 1
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
  bool measures =
      false;  // needs its whole input before forward, all of its gradient before backward
  bool reads_input = true, reads_output = true;  // in the backward pass
  bool adds_gradients = false;
  bool hands_gradient_on = false;
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
  bool add = false;   // a later node has written there already
  Storage through{};  // a buffer in between, where the layer itself does not add
};

class Flow {
 public:
  enum class Way { forward, backward, inference };

  // `sizes`: elements of an image at each level.
  Flow(Way way, const std::vector<FlowNode>& nodes, const std::vector<Index>& sizes);

  Index root(Index level) const { return roots_[static_cast<std::size_t>(level)]; }
  // In order of the nodes. The first also brings the images in; it may have no nodes.
  const std::vector<Segment>& segments() const { return segments_; }
  const Storage& place(Index level) const { return places_[static_cast<std::size_t>(root(level))]; }
  const GradientWrite& write(Index node, Index input) const {
    return writes_[static_cast<std::size_t>(node)][static_cast<std::size_t>(input)];
  }
  // Elements per image of each buffer.
  const std::vector<Index>& pass_buffers() const { return pass_buffers_; }
  const std::vector<Index>& slice_buffers() const { return slice_buffers_; }
  // Nodes that measure when this node has run; forward: node -1 brings the images in, backward: the
  // node behind the last is the loss.
  const std::vector<Index>& measured_after(Index node) const {
    return measured_[static_cast<std::size_t>(node + 1)];
  }

 private:
  // A root, or a gradient in between, and the time for which it needs a buffer.
  struct Interval {
    Storage* place;
    Index size;
    Index from, to;
  };

  void find_roots();
  void find_consumers();
  void find_segments();
  void place_values();
  void place_gradients();
  void find_measurements();
  static void assign(const std::vector<Interval>& intervals, std::vector<Index>& buffers);

  Index levels() const { return static_cast<Index>(sizes_.size()); }
  const FlowNode& node(Index n) const { return nodes_[static_cast<std::size_t>(n)]; }
  Index size(Index level) const { return sizes_[static_cast<std::size_t>(level)]; }
  Index segment_of(Index n) const { return segment_of_[static_cast<std::size_t>(n)]; }
  // The segment that fills a root: the first one for the images.
  Index filled_in(Index root) const { return root == 0 ? 0 : segment_of(root - 1); }
  bool read_on_the_way_back(Index root) const;

  Way way_;
  const std::vector<FlowNode>& nodes_;
  const std::vector<Index>& sizes_;
  std::vector<Index> roots_;
  std::vector<std::vector<Index>> consumers_;  // of each root, ascending
  std::vector<Segment> segments_;
  std::vector<Index> segment_of_;
  std::vector<Storage> places_;
  std::vector<std::vector<GradientWrite>> writes_;
  std::vector<Index> pass_buffers_, slice_buffers_;
  std::vector<std::vector<Index>> measured_;
};

}  // namespace cnnx
