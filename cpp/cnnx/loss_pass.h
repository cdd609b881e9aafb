// The losses of a pass: a value for each image and each output, and the gradients they begin with.
#pragma once

#include <cstdint>

#include "cnnx/core/buffer.h"
#include "cnnx/job.h"
#include "cnnx/network.h"

namespace cnnx {

template <class T>
class LossPass {
 public:
  explicit LossPass(const Network<T>& network) : network_(network) {}

  // Room for passes of up to `images` images.
  void reserve(Index images);
  // Adds losses and correct predictions of one output to the job's results, and writes the gradient
  // (null: not wanted), or adds it to what another output has written.
  void run(Job<T>& job, std::size_t output, const Range& pass, const T* outputs, T* grad, bool add);
  // Writes or adds the gradient that the job brings instead.
  void load_gradient(const Job<T>& job, std::size_t output, const Range& pass, T* grad, bool add);

 private:
  void write_target(const Job<T>& job, const Images& rows, std::size_t output, Index image,
                    T* spare, T* row) const;

  const Network<T>& network_;
  Buffer<double> losses_;  // of the images of a pass
  Buffer<std::uint8_t> correct_;
  Buffer<T> target_rows_;  // in the engine's layout; where targets are mixed, twice
  Buffer<T> added_;        // gradients on their way to where they are added
};

}  // namespace cnnx
