// The augmentation of training images, made while they are loaded. An image's draws depend on the
// seed, the epoch and its row in the dataset alone, so that batches, threads and the point where a
// run was resumed have no effect.
#pragma once

#include <vector>

#include "cnnx/augment/mix.h"
#include "cnnx/augment/step.h"
#include "cnnx/core/images.h"

namespace cnnx {

template <class T>
class Augmentation {
 public:
  // Steps in the order of their application; those that mix images come last. Throws ConfigError.
  Augmentation(const std::vector<Attrs>& steps, const Shape& shape, std::uint64_t seed);

  bool empty() const { return steps_.empty() && rules_.empty(); }
  // Elements that one thread needs beside the images it writes.
  Index scratch_size() const;

  // How the images of a batch are mixed.
  Mix mix(const Images& images) const { return draw_mix(rules_, seed_, shape_, images); }
  // Writes images [first, first + count) of the batch, augmented and mixed, channels-last to `to`.
  // Returns false when a value is not finite. Does not throw or allocate.
  bool load(const Images& images, const Mix& mix, Index first, Index count, T* scratch,
            T* to) const;

 private:
  // Consecutive steps that are carried out together: one map, or (none) one change of values.
  struct Stage {
    std::size_t first, end;  // steps
    bool moves, fills;
    T fill;
  };

  void add(StepPtr<T> step);
  bool loads_first() const { return stages_.empty() || !stages_.front().moves; }
  void load_one(const Images& images, Index i, T* spare, T* to) const;
  Affine map_of(const Stage& stage, const Random& random, Index row) const;

  Shape shape_;
  std::uint64_t seed_;
  std::vector<StepPtr<T>> steps_;
  std::vector<Stage> stages_;
  std::vector<MixRule> rules_;
  Index copies_ = 1;  // how often an image is rewritten on its way
};

}  // namespace cnnx
