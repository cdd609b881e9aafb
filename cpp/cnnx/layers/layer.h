// What every layer is to the network. A layer checks its shapes once, in plan(); forward() and
// backward() then run on a few images, or on the whole batch where its traits say so.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cnnx/core/argument.h"
#include "cnnx/core/attrs.h"
#include "cnnx/core/error.h"
#include "cnnx/core/index.h"
#include "cnnx/core/shape.h"
#include "cnnx/kernels/table.h"
#include "cnnx/layers/fused_activation.h"
#include "cnnx/layers/measuring.h"
#include "cnnx/layers/run.h"

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
  bool frozen = false;  // learned in principle, but not now

  Index count() const { return view[0] * view[1] * view[2] * view[3]; }
};

struct PlanContext {
  std::string position;      // of the layer in the network, for messages: "3", "3.branch.0"
  bool exact_conv = false;   // direct convolution only
  std::uint64_t seed = 0;    // of random draws; with the layer's number
  std::uint32_t number = 0;  // of the layer, counted over branches too
};

// What a layer is to those who plan and run it.
struct LayerTraits {
  Index flops = 0;              // forward, per image; multiply-add = 2
  bool whole_batch = false;     // runs on all images at once, with threads
  bool passes_through = false;  // the output is the input, as it lies
  bool passes_through_in_inference = false;
  // What backward() looks at. A level that no neighbour looks at is not kept.
  bool reads_input = true, reads_output = true;
  // backward() adds to its targets itself; and the gradient of its first input is that of its
  // output, which may stay where it lies.
  bool adds_gradients = false, hands_gradient_on = false;
  bool folds = false;     // pack() can apply a scaling
  Index saved_bytes = 0;  // per image, from forward() to backward()
  // Accumulator of the weights' gradients: one for each lane, one in all for a whole-batch layer.
  // Where it is 0, backward() writes the parameters' gradients themselves.
  Index accumulator_size = 0;
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
    try {
      output_ = plan_layer(context);
    } catch (Error& error) {
      error.set_layer(context.position, kind());
      throw;
    }
  }

  virtual const char* kind() const = 0;  // as users spell it: "Conv2D"
  const Shape& input() const { return inputs_.front(); }
  const std::vector<Shape>& inputs() const { return inputs_; }
  const Shape& output() const { return output_; }
  std::vector<Parameter<T>>& parameters() { return parameters_; }
  const std::vector<Parameter<T>>& parameters() const { return parameters_; }

  // Fixed when the layer is planned, but for what its fused_activation() changes.
  virtual LayerTraits traits() const = 0;
  virtual Index scratch_size(Index /*images*/) const { return 0; }  // per thread
  virtual Index shared_size(Index /*images*/) const { return 0; }   // whole-batch layers

  // Null for a layer that has nothing to do with activations, or that does not measure.
  virtual FusedActivation* fused_activation() { return nullptr; }
  virtual Measuring<T>* measuring() { return nullptr; }

  // Called when the weights have changed; may use threads. With a scaling, the layer applies it
  // until it is packed again: only where it folds.
  virtual void pack(const Scaling<T>* /*folded*/) {}
  // What the layer comes to in inference, where it is no more than that.
  virtual std::optional<Scaling<T>> inference_scaling() const { return std::nullopt; }
  // Turns the sum of the lanes' accumulators into the parameters' gradients; may use threads.
  virtual void finish_gradients(const T* /*accumulator*/) const {}

  // Both leave the layer as it is: several runners may be in it at once.
  virtual void forward(const ForwardRun<T>& run) const = 0;
  virtual void backward(const BackwardRun<T>& run) const = 0;

 protected:
  Layer() = default;
  virtual Shape plan_layer(const PlanContext& context) = 0;
  const KernelTable<T>& kernels() const { return *kernels_; }

  std::vector<Parameter<T>> parameters_;

 private:
  std::vector<Shape> inputs_;
  Shape output_;
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

// The rows of the registry.
std::vector<Described> describe_layers();

}  // namespace cnnx
