// All memory of a network beside its weights: planned when the shapes are known, grown when a batch
// is larger than any before, and then used again for every step.
#pragma once

#include <cstddef>
#include <vector>

#include "cnnx/core/buffer.h"
#include "cnnx/layers/layer.h"
#include "cnnx/schedule.h"

namespace cnnx {

// Layers that run one after another on the images of a slice, or one layer that takes the whole
// pass. The first segment of a network also brings the images in; it may have no layers.
struct Segment {
  Index begin, end;  // layers
  bool whole_batch;
};

template <class T>
std::vector<Segment> find_segments(const std::vector<LayerPtr<T>>& layers);

template <class T>
class Workspace {
 public:
  void plan(const Shape& input, const std::vector<LayerPtr<T>>& layers);

  const Schedule& schedule() const { return schedule_; }
  const std::vector<Segment>& segments() const { return segments_; }
  Index size_of(Index level) const { return sizes_[static_cast<std::size_t>(level)]; }

  // Room for passes of up to `images` images: to train, or only to look at outputs.
  void reserve_training(Index images);
  void reserve_inference(Index images);

  // Level l is the input of layer l, level (number of layers) the output of the network. A level
  // that no backward pass looks at lives in a slice's buffer and is not kept.
  bool kept(Index level) const { return kept_[static_cast<std::size_t>(level)]; }
  T* activations(Index level) {
    return activations_.data() + activation_at_[static_cast<std::size_t>(level)];
  }
  std::byte* saved(Index layer) {
    return saved_.data() + saved_at_[static_cast<std::size_t>(layer)];
  }
  // Two buffers for the gradients, or the inference outputs, at the borders of segments.
  T* border(Index which) { return borders_[which & 1].data(); }
  // Accumulators of the lanes lie lane_size() apart; those of whole-batch layers follow, once.
  T* accumulator(Index lane, Index layer);
  T* lanes() { return accumulators_.data(); }
  Index lane_size() const { return lane_size_; }

  T* shared() { return shared_.data(); }
  // Parts of a thread's scratch.
  T* scratch(int thread) { return scratch_.data() + thread * scratch_stride_; }
  Index scratch_stride() const { return scratch_stride_; }
  T* slice_buffer(int thread, Index which) {
    return scratch(thread) + layer_scratch_ + (which & 1) * slice_size_;
  }
  // A level for the slice that begins at image `first` of the pass.
  T* level_slice(Index level, Index first, int thread) {
    return kept(level) ? activations(level) + first * size_of(level) : slice_buffer(thread, level);
  }
  std::byte* slice_saved(int thread) {
    return reinterpret_cast<std::byte*>(scratch(thread) + layer_scratch_ + 2 * slice_size_);
  }

  Index bytes() const;

 private:
  void reserve_scratch(Index images);
  void find_kept_levels();

  const std::vector<LayerPtr<T>>* layers_ = nullptr;
  Schedule schedule_;
  std::vector<Segment> segments_;
  std::vector<bool> kept_;
  std::vector<Index> sizes_;               // elements per image at each level
  Index border_size_ = 0;                  // largest size at a segment's border
  Index slice_size_ = 0;                   // a slice at the largest level within a segment
  Index slice_saved_ = 0;                  // elements that hold a slice's saved bytes
  Index lane_size_ = 0, single_size_ = 0;  // accumulators of a lane, and of whole-batch layers
  std::vector<Index> accumulator_at_, activation_at_, saved_at_;

  Index training_images_ = 0, border_images_ = 0, scratch_images_ = 0;
  int scratch_threads_ = 0;
  Index layer_scratch_ = 0, scratch_stride_ = 0;
  Buffer<T> activations_, borders_[2], accumulators_, scratch_, shared_;
  Buffer<std::byte> saved_;
};

}  // namespace cnnx
