// BatchNorm: normalises each channel over the batch, then applies a learned scale and offset.
// Ioffe, Szegedy, "Batch normalization: accelerating deep network training by reducing
// internal covariate shift", ICML 2015.
//
//   y = w (x - m) / s + b,   s = sqrt(v + epsilon),   m and v: mean and variance of the batch
//   dx = w / s (g - mean(g) - (x - m) / s^2 mean(g (x - m)))   for a gradient g of y
#include <algorithm>
#include <cmath>

#include "cnnx/core/buffer.h"
#include "cnnx/core/error.h"
#include "cnnx/layers/activations.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

template <class T>
class BatchNorm final : public Layer<T> {
 public:
  explicit BatchNorm(const Attrs& attrs)
      : momentum_(attrs.number("momentum")),
        epsilon_(attrs.number("epsilon")),
        activation_(activation_of(attrs)) {
    const bool possible = momentum_ >= 0 && momentum_ < 1;  // NaN is not
    if (!possible) {
      throw ConfigError(concat("momentum: expected at least 0 and below 1, got ", momentum_));
    }
    if (!(epsilon_ > 0)) throw ConfigError(concat("epsilon: expected above 0, got ", epsilon_));
  }

  const char* kind() const override { return "BatchNorm"; }
  Index flops() const override { return 2 * this->input().size(); }
  bool reads_output() const override {
    return !left_ && activation_.kind != ActivationKind::linear;
  }
  ActivationKind final_activation() const override { return activation_.kind; }
  void drop_activation() override { activation_ = {}; }
  bool absorb_activation(Activation activation) override {
    if (activation_.kind != ActivationKind::linear || !applied_by_kernel(activation)) return false;
    activation_ = activation;
    return true;
  }
  std::optional<Activation> activation_to_leave() const override {
    if (activation_.kind == ActivationKind::softmax) return std::nullopt;
    return activation_;
  }
  void leave_activation() override { left_ = true; }

  bool measures() const override { return true; }
  void reserve_lanes(Index lanes) override {
    lane_counts_.resize(lanes);
    lane_first_.resize(lanes * columns_);
    lane_second_.resize(lanes * columns_);
    slice_first_.resize(lanes * columns_);
    slice_second_.resize(lanes * columns_);
  }

  // Joins a slice's mean and squared distances to the lane's: Chan, Golub, LeVeque, "Updating
  // formulae and a pairwise algorithm for computing sample variances", 1979.
  void measure(Index lane, bool first, Index images, const T* input) override {
    if (frozen()) return;
    T* mean = slice_first_.data() + lane * columns_;
    T* squares = slice_second_.data() + lane * columns_;
    this->kernels().norm.moments(images * rows_, columns_, input, mean, squares);
    if (first) lane_counts_[lane] = 0;
    join(lane_counts_[lane], lane_first_.data() + lane * columns_,
         lane_second_.data() + lane * columns_, static_cast<double>(images * rows_), mean, squares);
  }

  void finish_measure(Index lanes) override {
    if (frozen()) {
      for (Index c = 0; c < columns_; ++c) {
        set_statistics(c, static_cast<double>(running_mean()[c]),
                       static_cast<double>(running_var()[c]));
      }
      return;
    }
    for (Index lane = 1; lane < lanes; ++lane) {
      join(lane_counts_[0], lane_first_.data(), lane_second_.data(), lane_counts_[lane],
           lane_first_.data() + lane * columns_, lane_second_.data() + lane * columns_);
    }
    count_ = lane_counts_[0];
    for (Index c = 0; c < columns_; ++c) {
      set_statistics(c, lane_first_[c], lane_second_[c] / count_);
    }
  }

  void forward(const ForwardRun<T>& run) override {
    const Scaling<T> scaling =
        run.training ? Scaling<T>{scale_.data(), offset_.data(), activation_} : inference_terms();
    this->kernels().norm.scale(activation_, run.images * rows_, columns_, run.input, scaling.scale,
                               scaling.offset, run.output);
    if (applied_by_kernel(activation_)) return;
    this->kernels().element.activate(activation_, run.images * rows_, columns_, run.output);
  }

  // Also multiplies the gradient by the activation's derivative, once for both uses.
  void measure_gradients(Index lane, bool first, const BackwardRun<T>& run) override {
    if (reads_output()) {
      this->kernels().element.activate_backward(activation_, run.images * rows_, columns_,
                                                run.output, run.grad_output);
    }
    T* sums = slice_first_.data() + lane * columns_;
    T* products = slice_second_.data() + lane * columns_;
    this->kernels().norm.gradient_sums(run.images * rows_, columns_, run.input, mean_.data(),
                                       run.grad_output, sums, products);
    double* lane_sums = lane_first_.data() + lane * columns_;
    double* lane_products = lane_second_.data() + lane * columns_;
    if (first) {
      std::fill_n(lane_sums, columns_, 0.0);
      std::fill_n(lane_products, columns_, 0.0);
    }
    for (Index c = 0; c < columns_; ++c) {
      lane_sums[c] += static_cast<double>(sums[c]);
      lane_products[c] += static_cast<double>(products[c]);
    }
  }

  void finish_gradient_measure(Index lanes) override {
    const T* weight = this->parameters_[0].value;
    for (Index c = 0; c < columns_; ++c) {
      double sum = 0, product = 0;
      for (Index lane = 0; lane < lanes; ++lane) {
        sum += lane_first_[lane * columns_ + c];
        product += lane_second_[lane * columns_ + c];
      }
      const double inverse = inverse_[c];
      this->parameters_[0].grad[c] = static_cast<T>(product * inverse);
      this->parameters_[1].grad[c] = static_cast<T>(sum);
      const double a = static_cast<double>(weight[c]) * inverse;
      const double b = frozen() ? 0 : -a * inverse * inverse * product / count_;
      const double rest = frozen() ? 0 : -a * sum / count_;
      of_grad_[c] = static_cast<T>(a);
      of_input_[c] = static_cast<T>(b);
      rest_[c] = static_cast<T>(rest - b * static_cast<double>(mean_[c]));
    }
  }

