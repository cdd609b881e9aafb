// How nodes are run: with which memory, on which images, and in which thread.
#pragma once

#include "cnnx/core/parallel.h"
#include "cnnx/network.h"
#include "cnnx/workspace.h"

namespace cnnx {

// Part of a pass on its way through: which images, in which lane and thread.
struct Slice {
  Index first, count;
  Index lane;
  int thread;
  bool begins_lane;
};

inline Slice whole_pass(const Range& pass) { return {0, pass.count, 0, 0, true}; }

template <class T>
class Executor {
 public:
  Executor(const Network<T>& network, Workspace<T>& workspace)
      : network_(network), graph_(network.graph()), plan_(network.plan()), workspace_(workspace) {}

  // Multiply-adds and moved numbers of a segment, so that few of them wake no threads.
  Index work(const Segment& segment, Index images) const;
  // Runs a node forward on a slice.
  void forward(Flow::Way way, Index n, const Range& pass, const Slice& slice) const;
  // What the backward passes of a node see, without where its gradient goes.
  BackwardRun<T> backward_run(Index n, const Range& pass, const Slice& slice) const;
  // Runs a node backward; a gradient goes to the levels that `wanted` names.
  template <class Wanted>
  void backward(Index n, const Range& pass, const Slice& slice, bool accumulate,
                const Wanted& wanted) const;

  // Calls body(slice) for the slices of a pass, lane by lane: lanes run on threads, the slices of
  // one in order.
  template <class Body>
  void each_lane(const Range& pass, Index work, Body&& body) const {
    const Schedule& schedule = plan_.schedule();
    const Index lanes = schedule.lanes(pass.count);
    parallel_for(lanes, work, [&](Index task, int thread) {
      const Range lane = part_of(pass.count, task, lanes);
      const Index slices = schedule.slices(lane.count);
      for (Index s = 0; s < slices; ++s) {
        const Range slice = part_of(lane.count, s, slices);
        body(Slice{lane.first + slice.first, slice.count, task, thread, s == 0});
      }
    });
  }

 private:
  void add(Index n, const Slice& slice, const T* from, T* to) const;

  const Network<T>& network_;
  const Graph<T>& graph_;
  const Plan<T>& plan_;
  Workspace<T>& workspace_;
};

template <class T>
template <class Wanted>
void Executor<T>::backward(Index n, const Range& pass, const Slice& slice, bool accumulate,
                           const Wanted& wanted) const {
  const Node<T>& node = graph_.node(n);
  const Flow& flow = plan_.flow(Flow::Way::backward);
  BackwardRun<T> run = backward_run(n, pass, slice);
  run.accumulate = accumulate;
  std::array<GradientTarget<T>, kMostInputs> targets;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Index level = node.inputs[i];
    targets[i] = {nullptr, flow.write(n, static_cast<Index>(i)).add};
    if (wanted(level)) {
      targets[i].to = workspace_.level(Flow::Way::backward, level, slice.first, slice.thread);
    }
  }
  run.targets = targets.data();
  run.grad_input = targets[0].to;
  const Storage& through = flow.write(n, 0).through;
  const bool adds = targets[0].to != nullptr && through.kind != Storage::Kind::none;
  if (adds) run.grad_input = workspace_.at(through, node.inputs[0], slice.first, slice.thread);
  node.layer->backward(run);
  if (adds) add(n, slice, run.grad_input, targets[0].to);
}

}  // namespace cnnx
