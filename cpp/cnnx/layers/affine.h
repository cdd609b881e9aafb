// A fixed scale and offset for each channel: what Rescale and Normalize share.
#pragma once

#include "cnnx/core/buffer.h"
#include "cnnx/layers/layer.h"

namespace cnnx {

template <class T>
class Affine : public Layer<T> {
 public:
  LayerTraits traits() const override { return {.reads_input = false, .reads_output = false}; }
  void forward(const ForwardRun<T>& run) const override {
    this->kernels().element.affine(run.images * rows(), columns(), run.input, scale_.data(),
                                   offset_.data(), run.output);
  }

  void backward(const BackwardRun<T>& run) const override {
    if (run.grad_input == nullptr) return;
    this->kernels().element.affine(run.images * rows(), columns(), run.grad_output, scale_.data(),
                                   zero_.data(), run.grad_input);
  }

 protected:
  // Called by plan_layer with the scale and offset of channel c.
  template <class Terms>
  void set_terms(Terms&& terms) {
    scale_.resize(columns());
    offset_.resize(columns());
    zero_.resize(columns());
    for (Index c = 0; c < columns(); ++c) {
      const auto [scale, offset] = terms(c);
      scale_[c] = static_cast<T>(scale);
      offset_[c] = static_cast<T>(offset);
    }
  }

  Index columns() const { return this->input().channels; }

 private:
  Index rows() const { return this->input().pixels(); }
  Buffer<T> scale_, offset_, zero_;
};

}  // namespace cnnx
