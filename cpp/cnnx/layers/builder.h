// The interface through which composite layers append their parts to a network.
#pragma once

#include <string>
#include <vector>

#include "cnnx/core/attrs.h"
#include "cnnx/core/shape.h"
#include "cnnx/layers/layer.h"

namespace cnnx {

// Levels are the arrays between layers: 0 is the network's input, each layer makes one more.
template <class T>
class Builder {
 public:
  virtual ~Builder() = default;
  // Plans a layer on its input levels and appends it; returns the level of its output. `name` is
  // the beginning of its parameters' names and its place in messages.
  virtual Index add(LayerPtr<T> layer, const std::string& name, std::vector<Index> inputs) = 0;
  // Appends the layers of a description, one after another.
  virtual Index chain(const std::vector<Attrs>& layers, const std::string& name, Index input) = 0;
  // One layer, which may be made of others.
  virtual Index append(const Attrs& layer, const std::string& name, Index input) = 0;
  virtual const Shape& shape(Index level) const = 0;
};

// Appends what a description names, a plain layer or one that is made of others. Throws ConfigError
// for unknown kinds and bad arguments.
template <class T>
Index append_layer(Builder<T>& builder, const Attrs& attrs, const std::string& name, Index input);

}  // namespace cnnx
