// The memory of one runner: grown when a batch is larger than any before, then used again for
// every batch. Where things lie in it is the plan's.
#pragma once

#include <cstddef>
#include <vector>

#include "cnnx/core/buffer.h"
#include "cnnx/graph.h"
#include "cnnx/plan.h"

namespace cnnx {

template <class T>
class Workspace {
 public:
  Workspace(const Graph<T>& graph, const Plan<T>& plan) : graph_(graph), plan_(plan) {}

  // Room for passes of up to `images` images: to train, or only to look at outputs.
  void reserve_training(Index images);
  void reserve_inference(Index images);

  // The numbers at a place from image `first` of the pass on; a slice's buffer begins with its own
  // first image.
  T* at(const Storage& place, Index level, Index first, int thread);
  // A level's values (forward, inference) or gradient (backward); null where there is none.
  T* level(Flow::Way way, Index level, Index first, int thread) {
    const Flow& flow = plan_.flow(way);
    return at(flow.place(level), flow.root(level), first, thread);
  }
  // A level's values on the way back; null where nobody looks at them then.
  const T* kept(Index level, Index first);
  std::byte* saved(Index node) { return saved_.data() + saved_at_[to_size(node)]; }
  // Accumulators of the lanes lie lane_size() apart; those of whole-batch layers follow, once.
  T* accumulator(Index lane, Index node);
  T* lanes() { return accumulators_.data(); }

  T* shared() { return shared_.data(); }
  T* scratch(int thread) { return scratch_.data() + thread * scratch_stride_; }
  Index scratch_stride() const { return scratch_stride_; }
  // What a slice saves for a way back that does not follow.
  std::byte* slice_saved(int thread) {
    return reinterpret_cast<std::byte*>(scratch(thread) + slice_saved_at_);
  }

  Index bytes() const;

 private:
  void reserve_passes(Index images);
  void reserve_scratch(Index images);

  const Graph<T>& graph_;
  const Plan<T>& plan_;
  Index training_images_ = 0, pass_images_ = 0, scratch_images_ = 0;
  int scratch_threads_ = 0;
  std::vector<Index> activation_at_, saved_at_;
  // A thread's scratch: the layers', then buffers of a slice, then what it saves.
  Index layer_scratch_ = 0, slice_saved_at_ = 0, scratch_stride_ = 0;
  Buffer<T> activations_, accumulators_, scratch_, shared_;
  std::vector<Buffer<T>> passes_;
  Buffer<std::byte> saved_;
};

}  // namespace cnnx
