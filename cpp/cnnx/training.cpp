// A batch forward and back: which layer runs when, on which images and with which memory.
#include <algorithm>
#include <array>

#include "cnnx/core/parallel.h"
#include "cnnx/job.h"
#include "cnnx/network.h"

namespace cnnx {

template <class T>
Index Network<T>::work(const Segment& segment, Index images) const {
  Index flops = 0;
  for (Index n = segment.begin; n < segment.end; ++n) {
    flops += layer(n).flops() / 2 + 4 * layer(n).output().size();
  }
  return images * (flops + input_.size());
}

template <class T>
void Network<T>::pack_weights(Packed purpose) {
  if (packed_ == purpose || (packed_ != Packed::no && !differs_)) return;
  const bool inference = purpose == Packed::for_inference;
  for (const Node<T>& node : graph_.nodes()) {
    if (inference || !node.layer->measures()) node.layer->pack(nullptr);
  }
  for (const Node<T>& node : graph_.nodes()) {
    if (!inference || node.folds_into < 0) continue;
    const std::optional<Scaling<T>> scaling = node.layer->inference_scaling();
    if (scaling) layer(node.folds_into).pack(&scaling.value());
  }
  packed_ = purpose;
}

template <class T>
void Network<T>::run_training(Job& job) {
  const Schedule& schedule = workspace_.schedule();
  const Index count = job.images.count;
  const Index passes = schedule.training_passes(count);
  const Index most = ceil_div(count, passes);
  workspace_.reserve_training(most);
  losses_.reserve(most);
  correct_.reserve(most);
  if (job.augmentation != nullptr) {
    augmentation_scratch_.reserve(num_threads() * job.augmentation->scratch_size());
  }
  pack_weights(Packed::for_training);
  find_wanted(job.grad_images != nullptr);
  for (Index p = 0; p < passes; ++p) {
    const Range pass = part_of(count, p, passes);
    forward_pass(job, pass);
    if (!job.finite) refuse_not_finite(job.images);
    backward_pass(job, pass, p > 0);
    job.lanes_used = std::max(job.lanes_used, schedule.lanes(pass.count));
  }
  finish_gradients(job.lanes_used);
}

// A gradient is wanted where it leads to weights that are learned, or to the images.
template <class T>
void Network<T>::find_wanted(bool grad_images) {
  wanted_.resize(static_cast<std::size_t>(nodes()) + 1);
  wanted_[0] = grad_images;
  for (Index n = 0; n < nodes(); ++n) {
    bool wanted = learns(layer(n));
    for (const Index level : graph_.nodes()[static_cast<std::size_t>(n)].inputs) {
      wanted = wanted || wants(level);
    }
    wanted_[static_cast<std::size_t>(n + 1)] = wanted;
  }
}

// Calls body(slice) for the slices of a pass, lane by lane: lanes run on threads, the slices of one
// in order.
template <class T>
template <class Body>
void Network<T>::each_lane(const Range& pass, Index work, Body&& body) {
  const Schedule& schedule = workspace_.schedule();
  const Index lanes = schedule.lanes(pass.count);
  parallel_for(lanes, work, [&](Index task, int thread) {
    const Range lane = part_of(pass.count, task, lanes);
    const Index slices = schedule.slices(lane.count);
    for (Index s = 0; s < slices; ++s) {
      const Range slice = part_of(lane.count, s, slices);
      body(Slice{lane.first + slice.first, slice.count, task, thread, s == 0});
    }
  });
}

template <class T>
void Network<T>::forward_pass(Job& job, const Range& pass) {
  const Flow& flow = workspace_.flow(Flow::Way::forward);
  const Index lanes = workspace_.schedule().lanes(pass.count);
  for (const Segment& segment : flow.segments()) {
    const bool first = &segment == &flow.segments().front();
    if (segment.whole_batch) {
      forward_node(Flow::Way::forward, segment.begin, pass, {0, pass.count, 0, 0, true});
      if (!flow.measured_after(segment.begin).empty()) {
        each_lane(pass, pass.count * layer(segment.begin).output().size(),
                  [&](const Slice& slice) { measure(segment.begin, slice); });
      }
    } else {
      each_lane(pass, work(segment, pass.count), [&](const Slice& slice) {
        if (first) {
          T* to = workspace_.level(Flow::Way::forward, 0, slice.first, slice.thread);
          if (!load_slice(job, {pass.first + slice.first, slice.count}, slice.thread, to)) {
            job.finite.store(false, std::memory_order_relaxed);
          }
          measure(-1, slice);
        }
        for (Index n = segment.begin; n < segment.end; ++n) {
          if (flow.root(n + 1) != n + 1) continue;
          forward_node(Flow::Way::forward, n, pass, slice);
          measure(n, slice);
        }
      });
    }
    for (Index n = first ? -1 : segment.begin; n < segment.end; ++n) {
      for (const Index measuring : flow.measured_after(n)) layer(measuring).finish_measure(lanes);
    }
  }
}

template <class T>
void Network<T>::forward_node(Flow::Way way, Index n, const Range& pass, const Slice& slice) {
  const Node<T>& node = graph_.nodes()[static_cast<std::size_t>(n)];
  std::array<const T*, kMostInputs> inputs;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    inputs[i] = workspace_.level(way, node.inputs[i], slice.first, slice.thread);
  }
  const bool training = way == Flow::Way::forward;
  const bool whole = node.layer->whole_batch();
  std::byte* saved = training ? workspace_.saved(n) + slice.first * node.layer->saved_bytes()
                     : whole  ? nullptr
                              : workspace_.slice_saved(slice.thread);
  node.layer->forward({slice.count, inputs[0],
                       workspace_.level(way, n + 1, slice.first, slice.thread), saved,
                       workspace_.scratch(slice.thread), whole ? workspace_.scratch_stride() : 0,
                       whole ? workspace_.shared() : nullptr, inputs.data(),
                       pass.first + slice.first, updater_.step(), training});
}

