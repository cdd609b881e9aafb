#include "cnnx/workspace.h"

#include <algorithm>

#include "cnnx/core/parallel.h"

namespace cnnx {
namespace {

constexpr Index kAlign = 16;  // elements, so that parts begin on a cache line

}  // namespace

template <class T>
std::vector<Segment> find_segments(const std::vector<LayerPtr<T>>& layers) {
  std::vector<Segment> segments{{0, 0, false}};
  for (Index i = 0; i < static_cast<Index>(layers.size()); ++i) {
    const bool whole = layers[static_cast<std::size_t>(i)]->whole_batch();
    if (!whole && !segments.back().whole_batch) {
      segments.back().end = i + 1;
    } else {
      segments.push_back({i, i + 1, whole});
    }
  }
  return segments;
}

// Kept are the levels at the borders of segments, those whose neighbours look at them on the way
// back, and those beside a layer that hands its input on as its output.
template <class T>
void Workspace<T>::find_kept_levels() {
  const auto& layers = *layers_;
  kept_.assign(layers.size() + 1, true);
  for (const Segment& segment : segments_) {
    if (segment.whole_batch) continue;
    for (Index level = segment.begin == 0 ? 0 : segment.begin + 1; level < segment.end; ++level) {
      const auto l = static_cast<std::size_t>(level);
      bool looked_at = layers[l]->reads_input() || layers[l]->passes_through();
      if (level > 0) {
        looked_at = looked_at || layers[l - 1]->reads_output() || layers[l - 1]->passes_through();
      }
      kept_[l] = looked_at;
    }
  }
}

template <class T>
void Workspace<T>::plan(const Shape& input, const std::vector<LayerPtr<T>>& layers) {
  layers_ = &layers;
  segments_ = find_segments(layers);
  find_kept_levels();
  sizes_ = {input.size()};
  Index image_bytes = kept(0) ? input.size() * static_cast<Index>(sizeof(T)) : 0;
  Index widest_bytes = 0;
  for (const auto& layer : layers) {
    const Index in = sizes_.back();
    const Index out = layer->output().size();
    sizes_.push_back(out);
    image_bytes += layer->saved_bytes();
    if (!layer->passes_through() && kept_[sizes_.size() - 1]) {
      image_bytes += out * static_cast<Index>(sizeof(T));
    }
    if (!layer->whole_batch()) {
      widest_bytes = std::max(widest_bytes, (in + out) * static_cast<Index>(sizeof(T)));
    }
  }

  accumulator_at_.clear();
  lane_size_ = 0;
  single_size_ = 0;
  for (const auto& layer : layers) {
    Index& size = layer->whole_batch() ? single_size_ : lane_size_;
    accumulator_at_.push_back(size);
    size += round_up(layer->accumulator_size(), kAlign);
  }
  schedule_ = Schedule::plan(image_bytes, widest_bytes, lane_size_ * static_cast<Index>(sizeof(T)));

  border_size_ = input.size();
  slice_size_ = 0;
  slice_saved_ = 0;
  for (const Segment& segment : segments_) {
    border_size_ = std::max(border_size_, size_of(segment.end));
    for (Index l = segment.begin; l < segment.end && !segment.whole_batch; ++l) {
      const Index wide = std::max(size_of(l), size_of(l + 1));
      slice_size_ = std::max(slice_size_, round_up(wide * schedule_.slice_images, kAlign));
      const Index saved =
          layers[static_cast<std::size_t>(l)]->saved_bytes() * schedule_.slice_images;
      slice_saved_ =
          std::max(slice_saved_, round_up(ceil_div(saved, static_cast<Index>(sizeof(T))), kAlign));
    }
  }
  slice_size_ = std::max(slice_size_, round_up(input.size() * schedule_.slice_images, kAlign));
}

template <class T>
T* Workspace<T>::accumulator(Index lane, Index layer) {
  const auto l = static_cast<std::size_t>(layer);
  const bool whole = (*layers_)[l]->whole_batch();
  return accumulators_.data() + (whole ? schedule_.most_lanes : lane) * lane_size_ +
         accumulator_at_[l];
}

template <class T>
void Workspace<T>::reserve_training(Index images) {
  reserve_inference(images);
  if (images <= training_images_) return;
  activation_at_.clear();
  saved_at_.clear();
  Index elements = kept(0) ? round_up(images * size_of(0), kAlign) : 0;
  Index bytes = 0;
  activation_at_.push_back(0);
  for (Index l = 0; l < static_cast<Index>(layers_->size()); ++l) {
    const Layer<T>& layer = *(*layers_)[static_cast<std::size_t>(l)];
    saved_at_.push_back(bytes);
    bytes += round_up(images * layer.saved_bytes(), 64);
    if (layer.passes_through()) {
      activation_at_.push_back(activation_at_.back());
    } else {
      activation_at_.push_back(elements);
      if (kept(l + 1)) elements += round_up(images * size_of(l + 1), kAlign);
    }
  }
  activations_.resize(elements);
  saved_.resize(bytes);
  accumulators_.reserve(lane_size_ * schedule_.most_lanes + single_size_);
  training_images_ = images;
}

template <class T>
void Workspace<T>::reserve_inference(Index images) {
  if (images > border_images_) {
    for (Buffer<T>& border : borders_) border.resize(images * border_size_ + kAlign);
    border_images_ = images;
  }
  reserve_scratch(images);
}

template <class T>
void Workspace<T>::reserve_scratch(Index images) {
  const int threads = num_threads();
  if (images <= scratch_images_ && threads <= scratch_threads_) return;
  scratch_images_ = std::max(scratch_images_, images);
  scratch_threads_ = std::max(scratch_threads_, threads);
  layer_scratch_ = 0;
  for (const auto& layer : *layers_) {
    shared_.reserve(layer->shared_size(scratch_images_));
    const Index most = layer->whole_batch() ? scratch_images_ : schedule_.slice_images;
    layer_scratch_ = std::max(layer_scratch_, round_up(layer->scratch_size(most), kAlign));
  }
  scratch_stride_ = layer_scratch_ + 2 * slice_size_ + slice_saved_;
  scratch_.resize(scratch_stride_ * scratch_threads_);
}

template <class T>
Index Workspace<T>::bytes() const {
  return activations_.bytes() + borders_[0].bytes() + borders_[1].bytes() + accumulators_.bytes() +
         scratch_.bytes() + shared_.bytes() + saved_.bytes();
}

template std::vector<Segment> find_segments(const std::vector<LayerPtr<float>>&);
template std::vector<Segment> find_segments(const std::vector<LayerPtr<double>>&);
template class Workspace<float>;
template class Workspace<double>;

}  // namespace cnnx
