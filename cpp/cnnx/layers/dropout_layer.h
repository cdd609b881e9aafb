// The base of the dropout layers: when they run, and which random numbers they use. A number
// depends on the seed, the layer, the step and the position in the batch: any thread draws the same
// one, and backward draws it again instead of keeping it.
#pragma once

#include "cnnx/core/random.h"
#include "cnnx/layers/dropout_rate.h"
#include "cnnx/layers/layer.h"

namespace cnnx {

template <class T>
class DropoutLayer : public Layer<T> {
 public:
  bool reads_input() const override { return false; }
  bool reads_output() const override { return false; }
  bool passes_through() const override { return rate_.keeps_all(); }
  bool passes_through_in_inference() const override { return true; }

  void forward(const ForwardRun<T>& run) override {
    apply({run.step, run.first_image, run.images}, run.scratch, run.input, run.output);
  }
  void backward(const BackwardRun<T>& run) override {
    if (run.grad_input == nullptr) return;
    apply({run.step, run.first_image, run.images}, run.scratch, run.grad_output, run.grad_input);
  }

 protected:
  // Some images of the batch of one step.
  struct Part {
    Index step, first, images;
  };

  explicit DropoutLayer(const Attrs& attrs) : rate_(attrs) {}

  Shape plan_layer(const PlanContext& context) override {
    seed_ = context.seed;
    stream_ = static_cast<std::uint32_t>(Stream::dropout) | context.number << 8;
    return this->input();
  }

  // Multiplies by zero or by the rate's scale.
  virtual void apply(const Part& part, T* scratch, const T* from, T* to) const = 0;

  const DropoutRate& rate() const { return rate_; }
  std::uint64_t seed() const { return seed_; }
  std::uint32_t stream() const { return stream_; }  // of this layer's draws

 private:
  DropoutRate rate_;
  std::uint64_t seed_ = 0;
  std::uint32_t stream_ = 0;
};

}  // namespace cnnx
