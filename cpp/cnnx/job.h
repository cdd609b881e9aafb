// A batch on its way through a network; seen by the files that run it.
#pragma once

#include <atomic>
#include <span>
#include <vector>

#include "cnnx/augment/augmentation.h"
#include "cnnx/batch.h"

namespace cnnx {

template <class T>
struct Job {
  const Batch<T>& batch;
  std::vector<BatchResult>& results;              // of the outputs
  std::span<const T* const> grad_outputs = {};    // public order; instead of targets
  std::span<T* const> grad_inputs = {};           // public order; empty: not wanted
  const Augmentation<T>* augmentation = nullptr;  // null: images are taken as they are
  Mix mix{};
  Index lanes_used = 0;  // lanes whose accumulators hold something
  std::atomic<bool> finite{true};
};

}  // namespace cnnx
