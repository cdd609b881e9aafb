#include "cnnx/training.h"

#include <algorithm>

#include "cnnx/core/parallel.h"

namespace cnnx {

template <class T>
Training<T>::Training(Network<T>& network, Workspace<T>& workspace, LossPass<T>& losses)
    : network_(network),
      graph_(network.graph()),
      plan_(network.plan()),
      workspace_(workspace),
      losses_(losses),
      executor_(network, workspace),
      wanted_(to_size(plan_.levels())) {}

template <class T>
bool Training<T>::run(Job<T>& job) {
  const Schedule& schedule = plan_.schedule();
  const Index count = job.batch.count();
  const Index passes = schedule.training_passes(count);
  const Index most = ceil_div(count, passes);
  workspace_.reserve_training(most);
  losses_.reserve(most);
  if (job.augmentation != nullptr) {
    augmentation_scratch_.reserve(num_threads() * job.augmentation->scratch_size());
  }
  network_.pack(Network<T>::Packed::for_training);
  find_wanted(job);
  for (Index p = 0; p < passes; ++p) {
    const Range pass = part_of(count, p, passes);
    forward_pass(job, pass);
    if (!job.finite) return false;
    begin_gradients(job, pass);
    backward_pass(job, pass, p > 0);
    store_gradients(job, pass);
    job.lanes_used = std::max(job.lanes_used, schedule.lanes(pass.count));
  }
  finish_gradients(job.lanes_used);
  return true;
}

// A gradient is wanted where it leads to weights that are learned, or to the images.
template <class T>
void Training<T>::find_wanted(const Job<T>& job) {
  for (Index i = 0; i < graph_.inputs(); ++i) {
    wanted_[to_size(i)] = !job.grad_inputs.empty() && job.grad_inputs[to_size(i)] != nullptr;
  }
  for (Index n = 0; n < graph_.count(); ++n) {
    bool wanted = learns(network_.layer(n));
    for (const Index level : graph_.node(n).inputs) wanted = wanted || wants(level);
    wanted_[to_size(graph_.level_of(n))] = wanted;
  }
}

// Brings images of the batch in, augmented where the job asks for it.
template <class T>
bool Training<T>::load(const Job<T>& job, const Range& slice, const Slice& at) {
  bool finite = true;
  for (Index i = 0; i < graph_.inputs(); ++i) {
    const Images& images = job.batch.inputs[to_size(i)];
    T* to = workspace_.level(Flow::Way::forward, i, at.first, at.thread);
    if (job.augmentation == nullptr) {
      finite &= load_images(graph_.shape(i), images, slice.first, slice.count, to,
                            network_.kernels().element.transpose);
    } else {
      T* scratch = augmentation_scratch_.data() + at.thread * job.augmentation->scratch_size();
      finite &= job.augmentation->load(images, job.mix, slice.first, slice.count, scratch, to);
    }
  }
  return finite;
}

template <class T>
void Training<T>::forward_pass(Job<T>& job, const Range& pass) {
  constexpr Flow::Way kWay = Flow::Way::forward;
  const Flow& flow = plan_.flow(kWay);
  const Index lanes = plan_.schedule().lanes(pass.count);
  for (const Segment& segment : flow.segments()) {
    const bool first = &segment == &flow.segments().front();
    if (segment.whole_batch) {
      executor_.forward(kWay, segment.begin, pass, whole_pass(pass));
      if (!flow.measured_after(segment.begin).empty()) {
        const Index size = graph_.shape(graph_.level_of(segment.begin)).size();
        executor_.each_lane(pass, pass.count * size,
                            [&](const Slice& slice) { measure(segment.begin, slice); });
      }
    } else {
      executor_.each_lane(pass, executor_.work(segment, pass.count), [&](const Slice& slice) {
        if (first) {
          if (!load(job, {pass.first + slice.first, slice.count}, slice)) {
            job.finite.store(false, std::memory_order_relaxed);
          }
          measure(-1, slice);
        }
        for (Index n = segment.begin; n < segment.end; ++n) {
          const Index level = graph_.level_of(n);
          if (flow.root(level) != level) continue;
          executor_.forward(kWay, n, pass, slice);
          measure(n, slice);
        }
      });
    }
    for (Index n = first ? -1 : segment.begin; n < segment.end; ++n) {
      for (const Index measuring : flow.measured_after(n)) {
        network_.layer(measuring).measuring()->finish_measure(lanes);
      }
    }
  }
}

// Shows a level that is new to the nodes that measure it.
template <class T>
void Training<T>::measure(Index after, const Slice& slice) {
  for (const Index n : plan_.flow(Flow::Way::forward).measured_after(after)) {
    const T* input =
        workspace_.level(Flow::Way::forward, graph_.node(n).inputs[0], slice.first, slice.thread);
    network_.layer(n).measuring()->measure(slice.lane, slice.begins_lane, slice.count, input);
  }
}

// The gradients of the outputs: those of their losses, or those given.
template <class T>
void Training<T>::begin_gradients(Job<T>& job, const Range& pass) {
  const Flow& flow = plan_.flow(Flow::Way::backward);
  const std::vector<Index>& outputs = graph_.outputs();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    T* grad = workspace_.level(Flow::Way::backward, outputs[i], 0, 0);
    const auto same = [&](Index level) { return flow.root(level) == flow.root(outputs[i]); };
    const bool add = std::any_of(outputs.begin(), outputs.begin() + static_cast<Index>(i), same);
    if (job.grad_outputs.empty()) {
      losses_.run(job, i, pass, workspace_.kept(outputs[i], 0), grad, add);
    } else {
      losses_.load_gradient(job, i, pass, grad, add);
    }
  }
}

