// ZeroPad2D: rows and columns of zeros around the maps; the gradient is what lies inside.
#include <algorithm>

#include "cnnx/core/error.h"
#include "cnnx/layers/makers.h"
#include "cnnx/layers/pool.h"

namespace cnnx {
namespace {

template <class T>
class ZeroPad2D final : public Layer<T> {
 public:
  explicit ZeroPad2D(const Attrs& attrs) {
    const std::vector<Index>& sides = attrs.integers("padding");
    top_ = sides[0];
    bottom_ = sides[1];
    left_ = sides[2];
    right_ = sides[3];
  }

  const char* kind() const override { return "ZeroPad2D"; }
  LayerTraits traits() const override { return {.reads_input = false, .reads_output = false}; }

  void forward(const ForwardRun<T>& run) const override {
    const Shape& in = this->input();
    const Shape& out = this->output();
    const Index row = in.width * in.channels, between = (left_ + right_) * in.channels;
    const T* from = run.input;
    T* to = run.output;
    for (Index image = 0; image < run.images; ++image) {
      to = std::fill_n(to, (top_ * out.width + left_) * in.channels, T{0});
      for (Index y = 0; y < in.height; ++y, from += row) {
        to = std::copy_n(from, row, to);
        if (y + 1 < in.height) to = std::fill_n(to, between, T{0});
      }
      to = std::fill_n(to, (bottom_ * out.width + right_) * in.channels, T{0});
    }
  }

  void backward(const BackwardRun<T>& run) const override {
    if (run.grad_input == nullptr) return;
    const Shape& in = this->input();
    const Shape& out = this->output();
    const Index row = in.width * in.channels;
    T* to = run.grad_input;
    for (Index image = 0; image < run.images; ++image) {
      const T* from =
          run.grad_output + image * out.size() + (top_ * out.width + left_) * in.channels;
      for (Index y = 0; y < in.height; ++y, from += out.width * in.channels) {
        to = std::copy_n(from, row, to);
      }
    }
  }

 protected:
  Shape plan_layer(const PlanContext&) override {
    const Shape& in = this->input();
    expect_maps(in);
    // Beyond any image, and far from where sums of sizes would overflow.
    constexpr Index kLargest = Index{1} << 30;
    for (const Index side : {top_, bottom_, left_, right_}) {
      if (side > kLargest) {
        throw ShapeError({.message = concat("padding up to ", kLargest, " is possible, got ", side),
                          .expected = concat("padding up to ", kLargest),
                          .got = concat(side)});
      }
    }
    const Shape out{in.channels, in.height + top_ + bottom_, in.width + left_ + right_, false};
    checked_product({out.channels, out.height, out.width}, "output");
    return out;
  }

 private:
  Index top_, bottom_, left_, right_;
};

}  // namespace

template <class T>
LayerPtr<T> make_zero_pad2d(const Attrs& attrs) {
  return std::make_unique<ZeroPad2D<T>>(attrs);
}
template LayerPtr<float> make_zero_pad2d(const Attrs&);
template LayerPtr<double> make_zero_pad2d(const Attrs&);

}  // namespace cnnx
