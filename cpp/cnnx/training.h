// A batch forward and back, to the gradients of the weights.
#pragma once

#include <vector>

#include "cnnx/core/buffer.h"
#include "cnnx/execute.h"
#include "cnnx/job.h"
#include "cnnx/loss_pass.h"
#include "cnnx/network.h"
#include "cnnx/workspace.h"

namespace cnnx {

template <class T>
class Training {
 public:
  Training(Network<T>& network, Workspace<T>& workspace, LossPass<T>& losses);

  // Leaves the gradients in the network's parameters. False where an image is not finite: then
  // nothing but them has changed.
  bool run(Job<T>& job);

 private:
  void find_wanted(const Job<T>& job);
  bool wants(Index level) const { return wanted_[to_size(level)] != 0; }
  bool load(const Job<T>& job, const Range& slice, const Slice& at);
  void forward_pass(Job<T>& job, const Range& pass);
  void measure(Index after, const Slice& slice);
  void begin_gradients(Job<T>& job, const Range& pass);
  void backward_pass(Job<T>& job, const Range& pass, bool accumulate);
  void backward_segment(const Segment& segment, const Job<T>& job, const Range& pass,
                        bool accumulate);
  void measure_gradients(Index after, const Range& pass, const Slice& slice);
  void measure_all_gradients(Index after, const Range& pass);
  void finish_gradient_measure(Index after, Index lanes);
  void store_gradients(const Job<T>& job, const Range& pass);
  void finish_gradients(Index lanes);

  Network<T>& network_;
  const Graph<T>& graph_;
  const Plan<T>& plan_;
  Workspace<T>& workspace_;
  LossPass<T>& losses_;
  Executor<T> executor_;
  std::vector<char> wanted_;  // of each level: whether its gradient leads to one that is wanted
  Buffer<T> augmentation_scratch_;  // of the threads
};

}  // namespace cnnx
