// Running a batch through a network: forward, loss, backward, update.
#include <algorithm>
#include <atomic>

#include "cnnx/core/error.h"
#include "cnnx/core/parallel.h"
#include "cnnx/network.h"

namespace cnnx {

template <class T>
struct Network<T>::Job {
  const Images& images;
  const Targets<T>* targets = nullptr;  // or
  const T* grad_outputs = nullptr;      // one of the two
  T* grad_images = nullptr;             // null: not wanted
  BatchResult result{};
  Index lanes_used = 0;  // lanes whose accumulators hold something
  std::atomic<bool> finite{true};

  bool wants_grad_of(Index level, Index first_trained) const {
    return grad_images != nullptr || level > first_trained;
  }
};

template <class T>
void Network<T>::check(const Images& images, const Targets<T>* targets) const {
  if (images.count < 1) throw ShapeError("the batch is empty; give at least one image");
  if (targets == nullptr) return;
  const Index classes = output().size();
  for (Index i = 0; i < images.count; ++i) {
    const Index row = images.row(i);
    if (targets->labels != nullptr) {
      const Index label = targets->labels[row];
      if (label < 0 || label >= classes) {
        throw DataError(concat("label ", label, " at index ", row, " is out of range for ", classes,
                               " classes; expected 0 to ", classes - 1));
      }
    } else if (!all_finite(classes, targets->rows + row * classes)) {
      throw DataError(concat("the target at index ", row, " holds NaN or infinity"));
    }
  }
}

template <class T>
void Network<T>::refuse_not_finite(const Images& images) const {
  const Place place = find_not_finite<T>(input_, images);
  throw DataError(concat("the image at index ", place.image, " holds NaN or infinity (element ",
                         place.element, " of its ", input_.size(), "); clean the data first"));
}

template <class T>
Index Network<T>::work(const Segment& segment, Index images) const {
  Index flops = 0;
  for (Index l = segment.begin; l < segment.end; ++l) {
    const Layer<T>& layer = *layers_[static_cast<std::size_t>(l)];
    flops += layer.flops() / 2 + 4 * layer.output().size();
  }
  return images * (flops + input_.size());
}

template <class T>
void Network<T>::pack_weights() {
  if (!stale_) return;
  for (const LayerPtr<T>& layer : layers_) layer->pack();
  stale_ = false;
}

// ---- training ----

template <class T>
BatchResult Network<T>::train_batch(const Images& images, const Targets<T>& targets,
                                    std::optional<double> learning_rate) {
  if (!optimizer_) throw ConfigError("the network has no optimizer");
  check(images, &targets);
  Job job{images, &targets};
  run_training(job);
  update_weights(learning_rate.value_or(optimizer_->learning_rate()));
  return job.result;
}

template <class T>
BatchResult Network<T>::differentiate(const Images& images, const Targets<T>& targets,
                                      T* grad_images) {
  check(images, &targets);
  Job job{images, &targets, nullptr, grad_images};
  run_training(job);
  return job.result;
}

template <class T>
void Network<T>::backpropagate(const Images& images, const T* grad_outputs, T* grad_images) {
  check(images, nullptr);
  Job job{images, nullptr, grad_outputs, grad_images};
  run_training(job);
}

template <class T>
void Network<T>::run_training(Job& job) {
  const Schedule& schedule = workspace_.schedule();
  const Index count = job.images.count;
  const Index passes = schedule.passes(count);
  const Index most = ceil_div(count, passes);
  workspace_.reserve_training(most);
  losses_.reserve(most);
  correct_.reserve(most);
  pack_weights();
  for (Index p = 0; p < passes; ++p) {
    const Range pass = part_of(count, p, passes);
    forward_pass(job, pass);
    if (!job.finite) refuse_not_finite(job.images);
    backward_pass(job, pass, p > 0);
    job.lanes_used = std::max(job.lanes_used, schedule.lanes(pass.count));
  }
  finish_gradients(job.lanes_used);
}

template <class T>
void Network<T>::forward_pass(Job& job, const Range& pass) {
  const Schedule& schedule = workspace_.schedule();
  for (const Segment& segment : workspace_.segments()) {
    if (segment.whole_batch) {
      layers_[static_cast<std::size_t>(segment.begin)]->forward(
          {pass.count, workspace_.activations(segment.begin), workspace_.activations(segment.end),
           workspace_.saved(segment.begin), workspace_.scratch(0), workspace_.scratch_stride(),
           workspace_.shared()});
      continue;
    }
    const Index lanes = schedule.lanes(pass.count);
    parallel_for(lanes, work(segment, pass.count), [&](Index task, int thread) {
      const Range lane = part_of(pass.count, task, lanes);
      const Index slices = schedule.slices(lane.count);
      for (Index s = 0; s < slices; ++s) {
        const Range slice = part_of(lane.count, s, slices);
        const Index first = lane.first + slice.first;
        if (segment.begin == 0) {
          T* to = workspace_.level_slice(0, first, thread);
          if (!load_images(input_, job.images, pass.first + first, slice.count,
                           kernels_->element.transpose, to)) {
            job.finite.store(false, std::memory_order_relaxed);
          }
        }
        for (Index l = segment.begin; l < segment.end; ++l) {
          Layer<T>& layer = *layers_[static_cast<std::size_t>(l)];
          if (layer.passes_through()) continue;
          layer.forward({slice.count, workspace_.level_slice(l, first, thread),
                         workspace_.level_slice(l + 1, first, thread),
                         workspace_.saved(l) + first * layer.saved_bytes(),
                         workspace_.scratch(thread), 0, nullptr});
        }
      }
    });
  }
}

// Losses, right answers and the gradient of the outputs (null: not wanted) of one pass.
template <class T>
void Network<T>::loss_pass(Job& job, const Range& pass, const T* outputs, T* grad) {
  const Index size = output().size();
  if (job.grad_outputs != nullptr) {
    const Images rows{job.grad_outputs,
                      sizeof(T) == sizeof(float) ? ImageType::float32 : ImageType::float64, nullptr,
                      job.images.count};
    load_images(output(), rows, pass.first, pass.count, kernels_->element.transpose, grad);
    return;
  }
  const T scale = T{1} / static_cast<T>(job.images.count);
  const Images rows{job.targets->rows,
                    sizeof(T) == sizeof(float) ? ImageType::float32 : ImageType::float64,
                    job.images.index, job.images.count};
  if (rows.data != nullptr) target_rows_.reserve(workspace_.schedule().pass_images * size);
  constexpr Index kGroup = 16;
  parallel_for(ceil_div(pass.count, kGroup), pass.count * size * 32, [&](Index task, int) {
    for (Index i = task * kGroup; i < std::min(pass.count, (task + 1) * kGroup); ++i) {
      Target<T> target{-1, nullptr};
      if (rows.data != nullptr) {
        T* row = target_rows_.data() + i * size;
        load_images(output(), rows, pass.first + i, 1, kernels_->element.transpose, row);
        target.row = row;
      } else {
        target.label = job.targets->labels[job.images.row(pass.first + i)];
      }
      const T* out = outputs + i * size;
      losses_[i] =
          loss_->evaluate(size, out, target, scale, grad == nullptr ? nullptr : grad + i * size);
      const Index wanted = target.row == nullptr ? target.label : argmax(size, target.row);
      correct_[i] = argmax(size, out) == wanted;
    }
  });
  for (Index i = 0; i < pass.count; ++i) {
    job.result.loss_sum += losses_[i];
    job.result.correct += correct_[i];
  }
  if (size == 1) job.result.correct = -1;
}

template <class T>
void Network<T>::backward_pass(Job& job, const Range& pass, bool accumulate) {
  const auto& segments = workspace_.segments();
  const auto levels = static_cast<Index>(layers_.size());
  Index border = 0;
  loss_pass(job, pass, workspace_.activations(levels), workspace_.border(border));
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    if (job.grad_images == nullptr && segment->end <= first_trained_) break;
    T* grad_in = workspace_.border(border);
    T* grad_out = workspace_.border(++border);
    if (segment->whole_batch) {
      Layer<T>& layer = *layers_[static_cast<std::size_t>(segment->begin)];
      layer.backward({pass.count, workspace_.activations(segment->begin),
                      workspace_.activations(segment->end), workspace_.saved(segment->begin),
                      grad_in,
                      job.wants_grad_of(segment->begin, first_trained_) ? grad_out : nullptr,
                      workspace_.accumulator(0, segment->begin), accumulate, workspace_.scratch(0),
                      workspace_.scratch_stride(), workspace_.shared()});
    } else {
      backward_slices(job, pass, *segment, grad_in, grad_out);
    }
  }
  if (job.grad_images != nullptr) {
    store_images(input_, pass.count, workspace_.border(border), kernels_->element.transpose,
                 job.grad_images + pass.first * input_.size());
  }
}

