// A network as its user describes it: layers, and which values each of them is applied to.
#pragma once

#include <string>
#include <vector>

#include "cnnx/core/attrs.h"
#include "cnnx/core/shape.h"

namespace cnnx {

// A layer applied to values. Values are numbered: first the network's inputs, then what each call
// gives, in order.
struct LayerCall {
  Attrs layer;
  std::string name;  // its parameters' names begin with it
  std::vector<Index> inputs;
};

struct Description {
  std::vector<Shape> inputs;
  std::vector<LayerCall> calls;  // each after those whose values it takes
  std::vector<Index> outputs;    // values

  // One layer after another, named by their numbers.
  static Description chain(const std::vector<Attrs>& layers, const Shape& input) {
    Description description{{input}, {}, {static_cast<Index>(layers.size())}};
    for (std::size_t i = 0; i < layers.size(); ++i) {
      description.calls.push_back({layers[i], std::to_string(i), {static_cast<Index>(i)}});
    }
    return description;
  }
};

}  // namespace cnnx