  void backward(const BackwardRun<T>& run) override {
    if (run.grad_input == nullptr) return;
    this->kernels().norm.gradient(run.images * rows_, columns_, run.input, run.grad_output,
                                  of_grad_.data(), of_input_.data(), rest_.data(), run.grad_input);
  }

  // running = momentum running + (1 - momentum) batch, with the unbiased variance.
  void end_step() override {
    if (frozen()) return;
    const double unbiased = count_ > 1 ? count_ / (count_ - 1) : 1;
    for (Index c = 0; c < columns_; ++c) {
      T& mean = this->parameters_[2].value[c];
      T& var = this->parameters_[3].value[c];
      mean = static_cast<T>(momentum_ * static_cast<double>(mean) +
                            (1 - momentum_) * static_cast<double>(mean_[c]));
      var = static_cast<T>(momentum_ * static_cast<double>(var) +
                           (1 - momentum_) * variance_[c] * unbiased);
    }
  }

  void pack(const Scaling<T>*) override {
    for (Index c = 0; c < columns_; ++c) {
      const double scale = static_cast<double>(this->parameters_[0].value[c]) /
                           std::sqrt(static_cast<double>(running_var()[c]) + epsilon_);
      inference_scale_[c] = static_cast<T>(scale);
      inference_offset_[c] = static_cast<T>(static_cast<double>(this->parameters_[1].value[c]) -
                                            scale * static_cast<double>(running_mean()[c]));
    }
  }
  std::optional<Scaling<T>> inference_scaling() override { return inference_terms(); }

 protected:
  Shape plan_layer(const PlanContext&) override {
    const Shape& in = this->input();
    columns_ = in.flat ? in.size() : in.channels;
    rows_ = in.flat ? 1 : in.pixels();
    // Features after a flatten lie in memory as the maps did.
    const std::array<Index, 4> view =
        in.flat ? std::array<Index, 4>{in.channels, 1, in.height, in.width}
                : std::array<Index, 4>{in.channels, 1, 1, 1};
    this->parameters_.clear();
    const auto add = [&](const char* name, const char* initializer, bool trained) {
      Parameter<T> parameter{name, {columns_}, view, initializer, columns_, columns_};
      parameter.trained = trained;
      this->parameters_.push_back(std::move(parameter));
    };
    add("weight", "ones", true);
    add("bias", "zeros", true);
    add("running_mean", "zeros", false);
    add("running_var", "ones", false);
    for (Buffer<T>* buffer : {&mean_, &scale_, &offset_, &of_grad_, &of_input_, &rest_,
                              &inference_scale_, &inference_offset_}) {
      buffer->resize(columns_);
    }
    inverse_.resize(columns_);
    variance_.resize(columns_);
    return in;
  }

 private:
  bool frozen() const { return this->parameters_[0].frozen && this->parameters_[1].frozen; }
  const T* running_mean() const { return this->parameters_[2].value; }
  const T* running_var() const { return this->parameters_[3].value; }

  template <class U>
  void join(double& count, double* mean, double* squares, double other_count, const U* other_mean,
            const U* other_squares) const {
    if (count == 0) {
      std::copy_n(other_mean, columns_, mean);
      std::copy_n(other_squares, columns_, squares);
      count = other_count;
      return;
    }
    const double total = count + other_count;
    for (Index c = 0; c < columns_; ++c) {
      const double distance = static_cast<double>(other_mean[c]) - mean[c];
      mean[c] += distance * other_count / total;
      squares[c] +=
          static_cast<double>(other_squares[c]) + distance * distance * count * other_count / total;
    }
    count = total;
  }

  void set_statistics(Index c, double mean, double variance) {
    mean_[c] = static_cast<T>(mean);
    variance_[c] = variance;
    inverse_[c] = 1 / std::sqrt(variance + epsilon_);
    const double scale = static_cast<double>(this->parameters_[0].value[c]) * inverse_[c];
    scale_[c] = static_cast<T>(scale);
    offset_[c] = static_cast<T>(static_cast<double>(this->parameters_[1].value[c]) - scale * mean);
  }

  Scaling<T> inference_terms() {
    return {inference_scale_.data(), inference_offset_.data(), activation_};
  }

  double momentum_, epsilon_;
  Activation activation_;
  bool left_ = false;  // the layer behind multiplies by the activation's derivative
  Index rows_ = 0, columns_ = 0;
  double count_ = 0;  // of the batch, in each channel
  Buffer<double> lane_counts_, lane_first_, lane_second_;
  Buffer<T> slice_first_, slice_second_;
  Buffer<T> mean_, scale_, offset_;      // of the batch
  Buffer<double> inverse_, variance_;    // 1 / s and v
  Buffer<T> of_grad_, of_input_, rest_;  // dx = g of_grad + x of_input + rest
  Buffer<T> inference_scale_, inference_offset_;
};

}  // namespace

template <class T>
LayerPtr<T> make_batch_norm(const Attrs& attrs) {
  return std::make_unique<BatchNorm<T>>(attrs);
}
template LayerPtr<float> make_batch_norm(const Attrs&);
template LayerPtr<double> make_batch_norm(const Attrs&);

}  // namespace cnnx