// A level from image `first` on, null where it was not kept.
template <class T>
const T* Network<T>::kept_slice(Index level, Index first) {
  if (!workspace_.kept(level)) return nullptr;
  return workspace_.activations(level) + first * workspace_.size_of(level);
}

// The layers of one segment backwards, lane by lane and slice by slice.
template <class T>
void Network<T>::backward_slices(Job& job, const Range& pass, const Segment& segment, T* grad_in,
                                 T* grad_out) {
  const Schedule& schedule = workspace_.schedule();
  const Index lanes = schedule.lanes(pass.count);
  const Index lowest =
      job.grad_images != nullptr ? segment.begin : std::max(segment.begin, first_trained_);
  parallel_for(lanes, 2 * work(segment, pass.count), [&](Index task, int thread) {
    const Range lane = part_of(pass.count, task, lanes);
    const Index slices = schedule.slices(lane.count);
    for (Index s = 0; s < slices; ++s) {
      const Range slice = part_of(lane.count, s, slices);
      const Index first = lane.first + slice.first;
      T* grad = grad_in + first * workspace_.size_of(segment.end);
      T* last = grad_out + first * workspace_.size_of(segment.begin);
      Index which = 0;  // counted in layers that run: beside a Flatten their numbers are not enough
      for (Index l = segment.end - 1; l >= lowest; --l) {
        Layer<T>& layer = *layers_[static_cast<std::size_t>(l)];
        if (layer.passes_through()) continue;
        T* to = l == segment.begin ? last : workspace_.slice_buffer(thread, which++);
        if (!job.wants_grad_of(l, first_trained_)) to = nullptr;
        layer.backward({slice.count, kept_slice(l, first), kept_slice(l + 1, first),
                        workspace_.saved(l) + first * layer.saved_bytes(), grad, to,
                        workspace_.accumulator(task, l), s > 0 || task < job.lanes_used,
                        workspace_.scratch(thread), 0, nullptr});
        grad = to;
      }
      // Layers that pass gradients through leave them where they were.
      if (job.wants_grad_of(segment.begin, first_trained_) && grad != last) {
        std::copy_n(grad, slice.count * workspace_.size_of(segment.begin), last);
      }
    }
  });
}

