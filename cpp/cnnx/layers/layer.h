// What every layer is to the network. A layer checks its shapes once, in plan(); forward() and
// backward() then run on a few images, or on the whole batch where whole_batch() says so.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
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
  bool trained = true;  // false: running statistics, which the optimizer neither sees nor averages
  bool frozen = false;  // not to be updated for now

  Index count() const { return view[0] * view[1] * view[2] * view[3]; }
};

struct PlanContext {
  Index position = 0;       // of the layer in the network, for messages
  bool exact_conv = false;  // direct convolution only
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
};

template <class T>
class Layer {
 public:
  virtual ~Layer() = default;
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // Checks the input's shape and fixes everything that depends on shapes.
  void plan(const Shape& input, const KernelTable<T>& kernels, const PlanContext& context) {
    input_ = input;
    kernels_ = &kernels;
    label_ = std::string(kind()) + " (layer " + std::to_string(context.position) + ")";
    output_ = plan_layer(context);
  }

  virtual const char* kind() const = 0;  // as users spell it: "Conv2D"
  const std::string& label() const { return label_; }
  const Shape& input() const { return input_; }
  const Shape& output() const { return output_; }
  std::vector<Parameter<T>>& parameters() { return parameters_; }
  const std::vector<Parameter<T>>& parameters() const { return parameters_; }

  virtual Index flops() const { return 0; }              // forward, per image; multiply-add = 2
  virtual bool whole_batch() const { return false; }     // runs on all images at once, with threads
  virtual bool passes_through() const { return false; }  // the output is the input, as it lies
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
  virtual void drop_activation() {}  // the loss or predict() applies it instead

  virtual Index saved_bytes() const { return 0; }                   // per image
  virtual Index scratch_size(Index /*images*/) const { return 0; }  // per thread
  virtual Index shared_size(Index /*images*/) const { return 0; }   // whole-batch layers
  // Accumulator of the weights' gradients: one for each lane, one in all for a whole-batch layer.
  // Where it is 0, backward() writes the parameters' gradients themselves.
  virtual Index accumulator_size() const { return 0; }
  // Turns the sum of the lanes' accumulators into the parameters' gradients; may use threads.
  virtual void finish_gradients(const T* /*accumulator*/) {}
  // Called when the weights have changed; may use threads.
  virtual void pack() {}

  virtual void forward(const ForwardRun<T>& run) = 0;
  virtual void backward(const BackwardRun<T>& run) = 0;

 protected:
  Layer() = default;
  virtual Shape plan_layer(const PlanContext& context) = 0;
  const KernelTable<T>& kernels() const { return *kernels_; }

  std::vector<Parameter<T>> parameters_;

 private:
  Shape input_, output_;
  std::string label_;
  const KernelTable<T>* kernels_ = nullptr;
};

template <class T>
using LayerPtr = std::unique_ptr<Layer<T>>;

// The layer that a description names. Throws ConfigError for unknown kinds and bad arguments.
template <class T>
LayerPtr<T> make_layer(const Attrs& attrs);

}  // namespace cnnx
