// A batch forward, for its outputs only.
#include "cnnx/core/error.h"
#include "cnnx/core/parallel.h"
#include "cnnx/job.h"
#include "cnnx/network.h"

namespace cnnx {

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
    kernels_->element.activate({taken_activation_}, pass.count, size, values);
    store_images(output(), pass.count, values, outputs + pass.first * size,
                 kernels_->element.transpose);
  });
}

// Calls sink(pass, outputs of the pass) for one pass after another.
template <class T>
template <class Sink>
void Network<T>::run_inference(const Images& images, Sink&& sink) {
  const Index passes = workspace_.schedule().passes(images.count);
  workspace_.reserve_inference(ceil_div(images.count, passes));
  pack_weights(Packed::for_inference);
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
  constexpr Flow::Way kWay = Flow::Way::inference;
  const Flow& flow = workspace_.flow(kWay);
  for (const Segment& segment : flow.segments()) {
    if (segment.whole_batch) {
      forward_node(kWay, segment.begin, pass, {0, pass.count, 0, 0, true});
      continue;
    }
    const Index slices = workspace_.schedule().slices(pass.count);
    parallel_for(slices, work(segment, pass.count), [&](Index task, int thread) {
      const Range range = part_of(pass.count, task, slices);
      const Slice slice{range.first, range.count, 0, thread, true};
      if (&segment == &flow.segments().front()) {
        T* to = workspace_.level(kWay, 0, slice.first, thread);
        if (!load_images(input_, images, pass.first + slice.first, slice.count, to,
                         kernels_->element.transpose)) {
          finite.store(false, std::memory_order_relaxed);
        }
      }
      for (Index n = segment.begin; n < segment.end; ++n) {
        if (flow.root(n + 1) == n + 1) forward_node(kWay, n, pass, slice);
      }
    });
  }
  return workspace_.level(kWay, nodes(), 0, 0);
}

// The public members; the others follow from them.
template BatchResult Network<float>::evaluate_batch(const Images&, const Targets<float>&);
template void Network<float>::predict(const Images&, float*);
template BatchResult Network<double>::evaluate_batch(const Images&, const Targets<double>&);
template void Network<double>::predict(const Images&, double*);

}  // namespace cnnx
