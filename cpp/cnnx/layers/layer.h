// The interface of layers. A layer checks its shapes once, in plan(); forward() and
// backward() then run on a few images, or on the whole batch where whole_batch() says so.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cnnx/core/attrs.h"
#include "cnnx/core/index.h"
#include "cnnx/core/shape.h"
#include "cnnx/kernels/table.h"

namespace cnnx {

// A weight array. In memory its axes are (2, 3, 1, 0) of the public array seen in four dimensions:
// conv (out, in, kh, kw) is kept [kh][kw][in][out], dense (out, in) is kept [in][out], with the
// inputs in channels-last order after a flatten.
template <class T>
struct Parameter {
  std::string name;
  std::vector<Index> dims;    // public shape
  std::array<Index, 4> view;  // public shape in four dimensions
  std::string initializer;
  Index fan_in = 0, fan_out = 0;
  T* value = nullptr;  // set by the network, as is grad
  T* grad = nullptr;
  bool trained = true;  // false: part of the state, such as a running average, but not learned
  bool frozen = false;  // trainable, but currently not updated

  Index count() const { return view[0] * view[1] * view[2] * view[3]; }
};

struct PlanContext {
  std::string position;      // of the layer in the network, for messages: "3", "3.branch.0"
  bool exact_conv = false;   // direct convolution only
  std::uint64_t seed = 0;    // of random draws; with the layer's number
  std::uint32_t number = 0;  // of the layer, counted over branches too
};

// What follows a layer's sums in inference: outputs times scale plus offset, for each channel, and
// an activation.
template <class T>
struct Scaling {
  const T* scale;
  const T* offset;
  Activation activation;
};

template <class T>
struct ForwardRun {
  Index images;
  const T* input;
  T* output;
  std::byte* saved;      // saved_bytes() per image; kept until backward
  T* scratch;            // scratch_size() of them for each thread
  Index scratch_stride;  // from one thread's scratch to the next (whole-batch layers)
  T* shared;             // shared_size() of them for all threads together (whole-batch layers)
  const T* const* inputs = nullptr;  // of a layer with several
  Index first_image = 0;             // place of the first image in its batch
  Index step = 0;                    // steps of the optimizer before this batch
  bool training = false;
};

// Where the gradient of one of several inputs goes.
template <class T>
struct GradientTarget {
  T* to;     // null: not wanted
  bool add;  // another layer's gradient is there already
};

template <class T>
struct BackwardRun {
  Index images;
  const T* input;
  const T* output;
  const std::byte* saved;
  T* grad_output;   // may be overwritten
  T* grad_input;    // null: not wanted
  T* accumulator;   // accumulator_size() of them, on their way to the parameters' gradients
  bool accumulate;  // add to the accumulator instead of starting it
  T* scratch;
  Index scratch_stride;
  T* shared;
  const GradientTarget<T>* targets = nullptr;  // of a layer with several inputs
  Index first_image = 0;
  Index step = 0;
  bool weights_wanted = true;  // false: the weights are frozen
};

template <class T>
class Layer {
 public:
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // Checks the inputs' shapes and fixes everything that depends on shapes.
  void plan(const Shape& input, const KernelTable<T>& kernels, const PlanContext& context) {
    plan(std::vector<Shape>{input}, kernels, context);
  }
  void plan(std::vector<Shape> inputs, const KernelTable<T>& kernels, const PlanContext& context) {
    inputs_ = std::move(inputs);
    kernels_ = &kernels;
    label_ = std::string(kind()) + " (layer " + context.position + ")";
    output_ = plan_layer(context);
  }

  virtual const char* kind() const = 0;  // as users spell it: "Conv2D"
  const std::string& label() const { return label_; }
  const Shape& input() const { return inputs_.front(); }
  const std::vector<Shape>& inputs() const { return inputs_; }
  const Shape& output() const { return output_; }
  std::vector<Parameter<T>>& parameters() { return parameters_; }
  const std::vector<Parameter<T>>& parameters() const { return parameters_; }