// Adds the lanes up, in order, and turns the sums into gradients of the weights.
template <class T>
void Network<T>::finish_gradients(Index lanes) {
  const Index size = workspace_.lane_size();
  constexpr Index kBlock = 4096;
  T* sums = workspace_.lanes();
  parallel_for(ceil_div(size, kBlock), size * lanes, [&](Index task, int) {
    const Index first = task * kBlock;
    kernels_->element.sum_lanes(std::min(kBlock, size - first), sums + first, size, lanes);
  });
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    if (layers_[l]->accumulator_size() == 0) continue;
    layers_[l]->finish_gradients(workspace_.accumulator(0, static_cast<Index>(l)));
  }
}

template <class T>
void Network<T>::update_weights(double learning_rate) {
  ++step_;
  constexpr Index kBlock = 8192;
  const Index size = weights_.size();
  parallel_for(ceil_div(size, kBlock), 4 * size, [&](Index task, int) {
    constexpr std::size_t kMostSlots = 4;
    T* slots[kMostSlots] = {};
    const Index first = task * kBlock;
    for (std::size_t i = 0; i < slots_.size(); ++i) slots[i] = slots_[i].data() + first;
    optimizer_->update(step_, learning_rate, std::min(kBlock, size - first), grads_.data() + first,
                       slots, weights_.data() + first);
  });
  stale_ = true;
}