// Shows a level that is new to the nodes that measure it.
template <class T>
void Network<T>::measure(Index after, const Slice& slice) {
  for (const Index n : workspace_.flow(Flow::Way::forward).measured_after(after)) {
    const T* input = workspace_.level(Flow::Way::forward, after + 1, slice.first, slice.thread);
    layer(n).measure(slice.lane, slice.begins_lane, slice.count, input);
  }
}

template <class T>
void Network<T>::backward_pass(Job& job, const Range& pass, bool accumulate) {
  const Flow& flow = workspace_.flow(Flow::Way::backward);
  const auto& segments = flow.segments();
  const Index lanes = workspace_.schedule().lanes(pass.count);
  const auto measure_all = [&](Index after) {
    if (flow.measured_after(after).empty()) return;
    each_lane(pass, pass.count * output().size(),
              [&](const Slice& slice) { measure_gradients(after, pass, slice); });
  };
  const auto finish_measure = [&](Index after) {
    for (const Index n : flow.measured_after(after)) {
      if (wants(n + 1)) layer(n).finish_gradient_measure(lanes);
    }
  };
  loss_pass(job, pass, workspace_.kept(nodes(), 0),
            workspace_.level(Flow::Way::backward, nodes(), 0, 0));
  measure_all(nodes());
  finish_measure(nodes());
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    bool wanted = false;
    for (Index n = segment->begin; n < segment->end; ++n) wanted = wanted || wants(n + 1);
    if (!wanted) continue;
    if (segment->whole_batch) {
      backward_node(segment->begin, pass, {0, pass.count, 0, 0, true}, accumulate);
      measure_all(segment->begin);
    } else {
      each_lane(pass, 2 * work(*segment, pass.count), [&](const Slice& slice) {
        const bool started = !slice.begins_lane || slice.lane < job.lanes_used;
        for (Index n = segment->end - 1; n >= segment->begin; --n) {
          if (flow.root(n + 1) != n + 1 || !wants(n + 1)) continue;
          backward_node(n, pass, slice, started);
          measure_gradients(n, pass, slice);
        }
      });
    }
    for (Index n = segment->begin; n < segment->end; ++n) finish_measure(n);
  }
  if (job.grad_images != nullptr) {
    store_images(input_, pass.count, workspace_.level(Flow::Way::backward, 0, 0, 0),
                 job.grad_images + pass.first * input_.size(), kernels_->element.transpose);
  }
}