  virtual Index flops() const { return 0; }              // forward, per image; multiply-add = 2
  virtual bool whole_batch() const { return false; }     // runs on all images at once, with threads
  virtual bool passes_through() const { return false; }  // the output is the input, as it lies
  virtual bool passes_through_in_inference() const { return passes_through(); }
  // What backward() looks at. A level that no neighbour looks at is not kept.
  virtual bool reads_input() const { return true; }
  virtual bool reads_output() const { return true; }
  // An activation in this layer whose derivative follows from its outputs, element by element; a
  // max pool behind it can multiply by that derivative at the few places where a gradient is left.
  virtual std::optional<Activation> activation_to_leave() const { return std::nullopt; }
  virtual void leave_activation() {}
  virtual bool take_activation(Activation /*activation*/) { return false; }
  // The activation that the layer ends with and can do without.
  virtual ActivationKind final_activation() const { return ActivationKind::linear; }
  virtual void drop_activation() {}  // another layer, the loss or predict() does
  // An activation that is a layer of its own, and one that the layer before it applies instead.
  virtual std::optional<Activation> sole_activation() const { return std::nullopt; }
  virtual bool absorb_activation(Activation /*activation*/) { return false; }

  virtual Index saved_bytes() const { return 0; }                   // per image
  virtual Index scratch_size(Index /*images*/) const { return 0; }  // per thread
  virtual Index shared_size(Index /*images*/) const { return 0; }   // whole-batch layers
  // Accumulator of the weights' gradients: one for each lane, one in all for a whole-batch layer.
  // Where it is 0, backward() writes the parameters' gradients themselves.
  virtual Index accumulator_size() const { return 0; }
  // True where backward() adds to its targets itself, and where the gradient of its first input is
  // that of its output, which may stay where it lies.
  virtual bool adds_gradients() const { return false; }
  virtual bool hands_gradient_on() const { return false; }
  // Turns the sum of the lanes' accumulators into the parameters' gradients; may use threads.
  virtual void finish_gradients(const T* /*accumulator*/) {}
  // Called when the weights have changed; may use threads. With a scaling, the layer applies it
  // until it is packed again: only where folds() says that it can.
  virtual void pack(const Scaling<T>* /*folded*/) {}
  virtual bool folds() const { return false; }
  // What the layer comes to in inference, where it is no more than that.
  virtual std::optional<Scaling<T>> inference_scaling() { return std::nullopt; }

  // A layer that measures must see its whole input before it runs, and the whole gradient of its
  // output before it goes back. Slices come in order within a lane; `first` begins a lane anew.
  virtual bool measures() const { return false; }
  virtual void reserve_lanes(Index /*lanes*/) {}
  virtual void measure(Index /*lane*/, bool /*first*/, Index /*images*/, const T* /*input*/) {}
  virtual void finish_measure(Index /*lanes*/) {}
  virtual void measure_gradients(Index /*lane*/, bool /*first*/, const BackwardRun<T>& /*run*/) {}
  virtual void finish_gradient_measure(Index /*lanes*/) {}
  // Called when a training step has succeeded: running averages move on.
  virtual void end_step() {}

  virtual void forward(const ForwardRun<T>& run) = 0;
  virtual void backward(const BackwardRun<T>& run) = 0;

 protected:
  Layer() = default;
  virtual Shape plan_layer(const PlanContext& context) = 0;
  const KernelTable<T>& kernels() const { return *kernels_; }

  std::vector<Parameter<T>> parameters_;

 private:
  std::vector<Shape> inputs_;
  Shape output_;
  std::string label_;
  const KernelTable<T>* kernels_ = nullptr;
};

// Most inputs of a layer.
constexpr std::size_t kMostInputs = 32;

// Whether any of the layer's parameters is to be learned.
template <class T>
bool learns(const Layer<T>& layer) {
  for (const Parameter<T>& parameter : layer.parameters()) {
    if (parameter.trained && !parameter.frozen) return true;
  }
  return false;
}

template <class T>
using LayerPtr = std::unique_ptr<Layer<T>>;

// The layer that a description names. Throws ConfigError for unknown kinds and bad arguments; for
// those that are made of others, see builder.h.
template <class T>
LayerPtr<T> make_layer(const Attrs& attrs);

}  // namespace cnnx
