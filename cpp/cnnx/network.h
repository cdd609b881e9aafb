// A network: its layers, their weights, and what runs a batch through them. One call a batch.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "cnnx/core/attrs.h"
#include "cnnx/core/buffer.h"
#include "cnnx/core/images.h"
#include "cnnx/core/shape.h"
#include "cnnx/layers/layer.h"
#include "cnnx/losses/loss.h"
#include "cnnx/update.h"
#include "cnnx/workspace.h"

namespace cnnx {

struct NetworkOptions {
  std::optional<Attrs> loss;
  std::optional<Attrs> optimizer;
  std::uint64_t seed = 0;
  bool exact_conv = false;  // direct convolution only
};

// Classes, or rows of outputs in public order; as many as the images' array has rows.
template <class T>
struct Targets {
  const Index* labels = nullptr;
  const T* rows = nullptr;
  const T* weights = nullptr;  // each image's loss counts so much; null: once
};

struct BatchResult {
  double loss_sum = 0;
  Index correct = 0;  // without weights; -1 where a single output has no classes
};

template <class T>
class Network {
 public:
  Network(const std::vector<Attrs>& layers, const Shape& input, const NetworkOptions& options);

  const Shape& input() const { return input_; }
  const Shape& output() const { return layers_.empty() ? input_ : layers_.back()->output(); }
  const std::vector<LayerPtr<T>>& layers() const { return layers_; }
  // The final activation that the loss has in it and predict() applies; linear: none.
  ActivationKind taken_activation() const { return taken_activation_; }
  Index workspace_bytes() const { return workspace_.bytes(); }

  // One step of the optimizer on the mean loss of a batch: the weighted losses' sum divided by the
  // number of images, whatever the weights. Nothing has changed when it throws.
  BatchResult train_batch(const Images& images, const Targets<T>& targets,
                          std::optional<double> learning_rate);
  BatchResult evaluate_batch(const Images& images, const Targets<T>& targets);
  // Writes the outputs, public order, to `outputs`.
  void predict(const Images& images, T* outputs);
  // The gradients of the mean loss; parameters' ones through gradient(), the images' to
  // `grad_images` in public order.
  BatchResult differentiate(const Images& images, const Targets<T>& targets, T* grad_images);
  // The same for given gradients of the outputs (public order) instead of a loss.
  void backpropagate(const Images& images, const T* grad_outputs, T* grad_images);

  // Names are "<layer>.<parameter>"; values in the public layout. NameError, ShapeError.
  std::vector<std::string> parameter_names() const;
  const Parameter<T>& parameter(const std::string& name) const;
  void read_parameter(const std::string& name, T* values) const;
  void write_parameter(const std::string& name, const T* values);
  void read_gradient(const std::string& name, T* values) const;

  void set_optimizer(const Attrs& attrs);
  // Only the parameters named are updated from now on, running statistics not even then. NameError.
  void set_trainable(const std::vector<std::string>& names);
  // Swaps the weights with their running average; a second call swaps them back.
  void swap_average();
  void require_unswapped(const char* action) const { updater_.require_unswapped(action); }
  Index step() const { return updater_.step(); }
  void set_step(Index step) { updater_.set_step(step); }
  std::vector<std::string> slots() const { return updater_.slots(); }
  void read_slot(const std::string& name, Index slot, T* values) const;
  void write_slot(const std::string& name, Index slot, const T* values);

 private:
  struct Job;  // a batch on its way forward and back

  void make_parameters(std::uint64_t seed);
  void plan_updates();
  void drop_final_activation();
  void move_activations();
  Index offset_of(const Parameter<T>& parameter) const { return parameter.value - weights_.data(); }
  void check_loss() const;
  void check(const Images& images, const Targets<T>* targets) const;
  [[noreturn]] void refuse_not_finite(const Images& images) const;

  void pack_weights();
  void run_training(Job& job);
  void forward_pass(Job& job, const Range& pass);
  void loss_pass(Job& job, const Range& pass, const T* outputs, T* grad);
  void backward_pass(Job& job, const Range& pass, bool accumulate);
  void backward_slices(Job& job, const Range& pass, const Segment& segment, T* grad_in,
                       T* grad_out);
  const T* kept_slice(Index level, Index first);
  void finish_gradients(Index lanes);
  template <class Sink>
  void run_inference(const Images& images, Sink&& sink);
  T* infer_pass(const Images& images, const Range& pass, std::atomic<bool>& finite);
  Index work(const Segment& segment, Index images) const;

  Shape input_;
  std::vector<LayerPtr<T>> layers_;
  LossPtr<T> loss_;
  const KernelTable<T>* kernels_;
  ActivationKind taken_activation_ = ActivationKind::linear;
  bool stale_ = true;        // the packed weights are older than the weights
  Index first_trained_ = 0;  // no layer before it has parameters

  Buffer<T> weights_, grads_;
  Updater<T> updater_;
  Workspace<T> workspace_;
  Buffer<double> losses_;  // of the images of a pass
  Buffer<std::uint8_t> correct_;
  Buffer<T> target_rows_;  // of a pass, in the engine's layout
};

}  // namespace cnnx
