#include "cnnx/workspace.h"

#include <algorithm>

#include "cnnx/core/parallel.h"

namespace cnnx {
namespace {

constexpr Index kAlign = 16;  // elements, so that parts begin on a cache line

}  // namespace

template <class T>
T* Workspace<T>::at(const Storage& place, Index level, Index first, int thread) {
  switch (place.kind) {
    case Storage::Kind::none:
      return nullptr;
    case Storage::Kind::kept:
      return activations_.data() + activation_at_[to_size(level)] + first * plan_.size_of(level);
    case Storage::Kind::pass:
      return passes_[to_size(place.buffer)].data() + first * plan_.size_of(level);
    case Storage::Kind::slice:
      return scratch(thread) + layer_scratch_ + plan_.slice_at(place.buffer);
  }
  return nullptr;
}

template <class T>
const T* Workspace<T>::kept(Index level, Index first) {
  const Flow& forward = plan_.flow(Flow::Way::forward);
  if (forward.place(level).kind != Storage::Kind::kept) return nullptr;
  return at(forward.place(level), forward.root(level), first, 0);
}

template <class T>
T* Workspace<T>::accumulator(Index lane, Index node) {
  const bool whole = graph_.node(node).traits.whole_batch;
  return accumulators_.data() + (whole ? plan_.schedule().most_lanes : lane) * plan_.lane_size() +
         plan_.accumulator_at(node);
}

template <class T>
void Workspace<T>::reserve_training(Index images) {
  reserve_passes(images);
  reserve_scratch(images);
  if (images <= training_images_) return;
  activation_at_.assign(to_size(plan_.levels()), 0);
  saved_at_.clear();
  Index elements = 0, bytes = 0;
  for (Index level = 0; level < plan_.levels(); ++level) {
    if (!plan_.keeps(level)) continue;
    activation_at_[to_size(level)] = elements;
    elements += round_up(images * plan_.size_of(level), kAlign);
  }
  for (const Node<T>& node : graph_.nodes()) {
    saved_at_.push_back(bytes);
    bytes += round_up(images * node.traits.saved_bytes, 64);
  }
  activations_.resize(elements);
  saved_.resize(bytes);
  accumulators_.reserve(plan_.lane_size() * plan_.schedule().most_lanes + plan_.single_size());
  training_images_ = images;
}

template <class T>
void Workspace<T>::reserve_inference(Index images) {
  reserve_passes(images);
  reserve_scratch(images);
}

// The way back and inference use the same buffers.
template <class T>
void Workspace<T>::reserve_passes(Index images) {
  if (images <= pass_images_) return;
  pass_images_ = images;
  const std::vector<Index>& buffers = plan_.pass_buffers();
  passes_.resize(buffers.size());
  for (std::size_t b = 0; b < buffers.size(); ++b) passes_[b].resize(images * buffers[b] + kAlign);
}

template <class T>
void Workspace<T>::reserve_scratch(Index images) {
  const int threads = num_threads();
  if (images <= scratch_images_ && threads <= scratch_threads_) return;
  scratch_images_ = std::max(scratch_images_, images);
  scratch_threads_ = std::max(scratch_threads_, threads);
  layer_scratch_ = 0;
  for (const Node<T>& node : graph_.nodes()) {
    shared_.reserve(node.layer->shared_size(scratch_images_));
    const Index most = node.traits.whole_batch ? scratch_images_ : plan_.schedule().slice_images;
    layer_scratch_ = std::max(layer_scratch_, round_up(node.layer->scratch_size(most), kAlign));
  }
  slice_saved_at_ = layer_scratch_ + plan_.slice_size();
  scratch_stride_ = slice_saved_at_ + plan_.slice_saved_size();
  scratch_.resize(scratch_stride_ * scratch_threads_);
}

template <class T>
Index Workspace<T>::bytes() const {
  Index bytes = activations_.bytes() + accumulators_.bytes() + scratch_.bytes() + shared_.bytes() +
                saved_.bytes();
  for (const Buffer<T>& pass : passes_) bytes += pass.bytes();
  return bytes;
}

template class Workspace<float>;
template class Workspace<double>;

}  // namespace cnnx