template <class T>
void Training<T>::backward_pass(Job<T>& job, const Range& pass, bool accumulate) {
  const auto& segments = plan_.flow(Flow::Way::backward).segments();
  const Index lanes = plan_.schedule().lanes(pass.count);
  measure_all_gradients(graph_.count(), pass);
  finish_gradient_measure(graph_.count(), lanes);
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    bool wanted = false;
    for (Index n = segment->begin; n < segment->end; ++n) {
      wanted = wanted || wants(graph_.level_of(n));
    }
    if (!wanted) continue;
    backward_segment(*segment, job, pass, accumulate);
    for (Index n = segment->begin; n < segment->end; ++n) finish_gradient_measure(n, lanes);
  }
}

template <class T>
void Training<T>::backward_segment(const Segment& segment, const Job<T>& job, const Range& pass,
                                   bool accumulate) {
  const Flow& flow = plan_.flow(Flow::Way::backward);
  const auto wanted = [this](Index level) { return wants(level); };
  if (segment.whole_batch) {
    executor_.backward(segment.begin, pass, whole_pass(pass), accumulate, wanted);
    measure_all_gradients(segment.begin, pass);
    return;
  }
  executor_.each_lane(pass, 2 * executor_.work(segment, pass.count), [&](const Slice& slice) {
    const bool started = !slice.begins_lane || slice.lane < job.lanes_used;
    for (Index n = segment.end - 1; n >= segment.begin; --n) {
      const Index level = graph_.level_of(n);
      if (flow.root(level) != level || !wants(level)) continue;
      executor_.backward(n, pass, slice, started, wanted);
      measure_gradients(n, pass, slice);
    }
  });
}

// Shows a gradient that is whole to the nodes that measure it.
template <class T>
void Training<T>::measure_gradients(Index after, const Range& pass, const Slice& slice) {
  for (const Index n : plan_.flow(Flow::Way::backward).measured_after(after)) {
    if (!wants(graph_.level_of(n))) continue;
    network_.layer(n).measuring()->measure_gradients(slice.lane, slice.begins_lane,
                                                     executor_.backward_run(n, pass, slice));
  }
}

template <class T>
void Training<T>::measure_all_gradients(Index after, const Range& pass) {
  if (plan_.flow(Flow::Way::backward).measured_after(after).empty()) return;
  Index size = 0;
  for (std::size_t i = 0; i < network_.outputs(); ++i) size += network_.output(i).size();
  executor_.each_lane(pass, pass.count * size,
                      [&](const Slice& slice) { measure_gradients(after, pass, slice); });
}

template <class T>
void Training<T>::finish_gradient_measure(Index after, Index lanes) {
  for (const Index n : plan_.flow(Flow::Way::backward).measured_after(after)) {
    if (wants(graph_.level_of(n))) network_.layer(n).measuring()->finish_gradient_measure(lanes);
  }
}

template <class T>
void Training<T>::store_gradients(const Job<T>& job, const Range& pass) {
  for (Index i = 0; i < graph_.inputs(); ++i) {
    if (!wants(i)) continue;
    const Shape& shape = graph_.shape(i);
    store_images(shape, pass.count, workspace_.level(Flow::Way::backward, i, 0, 0),
                 job.grad_inputs[to_size(i)] + pass.first * shape.size(),
                 network_.kernels().element.transpose);
  }
}

// Adds the lanes up, in order, and turns the sums into gradients of the weights.
template <class T>
void Training<T>::finish_gradients(Index lanes) {
  const Index size = plan_.lane_size();
  constexpr Index kBlock = 4096;
  T* sums = workspace_.lanes();
  parallel_for(ceil_div(size, kBlock), size * lanes, [&](Index task, int) {
    const Index first = task * kBlock;
    network_.kernels().element.sum_lanes(std::min(kBlock, size - first), sums + first, size, lanes);
  });
  for (Index n = 0; n < graph_.count(); ++n) {
    const Node<T>& node = graph_.node(n);
    if (node.traits.accumulator_size == 0 || !learns(*node.layer)) continue;
    node.layer->finish_gradients(workspace_.accumulator(0, n));
  }
}

template class Training<float>;
template class Training<double>;

}  // namespace cnnx
