// What one call runs: images for each of a network's inputs, and what its outputs should be.
#pragma once

#include <span>

#include "cnnx/core/images.h"
#include "cnnx/core/index.h"

namespace cnnx {

// Classes, or rows of one output in public order; as many as the images' array has rows.
template <class T>
struct Targets {
  const Index* labels = nullptr;
  const T* rows = nullptr;
  const T* weights = nullptr;  // each image's loss counts so much; null: once
};

template <class T>
struct Batch {
  std::span<const Images> inputs;       // as many images, by the same index, for every input
  std::span<const Targets<T>> targets;  // one for each output; empty where outputs are all

  Index count() const { return inputs.front().count; }
  // The row of an image in the arrays.
  Index row(Index image) const { return inputs.front().row(image); }
};

// Of one output.
struct BatchResult {
  double loss_sum = 0;
  Index correct = 0;  // without weights; -1 where a single output has no classes
};

}  // namespace cnnx