// ---- inference ----

template <class T>
BatchResult Network<T>::evaluate_batch(const Images& images, const Targets<T>& targets) {
  check(images, &targets);
  Job job{images, &targets};
  losses_.reserve(workspace_.schedule().pass_images);
  correct_.reserve(workspace_.schedule().pass_images);
  run_inference(images,
                [&](const Range& pass, T* outputs) { loss_pass(job, pass, outputs, nullptr); });
  return job.result;
}

template <class T>
void Network<T>::predict(const Images& images, T* outputs) {
  check(images, nullptr);
  const Index size = output().size();
  run_inference(images, [&](const Range& pass, T* values) {
    if (ends_with_softmax_) {
      kernels_->element.activate({ActivationKind::softmax}, pass.count, size, values);
    }
    store_images(output(), pass.count, values, kernels_->element.transpose,
                 outputs + pass.first * size);
  });
}

// Calls sink(pass, outputs of the pass) for one pass after another.
template <class T>
template <class Sink>
void Network<T>::run_inference(const Images& images, Sink&& sink) {
  const Index passes = workspace_.schedule().passes(images.count);
  workspace_.reserve_inference(ceil_div(images.count, passes));
  pack_weights();
  for (Index p = 0; p < passes; ++p) {
    const Range pass = part_of(images.count, p, passes);
    std::atomic<bool> finite{true};
    T* outputs = infer_pass(images, pass, finite);
    if (!finite) refuse_not_finite(images);
    sink(pass, outputs);
  }
}

template <class T>
T* Network<T>::infer_pass(const Images& images, const Range& pass, std::atomic<bool>& finite) {
  Index border = 0;
  for (const Segment& segment : workspace_.segments()) {
    T* from = workspace_.border(border);
    T* to = workspace_.border(++border);
    if (segment.whole_batch) {
      layers_[static_cast<std::size_t>(segment.begin)]->forward(
          {pass.count, from, to, nullptr, workspace_.scratch(0), workspace_.scratch_stride(),
           workspace_.shared()});
      continue;
    }
    const Index slices = workspace_.schedule().slices(pass.count);
    parallel_for(slices, work(segment, pass.count), [&](Index task, int thread) {
      const Range slice = part_of(pass.count, task, slices);
      const T* at = from + slice.first * workspace_.size_of(segment.begin);
      Index which = 0;
      if (segment.begin == 0) {
        T* loaded = workspace_.slice_buffer(thread, which++);
        if (!load_images(input_, images, pass.first + slice.first, slice.count,
                         kernels_->element.transpose, loaded)) {
          finite.store(false, std::memory_order_relaxed);
        }
        at = loaded;
      }
      for (Index l = segment.begin; l < segment.end; ++l) {
        Layer<T>& layer = *layers_[static_cast<std::size_t>(l)];
        if (layer.passes_through()) continue;
        T* next = workspace_.slice_buffer(thread, which++);
        layer.forward({slice.count, at, next, workspace_.slice_saved(thread),
                       workspace_.scratch(thread), 0, nullptr});
        at = next;
      }
      std::copy_n(at, slice.count * workspace_.size_of(segment.end),
                  to + slice.first * workspace_.size_of(segment.end));
    });
  }
  return workspace_.border(border);
}

// The public members; the others follow from them.
template BatchResult Network<float>::train_batch(const Images&, const Targets<float>&,
                                                 std::optional<double>);
template BatchResult Network<float>::evaluate_batch(const Images&, const Targets<float>&);
template void Network<float>::predict(const Images&, float*);
template BatchResult Network<float>::differentiate(const Images&, const Targets<float>&, float*);
template void Network<float>::backpropagate(const Images&, const float*, float*);
template BatchResult Network<double>::train_batch(const Images&, const Targets<double>&,
                                                  std::optional<double>);
template BatchResult Network<double>::evaluate_batch(const Images&, const Targets<double>&);
template void Network<double>::predict(const Images&, double*);
template BatchResult Network<double>::differentiate(const Images&, const Targets<double>&, double*);
template void Network<double>::backpropagate(const Images&, const double*, double*);

}  // namespace cnnx
