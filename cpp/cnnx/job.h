// A batch on its way through a network; seen by the files that run it.
#pragma once

#include <atomic>

#include "cnnx/network.h"

namespace cnnx {

template <class T>
struct Network<T>::Job {
  const Images& images;
  const Targets<T>* targets = nullptr;  // or
  const T* grad_outputs = nullptr;      // one of the two
  T* grad_images = nullptr;             // null: not wanted
  BatchResult result{};
  Index lanes_used = 0;  // lanes whose accumulators hold something
  std::atomic<bool> finite{true};
  const Augmentation<T>* augmentation = nullptr;  // null: images are taken as they are
  Mix mix{};
};

}  // namespace cnnx