// What the backward passes of a node see, without where its gradient goes.
template <class T>
BackwardRun<T> Network<T>::backward_run(Index n, const Range& pass, const Slice& slice) {
  const Node<T>& node = graph_.nodes()[static_cast<std::size_t>(n)];
  const bool whole = node.layer->whole_batch();
  BackwardRun<T> run{};
  run.images = slice.count;
  run.input = workspace_.kept(node.inputs[0], slice.first);
  run.output = workspace_.kept(n + 1, slice.first);
  run.saved = workspace_.saved(n) + slice.first * node.layer->saved_bytes();
  run.grad_output = workspace_.level(Flow::Way::backward, n + 1, slice.first, slice.thread);
  run.accumulator = workspace_.accumulator(slice.lane, n);
  run.scratch = workspace_.scratch(slice.thread);
  run.scratch_stride = whole ? workspace_.scratch_stride() : 0;
  run.shared = whole ? workspace_.shared() : nullptr;
  run.first_image = pass.first + slice.first;
  run.step = updater_.step();
  run.weights_wanted = learns(*node.layer);
  return run;
}

template <class T>
void Network<T>::backward_node(Index n, const Range& pass, const Slice& slice, bool accumulate) {
  const Node<T>& node = graph_.nodes()[static_cast<std::size_t>(n)];
  const Flow& flow = workspace_.flow(Flow::Way::backward);
  BackwardRun<T> run = backward_run(n, pass, slice);
  run.accumulate = accumulate;
  std::array<GradientTarget<T>, kMostInputs> targets;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Index level = node.inputs[i];
    targets[i] = {nullptr, flow.write(n, static_cast<Index>(i)).add};
    if (wants(level)) {
      targets[i].to = workspace_.level(Flow::Way::backward, level, slice.first, slice.thread);
    }
  }
  run.targets = targets.data();
  run.grad_input = targets[0].to;
  const Storage& through = flow.write(n, 0).through;
  const bool adds = targets[0].to != nullptr && through.kind != Storage::Kind::none;
  if (adds) run.grad_input = workspace_.at(through, node.inputs[0], slice.first, slice.thread);
  node.layer->backward(run);
  if (!adds) return;
  const Index count = slice.count * node.layer->input().size();
  const T* from = run.grad_input;
  if (!node.layer->whole_batch()) return kernels_->element.add(count, targets[0].to, from);
  constexpr Index kBlock = 8192;
  parallel_for(ceil_div(count, kBlock), count, [&](Index task, int) {
    const Index first = task * kBlock;
    kernels_->element.add(std::min(kBlock, count - first), targets[0].to + first, from + first);
  });
}

// Shows a gradient that is whole to the nodes that measure it.
template <class T>
void Network<T>::measure_gradients(Index after, const Range& pass, const Slice& slice) {
  for (const Index n : workspace_.flow(Flow::Way::backward).measured_after(after)) {
    if (wants(n + 1)) {
      layer(n).measure_gradients(slice.lane, slice.begins_lane, backward_run(n, pass, slice));
    }
  }
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
  for (Index n = 0; n < nodes(); ++n) {
    if (layer(n).accumulator_size() == 0 || !learns(layer(n))) continue;
    layer(n).finish_gradients(workspace_.accumulator(0, n));
  }
}

template void Network<float>::run_training(Job&);
template void Network<double>::run_training(Job&);
template void Network<float>::pack_weights(Packed);
template void Network<double>::pack_weights(Packed);
template void Network<float>::forward_node(Flow::Way, Index, const Range&, const Slice&);
template void Network<double>::forward_node(Flow::Way, Index, const Range&, const Slice&);
template Index Network<float>::work(const Segment&, Index) const;
template Index Network<double>::work(const Segment&, Index) const;

}  // namespace cnnx
