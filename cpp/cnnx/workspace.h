// All memory of a network beside its weights: planned when the shapes are known, grown when a batch
// is larger than any before, and then used again for every step.
#pragma once

#include <cstddef>
#include <vector>

#include "cnnx/core/buffer.h"
#include "cnnx/flow.h"
#include "cnnx/graph.h"
#include "cnnx/schedule.h"

namespace cnnx {

template <class T>
class Workspace {
 public:
  void plan(const Graph<T>& graph);

  const Schedule& schedule() const { return schedule_; }
  const Flow& flow(Flow::Way way) const { return flows_[static_cast<std::size_t>(way)]; }
  Index size_of(Index level) const { return sizes_[static_cast<std::size_t>(level)]; }

  // Room for passes of up to `images` images: to train, or only to look at outputs.
  void reserve_training(Index images);
  void reserve_inference(Index images);

  // The numbers at a place from image `first` of the pass on; a slice's buffer begins with its own
  // first image.
  T* at(const Storage& place, Index level, Index first, int thread);
  // A level's values (forward, inference) or gradient (backward); null where there is none.
  T* level(Flow::Way way, Index level, Index first, int thread) {
    return at(flow(way).place(level), flow(way).root(level), first, thread);
  }
  // A level's values in the backward pass; null if they are not needed there.
  const T* kept(Index level, Index first) {
    const Flow& forward = flow(Flow::Way::forward);
    if (forward.place(level).kind != Storage::Kind::kept) return nullptr;
    return at(forward.place(level), forward.root(level), first, 0);
  }
  std::byte* saved(Index node) { return saved_.data() + saved_at_[static_cast<std::size_t>(node)]; }
  // Accumulators of the lanes lie lane_size() apart; those of whole-batch layers follow, once.
  T* accumulator(Index lane, Index node);
  T* lanes() { return accumulators_.data(); }
  Index lane_size() const { return lane_size_; }

  T* shared() { return shared_.data(); }
  T* scratch(int thread) { return scratch_.data() + thread * scratch_stride_; }
  Index scratch_stride() const { return scratch_stride_; }
  // What a slice saves for a backward pass that does not follow.
  std::byte* slice_saved(int thread) {
    return reinterpret_cast<std::byte*>(scratch(thread) + slice_saved_at_);
  }

  Index bytes() const;

 private:
  void plan_schedule();
  void plan_slices();
  void reserve_passes(Index images);
  void reserve_scratch(Index images);
  Index saved_bytes(Index node) const;
  const Layer<T>& layer(std::size_t node) const { return *graph_->nodes()[node].layer; }
  std::size_t nodes() const { return graph_->nodes().size(); }

  const Graph<T>* graph_ = nullptr;
  std::vector<FlowNode> flow_nodes_[3];
  std::vector<Flow> flows_;  // one for each way
  Schedule schedule_;
  std::vector<Index> sizes_;               // elements of an image at each level
  Index lane_size_ = 0, single_size_ = 0;  // accumulators of a lane, and of whole-batch layers
  std::vector<Index> accumulator_at_, activation_at_, saved_at_;

  Index training_images_ = 0, pass_images_ = 0, scratch_images_ = 0;
  int scratch_threads_ = 0;
  // A thread's scratch: the layers', then buffers of a slice, then what it saves.
  std::vector<Index> slice_at_;
  Index slice_size_ = 0, slice_saved_ = 0;
  Index layer_scratch_ = 0, slice_saved_at_ = 0, scratch_stride_ = 0;
  Buffer<T> activations_, accumulators_, scratch_, shared_;
  std::vector<Buffer<T>> passes_;
  Buffer<std::byte> saved_;
};

}  // namespace cnnx
