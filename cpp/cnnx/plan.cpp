#include "cnnx/plan.h"

#include <algorithm>

namespace cnnx {
namespace {

constexpr Index kAlign = 16;  // elements, so that parts begin on a cache line
constexpr Flow::Way kWays[] = {Flow::Way::forward, Flow::Way::backward, Flow::Way::inference};

// Makes each buffer as large as either of two plans needs it.
void enlarge(std::vector<Index>& buffers, const std::vector<Index>& needed) {
  buffers.resize(std::max(buffers.size(), needed.size()));
  for (std::size_t b = 0; b < needed.size(); ++b) buffers[b] = std::max(buffers[b], needed[b]);
}

}  // namespace

template <class T>
void Plan<T>::make(const Graph<T>& graph) {
  graphs_.reserve(std::size(kWays));  // flows refer to them
  flows_.reserve(std::size(kWays));
  for (const Flow::Way way : kWays) {
    graphs_.push_back(graph.flow_graph(way));
    flows_.emplace_back(way, graphs_.back());
    enlarge(pass_buffers_, flows_.back().pass_buffers());
  }
  plan_accumulators(graph);
  plan_schedule(graph);
  plan_slices(graph);
}

template <class T>
bool Plan<T>::keeps(Index level) const {
  const Flow& forward = flow(Flow::Way::forward);
  return forward.root(level) == level && forward.place(level).kind == Storage::Kind::kept;
}

template <class T>
void Plan<T>::plan_accumulators(const Graph<T>& graph) {
  for (const Node<T>& node : graph.nodes()) {
    Index& size = node.traits.whole_batch ? single_size_ : lane_size_;
    accumulator_at_.push_back(size);
    size += round_up(node.traits.accumulator_size, kAlign);
  }
}

template <class T>
void Plan<T>::plan_schedule(const Graph<T>& graph) {
  constexpr Index kBytes = sizeof(T);
  Index image_bytes = 0, widest_bytes = 0;
  bool measures = false;
  for (Index level = 0; level < levels(); ++level) {
    if (keeps(level)) image_bytes += size_of(level) * kBytes;
  }
  for (const Node<T>& node : graph.nodes()) {
    image_bytes += node.traits.saved_bytes;
    measures = measures || node.measures();
    if (node.traits.whole_batch) continue;
    widest_bytes =
        std::max(widest_bytes, (node.layer->input().size() + node.layer->output().size()) * kBytes);
  }
  schedule_ = Schedule::plan(image_bytes, widest_bytes, lane_size_ * kBytes);
  // Statistics are those of the whole batch.
  schedule_.undivided = measures;
}

template <class T>
void Plan<T>::plan_slices(const Graph<T>& graph) {
  std::vector<Index> buffers;
  for (const Flow& flow : flows_) enlarge(buffers, flow.slice_buffers());
  for (const Index size : buffers) {
    slice_at_.push_back(slice_size_);
    slice_size_ += round_up(size * schedule_.slice_images, kAlign);
  }
  for (const Node<T>& node : graph.nodes()) {
    const Index bytes = node.traits.saved_bytes * schedule_.slice_images;
    slice_saved_size_ =
        std::max(slice_saved_size_, round_up(ceil_div(bytes, Index{sizeof(T)}), kAlign));
  }
}

template class Plan<float>;
template class Plan<double>;

}  // namespace cnnx
