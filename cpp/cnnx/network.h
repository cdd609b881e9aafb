// A network: its layers, their weights, and what runs a batch through them. One call per batch.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "cnnx/augment/augmentation.h"
#include "cnnx/core/attrs.h"
#include "cnnx/core/buffer.h"
#include "cnnx/core/images.h"
#include "cnnx/core/shape.h"
#include "cnnx/graph.h"
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
  const Shape& output() const { return graph_.output(); }
  const Graph<T>& graph() const { return graph_; }
  const Workspace<T>& workspace() const { return workspace_; }
  // The final activation that is part of the loss and applied by predict(); linear: none.
  ActivationKind taken_activation() const { return taken_activation_; }
  Index workspace_bytes() const { return workspace_.bytes(); }

  // Sets the augmentation of train_batch, in order; an empty list disables it. Throws ConfigError.
  void set_augmentation(const std::vector<Attrs>& steps, std::uint64_t seed);

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

  // Names are "<layer>.<parameter>", nested ones "<layer>.branch.<layer>.<parameter>"; values in
  // the public layout. NameError, ShapeError.
  std::vector<std::string> parameter_names() const;
  std::vector<std::string> learned_names() const;  // without running averages and the like
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
  Index offset_of(const Parameter<T>& parameter) const { return parameter.value - weights_.data(); }
  void check_loss() const;
  void check(const Images& images, const Targets<T>* targets) const;
  [[noreturn]] void refuse_not_finite(const Images& images) const;

  enum class Packed { no, for_training, for_inference };
  // Part of a pass on its way through: which images, in which lane and thread.
  struct Slice {
    Index first, count;
    Index lane;
    int thread;
    bool begins_lane;
  };

  void pack_weights(Packed purpose);
  void run_training(Job& job);
  void find_wanted(bool grad_images);
  bool wants(Index level) const { return wanted_[static_cast<std::size_t>(level)] != 0; }
  void forward_pass(Job& job, const Range& pass);
  void forward_node(Flow::Way way, Index node, const Range& pass, const Slice& slice);
  void measure(Index after, const Slice& slice);
  bool load_slice(const Job& job, const Range& slice, int thread, T* to);
  void write_target(const Job& job, const Images& rows, Index image, T* spare, T* row) const;
  void loss_pass(Job& job, const Range& pass, const T* outputs, T* grad);
  void backward_pass(Job& job, const Range& pass, bool accumulate);
  void backward_node(Index node, const Range& pass, const Slice& slice, bool accumulate);
  void measure_gradients(Index after, const Range& pass, const Slice& slice);
  BackwardRun<T> backward_run(Index node, const Range& pass, const Slice& slice);
  template <class Body>
  void each_lane(const Range& pass, Index work, Body&& body);
  void finish_gradients(Index lanes);
  template <class Sink>
  void run_inference(const Images& images, Sink&& sink);
  T* infer_pass(const Images& images, const Range& pass, std::atomic<bool>& finite);
  Index work(const Segment& segment, Index images) const;
  Layer<T>& layer(Index node) { return *graph_.nodes()[static_cast<std::size_t>(node)].layer; }
  const Layer<T>& layer(Index node) const {
    return *graph_.nodes()[static_cast<std::size_t>(node)].layer;
  }
  Index nodes() const { return static_cast<Index>(graph_.nodes().size()); }

  Shape input_;
  Graph<T> graph_;
  LossPtr<T> loss_;
  const KernelTable<T>* kernels_;
  ActivationKind taken_activation_ = ActivationKind::linear;
  Packed packed_ = Packed::no;  // what the packed weights are good for
  bool differs_ = false;        // packed weights for inference are others than for training

  Buffer<T> weights_, grads_;
  Buffer<T> state_;  // parameters that are not learned
  Updater<T> updater_;
  Workspace<T> workspace_;
  std::vector<char> wanted_;  // of each level: whether its gradient leads to one that is wanted
  Buffer<double> losses_;     // of the images of a pass
  Buffer<std::uint8_t> correct_;
  Buffer<T> target_rows_;  // of a pass, in the engine's layout; where targets are mixed, twice

  std::optional<Augmentation<T>> augmentation_;
  Buffer<T> augmentation_scratch_;  // of the threads
};

}  // namespace cnnx
