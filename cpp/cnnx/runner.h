// What brings batches through a network: memory of its own over weights that others may use too.
// One call a batch, one call at a time. Calls that only look at outputs may run in several
// runners of one network at once, when its weights are packed for inference; those that train or
// differentiate, and those that find them not packed, must be alone with the network.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "cnnx/batch.h"
#include "cnnx/inference.h"
#include "cnnx/loss_pass.h"
#include "cnnx/network.h"
#include "cnnx/training.h"
#include "cnnx/workspace.h"

namespace cnnx {

template <class T>
class Runner {
 public:
  explicit Runner(Network<T>& network);
  ~Runner() = default;
  Runner(const Runner&) = delete;  // its parts refer to one another
  Runner& operator=(const Runner&) = delete;

  // Of the outputs, until the next call.
  using Results = std::vector<BatchResult>;

  // One step of the optimizer on the mean loss of a batch: the weighted losses' sum divided by the
  // number of images, whatever the weights. Nothing has changed when it throws.
  const Results& train_batch(const Batch<T>& batch, std::optional<double> learning_rate);
  const Results& evaluate_batch(const Batch<T>& batch);
  // Writes the outputs, public order, to `outputs`.
  void predict(std::span<const Images> inputs, std::span<T* const> outputs);
  // The gradients of the mean loss: of parameters in the network, of the inputs to `grad_inputs` in
  // public order, null where not wanted.
  const Results& differentiate(const Batch<T>& batch, std::span<T* const> grad_inputs);
  // The same for given gradients of the outputs (public order) instead of a loss.
  void backpropagate(std::span<const Images> inputs, std::span<const T* const> grad_outputs,
                     std::span<T* const> grad_inputs);

  Index workspace_bytes() const { return workspace_.bytes(); }

 private:
  void check_inputs(std::span<const Images> inputs) const;
  void check_targets(const Batch<T>& batch) const;
  [[noreturn]] void refuse_not_finite(std::span<const Images> inputs) const;
  const Results& run(Job<T>& job);

  Network<T>& network_;
  Workspace<T> workspace_;
  LossPass<T> losses_;
  Training<T> training_;
  Inference<T> inference_;
  Results results_;
};

}  // namespace cnnx
