// A batch forward, for its outputs only. Changes nothing in the network.
#pragma once

#include <atomic>
#include <span>

#include "cnnx/execute.h"
#include "cnnx/network.h"
#include "cnnx/workspace.h"

namespace cnnx {

template <class T>
class Inference {
 public:
  Inference(const Network<T>& network, Workspace<T>& workspace)
      : network_(network), workspace_(workspace), executor_(network, workspace) {}

  // Calls sink(pass, output, values) for each output of one pass after another. False where an
  // image is not finite; passes before have been handed out. The weights must be packed.
  template <class Sink>
  bool run(std::span<const Images> inputs, Sink&& sink) {
    const Graph<T>& graph = network_.graph();
    const Index count = inputs.front().count;
    const Index passes = network_.plan().schedule().passes(count);
    workspace_.reserve_inference(ceil_div(count, passes));
    for (Index p = 0; p < passes; ++p) {
      const Range pass = part_of(count, p, passes);
      if (!run_pass(inputs, pass)) return false;
      for (std::size_t i = 0; i < network_.outputs(); ++i) {
        sink(pass, i, workspace_.level(Flow::Way::inference, graph.outputs()[i], 0, 0));
      }
    }
    return true;
  }

 private:
  bool run_pass(std::span<const Images> inputs, const Range& pass);
  bool load(std::span<const Images> inputs, const Range& pass, const Slice& slice);

  const Network<T>& network_;
  Workspace<T>& workspace_;
  Executor<T> executor_;
};

}  // namespace cnnx
