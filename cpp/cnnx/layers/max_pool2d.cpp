// MaxPool2D: the largest value of each window, and where it stood.
#include "cnnx/core/error.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

template <class T>
class MaxPool2D final : public Layer<T> {
 public:
  explicit MaxPool2D(const Attrs& attrs)
      : window_(attrs.pair("pool_size", 1)),
        stride_(attrs.pair("stride", 1)),
        padding_(attrs.pair("padding", 0)) {}

  const char* kind() const override { return "MaxPool2D"; }
  Index saved_bytes() const override { return g_.out_size() * g_.place_bytes(); }
  bool reads_input() const override { return false; }
  bool reads_output() const override { return taken_.kind != ActivationKind::linear; }
  // An output is one of the inputs: it tells the derivative there as well as the input does.
  bool take_activation(Activation activation) override {
    taken_ = activation;
    return true;
  }

  void forward(const ForwardRun<T>& run) override {
    this->kernels().max_pool.forward(g_, run.images, run.input, run.output, run.saved);
  }

  void backward(const BackwardRun<T>& run) override {
    if (run.grad_input == nullptr) return;
    this->kernels().element.activate_backward(taken_, run.images * g_.out_height * g_.out_width,
                                              g_.channels, run.output, run.grad_output);
    this->kernels().max_pool.backward(g_, run.images, run.grad_output, run.saved, run.grad_input);
  }

 protected:
  Shape plan_layer(const PlanContext&) override {
    const Shape& in = this->input();
    if (in.flat) {
      throw ShapeError(concat(this->label(), ": expected input (channels, height, width), got ",
                              in.str(), "; place it before Flatten and Dense"));
    }
    // More padding than half a window would make windows that see no pixel at all.
    if (2 * padding_.first > window_.first || 2 * padding_.second > window_.second) {
      throw ShapeError(concat(this->label(), ": padding ", padding_.first, "x", padding_.second,
                              " must be at most half the window ", window_.first, "x",
                              window_.second));
    }
    checked_product({window_.first, window_.second}, this->label() + " window");
    const Index rows = output_size(in.height, window_.first, stride_.first, 1, 2 * padding_.first);
    const Index columns =
        output_size(in.width, window_.second, stride_.second, 1, 2 * padding_.second);
    if (rows < 1 || columns < 1) {
      throw ShapeError(concat(this->label(), ": window ", window_.first, "x", window_.second,
                              " does not fit input ", in.height, "x", in.width, " with padding ",
                              padding_.first, "x", padding_.second, "; use a smaller pool_size"));
    }
    g_ = {in.channels,    in.height,      in.width,       rows,
          columns,        window_.first,  window_.second, stride_.first,
          stride_.second, padding_.first, padding_.second};
    return {in.channels, rows, columns, false};
  }

 private:
  std::pair<Index, Index> window_, stride_, padding_;
  PoolGeometry g_{};
  Activation taken_;  // of the layer before
};

}  // namespace

template <class T>
LayerPtr<T> make_max_pool2d(const Attrs& attrs) {
  return std::make_unique<MaxPool2D<T>>(attrs);
}
template LayerPtr<float> make_max_pool2d(const Attrs&);
template LayerPtr<double> make_max_pool2d(const Attrs&);

}  // namespace cnnx
