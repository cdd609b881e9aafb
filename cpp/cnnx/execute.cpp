#include "cnnx/execute.h"

#include <algorithm>
#include <array>

namespace cnnx {

template <class T>
Index Executor<T>::work(const Segment& segment, Index images) const {
  Index each = 0;
  for (Index n = segment.begin; n < segment.end; ++n) {
    each += graph_.node(n).traits.flops / 2 + 4 * graph_.shape(graph_.level_of(n)).size();
  }
  for (Index i = 0; i < graph_.inputs(); ++i) each += graph_.shape(i).size();
  return images * each;
}

template <class T>
void Executor<T>::forward(Flow::Way way, Index n, const Range& pass, const Slice& slice) const {
  const Node<T>& node = graph_.node(n);
  std::array<const T*, kMostInputs> inputs;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    inputs[i] = workspace_.level(way, node.inputs[i], slice.first, slice.thread);
  }
  const bool training = way == Flow::Way::forward;
  const bool whole = node.traits.whole_batch;
  std::byte* saved = training ? workspace_.saved(n) + slice.first * node.traits.saved_bytes
                     : whole  ? nullptr
                              : workspace_.slice_saved(slice.thread);
  node.layer->forward(
      {.images = slice.count,
       .input = inputs[0],
       .output = workspace_.level(way, graph_.level_of(n), slice.first, slice.thread),
       .saved = saved,
       .scratch = workspace_.scratch(slice.thread),
       .scratch_stride = whole ? workspace_.scratch_stride() : 0,
       .shared = whole ? workspace_.shared() : nullptr,
       .inputs = inputs.data(),
       .first_image = pass.first + slice.first,
       .step = network_.step(),
       .training = training});
}

template <class T>
BackwardRun<T> Executor<T>::backward_run(Index n, const Range& pass, const Slice& slice) const {
  const Node<T>& node = graph_.node(n);
  const bool whole = node.traits.whole_batch;
  const Index level = graph_.level_of(n);
  return {.images = slice.count,
          .input = workspace_.kept(node.inputs[0], slice.first),
          .output = workspace_.kept(level, slice.first),
          .saved = workspace_.saved(n) + slice.first * node.traits.saved_bytes,
          .grad_output = workspace_.level(Flow::Way::backward, level, slice.first, slice.thread),
          .grad_input = nullptr,
          .accumulator = workspace_.accumulator(slice.lane, n),
          .accumulate = false,
          .scratch = workspace_.scratch(slice.thread),
          .scratch_stride = whole ? workspace_.scratch_stride() : 0,
          .shared = whole ? workspace_.shared() : nullptr,
          .targets = nullptr,
          .first_image = pass.first + slice.first,
          .step = network_.step(),
          .weights_wanted = learns(*node.layer)};
}

// Adds what a layer that does not add itself has written for its input.
template <class T>
void Executor<T>::add(Index n, const Slice& slice, const T* from, T* to) const {
  const Node<T>& node = graph_.node(n);
  const auto& element = network_.kernels().element;
  const Index count = slice.count * node.layer->input().size();
  if (!node.traits.whole_batch) return element.add(count, to, from);
  constexpr Index kBlock = 8192;
  parallel_for(ceil_div(count, kBlock), count, [&](Index task, int) {
    const Index first = task * kBlock;
    element.add(std::min(kBlock, count - first), to + first, from + first);
  });
}

template class Executor<float>;
template class Executor<double>;

}  // namespace cnnx
