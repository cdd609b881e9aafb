// What all runners of a network share, told from shapes alone: in which order layers run, where
// numbers lie meanwhile and how a batch is cut. Made once, then only read.
#pragma once

#include <vector>

#include "cnnx/flow.h"
#include "cnnx/graph.h"
#include "cnnx/schedule.h"

namespace cnnx {

template <class T>
class Plan {
 public:
  Plan() = default;
  ~Plan() = default;
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  // Once, when the graph is complete.
  void make(const Graph<T>& graph);

  const Schedule& schedule() const { return schedule_; }
  const Flow& flow(Flow::Way way) const { return flows_[static_cast<std::size_t>(way)]; }
  Index levels() const { return graphs_[0].levels(); }
  Index size_of(Index level) const { return graphs_[0].sizes[to_size(level)]; }
  // Whether a level has numbers of its own that are kept from forward to backward.
  bool keeps(Index level) const;

  // Elements of the accumulators of a lane, and of those of whole-batch layers.
  Index lane_size() const { return lane_size_; }
  Index single_size() const { return single_size_; }
  Index accumulator_at(Index node) const { return accumulator_at_[to_size(node)]; }

  // Elements per image of each buffer of a pass, whatever the way.
  const std::vector<Index>& pass_buffers() const { return pass_buffers_; }
  // A slice's memory: its buffers, one after another, and what layers save in it.
  Index slice_at(Index buffer) const { return slice_at_[to_size(buffer)]; }
  Index slice_size() const { return slice_size_; }
  Index slice_saved_size() const { return slice_saved_size_; }

 private:
  void plan_accumulators(const Graph<T>& graph);
  void plan_schedule(const Graph<T>& graph);
  void plan_slices(const Graph<T>& graph);

  std::vector<FlowGraph> graphs_;  // one for each way
  std::vector<Flow> flows_;
  Schedule schedule_;
  Index lane_size_ = 0, single_size_ = 0;
  std::vector<Index> accumulator_at_;
  std::vector<Index> pass_buffers_, slice_at_;
  Index slice_size_ = 0, slice_saved_size_ = 0;
};

}  // namespace cnnx
