#include "cnnx/inference.h"

#include "cnnx/core/parallel.h"

namespace cnnx {

template <class T>
bool Inference<T>::run_pass(std::span<const Images> inputs, const Range& pass) {
  constexpr Flow::Way kWay = Flow::Way::inference;
  const Graph<T>& graph = network_.graph();
  const Flow& flow = network_.plan().flow(kWay);
  std::atomic<bool> finite{true};
  for (const Segment& segment : flow.segments()) {
    if (segment.whole_batch) {
      executor_.forward(kWay, segment.begin, pass, whole_pass(pass));
      continue;
    }
    const Index slices = network_.plan().schedule().slices(pass.count);
    parallel_for(slices, executor_.work(segment, pass.count), [&](Index task, int thread) {
      const Range range = part_of(pass.count, task, slices);
      const Slice slice{range.first, range.count, 0, thread, true};
      if (&segment == &flow.segments().front() && !load(inputs, pass, slice)) {
        finite.store(false, std::memory_order_relaxed);
      }
      for (Index n = segment.begin; n < segment.end; ++n) {
        const Index level = graph.level_of(n);
        if (flow.root(level) == level) executor_.forward(kWay, n, pass, slice);
      }
    });
  }
  return finite;
}

template <class T>
bool Inference<T>::load(std::span<const Images> inputs, const Range& pass, const Slice& slice) {
  bool finite = true;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    T* to =
        workspace_.level(Flow::Way::inference, static_cast<Index>(i), slice.first, slice.thread);
    finite &= load_images(network_.input(i), inputs[i], pass.first + slice.first, slice.count, to,
                          network_.kernels().element.transpose);
  }
  return finite;
}

template class Inference<float>;
template class Inference<double>;

}  // namespace cnnx
