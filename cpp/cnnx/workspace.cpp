#include "cnnx/workspace.h"

#include <algorithm>

#include "cnnx/core/parallel.h"

namespace cnnx {
namespace {

constexpr Index kAlign = 16;  // elements, so that parts begin on a cache line
constexpr Flow::Way kWays[] = {Flow::Way::forward, Flow::Way::backward, Flow::Way::inference};

}  // namespace

template <class T>
void Workspace<T>::plan(const Graph<T>& graph) {
  graph_ = &graph;
  sizes_ = graph.sizes();
  flows_.clear();
  for (const Flow::Way way : kWays) {
    const auto w = static_cast<std::size_t>(way);
    flow_nodes_[w] = graph.flow_nodes(way);
    flows_.emplace_back(way, flow_nodes_[w], sizes_);
  }
  lane_size_ = 0;
  single_size_ = 0;
  for (std::size_t n = 0; n < nodes(); ++n) {
    Index& size = layer(n).whole_batch() ? single_size_ : lane_size_;
    accumulator_at_.push_back(size);
    size += round_up(layer(n).accumulator_size(), kAlign);
  }
  plan_schedule();
  plan_slices();
}

template <class T>
void Workspace<T>::plan_schedule() {
  const Flow& forward = flow(Flow::Way::forward);
  constexpr auto kBytes = static_cast<Index>(sizeof(T));
  Index image_bytes = 0, widest_bytes = 0;
  bool measures = false;
  for (Index level = 0; level < static_cast<Index>(sizes_.size()); ++level) {
    if (forward.root(level) != level) continue;
    if (forward.place(level).kind == Storage::Kind::kept) image_bytes += size_of(level) * kBytes;
  }
  for (std::size_t n = 0; n < nodes(); ++n) {
    image_bytes += saved_bytes(static_cast<Index>(n));
    measures = measures || layer(n).measures();
    if (layer(n).whole_batch()) continue;
    widest_bytes =
        std::max(widest_bytes, (layer(n).input().size() + layer(n).output().size()) * kBytes);
  }
  schedule_ = Schedule::plan(image_bytes, widest_bytes, lane_size_ * kBytes);
  // Statistics are those of the whole batch.
  schedule_.undivided = measures;
}

template <class T>
void Workspace<T>::plan_slices() {
  std::vector<Index> buffers;
  slice_saved_ = 0;
  for (const Flow::Way way : kWays) {
    const std::vector<Index>& needed = flow(way).slice_buffers();
    buffers.resize(std::max(buffers.size(), needed.size()));
    for (std::size_t b = 0; b < needed.size(); ++b) buffers[b] = std::max(buffers[b], needed[b]);
  }
  slice_at_.clear();
  slice_size_ = 0;
  for (const Index size : buffers) {
    slice_at_.push_back(slice_size_);
    slice_size_ += round_up(size * schedule_.slice_images, kAlign);
  }
  for (std::size_t n = 0; n < nodes(); ++n) {
    const Index bytes = layer(n).saved_bytes() * schedule_.slice_images;
    slice_saved_ =
        std::max(slice_saved_, round_up(ceil_div(bytes, static_cast<Index>(sizeof(T))), kAlign));
  }
}

template <class T>
Index Workspace<T>::saved_bytes(Index node) const {
  return layer(static_cast<std::size_t>(node)).saved_bytes();
}

template <class T>
T* Workspace<T>::at(const Storage& place, Index level, Index first, int thread) {
  switch (place.kind) {
    case Storage::Kind::none:
      return nullptr;
    case Storage::Kind::kept:
      return activations_.data() + activation_at_[static_cast<std::size_t>(level)] +
             first * size_of(level);
    case Storage::Kind::pass:
      return passes_[static_cast<std::size_t>(place.buffer)].data() + first * size_of(level);
    case Storage::Kind::slice:
      return scratch(thread) + layer_scratch_ + slice_at_[static_cast<std::size_t>(place.buffer)];
  }
  return nullptr;
}

template <class T>
T* Workspace<T>::accumulator(Index lane, Index node) {
  const auto n = static_cast<std::size_t>(node);
  return accumulators_.data() +
         (layer(n).whole_batch() ? schedule_.most_lanes : lane) * lane_size_ + accumulator_at_[n];
}

template <class T>
void Workspace<T>::reserve_training(Index images) {
  reserve_passes(images);
  reserve_scratch(images);
  if (images <= training_images_) return;
  const Flow& forward = flow(Flow::Way::forward);
  activation_at_.assign(sizes_.size(), 0);
  saved_at_.clear();
  Index elements = 0, bytes = 0;
  for (std::size_t level = 0; level < sizes_.size(); ++level) {
    if (forward.place(static_cast<Index>(level)).kind != Storage::Kind::kept) continue;
    if (forward.root(static_cast<Index>(level)) != static_cast<Index>(level)) continue;
    activation_at_[level] = elements;
    elements += round_up(images * sizes_[level], kAlign);
  }
  for (std::size_t n = 0; n < nodes(); ++n) {
    saved_at_.push_back(bytes);
    bytes += round_up(images * saved_bytes(static_cast<Index>(n)), 64);
  }
  activations_.resize(elements);
  saved_.resize(bytes);
  accumulators_.reserve(lane_size_ * schedule_.most_lanes + single_size_);
  training_images_ = images;
}

template <class T>
void Workspace<T>::reserve_inference(Index images) {
  reserve_passes(images);
  reserve_scratch(images);
}

// The backward pass and inference use the same buffers.
template <class T>
void Workspace<T>::reserve_passes(Index images) {
  if (images <= pass_images_) return;
  pass_images_ = images;
  std::vector<Index> buffers;
  for (const Flow::Way way : kWays) {
    const std::vector<Index>& needed = flow(way).pass_buffers();
    buffers.resize(std::max(buffers.size(), needed.size()));
    for (std::size_t b = 0; b < needed.size(); ++b) buffers[b] = std::max(buffers[b], needed[b]);
  }
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
  for (std::size_t n = 0; n < nodes(); ++n) {
    shared_.reserve(layer(n).shared_size(scratch_images_));
    const Index most = layer(n).whole_batch() ? scratch_images_ : schedule_.slice_images;
    layer_scratch_ = std::max(layer_scratch_, round_up(layer(n).scratch_size(most), kAlign));
  }
  slice_saved_at_ = layer_scratch_ + slice_size_;
  scratch_stride_ = slice_saved_at_ + slice_saved_;
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
