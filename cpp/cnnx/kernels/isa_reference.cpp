// The oracle: every kernel as its definition says, one number at a time, in the order of the loops.
#include <cmath>
#include <cstring>

#include "cnnx/kernels/isa.h"
#include "cnnx/kernels/reference_norm.h"
#include "cnnx/kernels/reference_pool.h"

namespace cnnx {
namespace {

// Calls body(input index, weight index, output index) for every product of a convolution.
template <class Body>
void for_each_product(const ConvGeometry& g, Index images, Body&& body) {
  const Index in = g.group_in();
  const Index out = g.group_out();
  for (Index image = 0; image < images; ++image) {
    for (Index oy = 0; oy < g.out_height; ++oy) {
      for (Index ox = 0; ox < g.out_width; ++ox) {
        for (Index oc = 0; oc < g.out_channels; ++oc) {
          const Index output =
              ((image * g.out_height + oy) * g.out_width + ox) * g.out_channels + oc;
          for (Index ky = 0; ky < g.kernel_height; ++ky) {
            const Index iy = oy * g.stride_height - g.pad_top + ky * g.dilation_height;
            if (iy < 0 || iy >= g.in_height) continue;
            for (Index kx = 0; kx < g.kernel_width; ++kx) {
              const Index ix = ox * g.stride_width - g.pad_left + kx * g.dilation_width;
              if (ix < 0 || ix >= g.in_width) continue;
              for (Index ic = 0; ic < in; ++ic) {
                const Index channel = oc / out * in + ic;
                body(((image * g.in_height + iy) * g.in_width + ix) * g.in_channels + channel,
                     ((ky * g.kernel_width + kx) * in + ic) * g.out_channels + oc, output);
              }
            }
          }
        }
      }
    }
  }
}

// In twice the precision: the argument's rounding would be much larger in the result.
template <class T>
T normal_below(T x) {
  return static_cast<T>(std::erfc(-static_cast<long double>(x) / std::sqrt(2.0L)) / 2);
}

template <class T>
T normal_density(T x) {
  const auto wide = static_cast<long double>(x);
  return static_cast<T>(std::exp(-wide * wide / 2) / std::sqrt(2 * std::acos(-1.0L)));
}

template <class T>
T logistic(T x) {
  return static_cast<T>(1 / (1 + std::exp(-static_cast<long double>(x))));
}

template <class T>
T activated(Activation activation, T x) {
  switch (activation.kind) {
    case ActivationKind::linear:
    case ActivationKind::softmax:  // over a row: see activate
      return x;
    case ActivationKind::relu:
      return x < T{0} ? T{0} : x;
    case ActivationKind::leaky_relu:
      return x < T{0} ? static_cast<T>(activation.alpha) * x : x;
    case ActivationKind::sigmoid:
      return T{1} / (T{1} + std::exp(-x));
    case ActivationKind::tanh:
      return std::tanh(x);
    case ActivationKind::elu:
      return x > T{0} ? x : static_cast<T>(activation.alpha) * std::expm1(x);
    case ActivationKind::softplus:
      return (x > T{0} ? x : T{0}) + std::log1p(std::exp(-std::abs(x)));
    case ActivationKind::gelu:
      return std::isinf(x) ? (x > T{0} ? x : T{0}) : x * normal_below(x);
    case ActivationKind::silu:
      return std::isinf(x) ? (x > T{0} ? x : T{0}) : x * logistic(x);
    case ActivationKind::hard_swish:
      return x < T{-3} ? T{0} : (x < T{3} ? x * (x + T{3}) / T{6} : x);
  }
  return x;
}

template <class T>
T derivative(Activation activation, T y) {
  switch (activation.kind) {
    case ActivationKind::linear:
    case ActivationKind::softmax:  // over a row: see activate_backward
      return T{1};
    case ActivationKind::relu:
      return y > T{0} ? T{1} : T{0};
    case ActivationKind::leaky_relu:
      return y > T{0} ? T{1} : static_cast<T>(activation.alpha);
    case ActivationKind::sigmoid:
      return y * (T{1} - y);
    case ActivationKind::tanh:
      return T{1} - y * y;
    case ActivationKind::elu:
      return y > T{0} ? T{1} : y + static_cast<T>(activation.alpha);
    case ActivationKind::softplus:
      return -std::expm1(-y);
    case ActivationKind::gelu:
    case ActivationKind::silu:
    case ActivationKind::hard_swish:
      return static_cast<T>(std::nan(""));
  }
  return T{1};
}

// From the input x, for those whose outputs do not tell it.
template <class T>
T derivative_at(Activation activation, T x) {
  if (std::isinf(x)) return x > T{0} ? T{1} : T{0};
  switch (activation.kind) {
    case ActivationKind::gelu:
      return normal_below(x) + x * normal_density(x);
    case ActivationKind::silu:
      return logistic(x) * (T{1} + x * logistic(-x));
    case ActivationKind::hard_swish:
      if (std::isnan(x)) return x;
      return x <= T{-3} ? T{0} : (x < T{3} ? x / T{3} + T{0.5} : T{1});
    default:
      return static_cast<T>(std::nan(""));
  }
}

template <class T>
struct Reference {
  static void clear(Index count, T* values) {
    std::memset(values, 0, static_cast<std::size_t>(count) * sizeof(T));
  }
  static void copy(Index count, const T* from, T* to) {
    std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(T));
  }

  static Index packed_size(const ConvGeometry& g, ConvPass) { return g.weight_count(); }
  static void pack(const ConvGeometry& g, ConvPass, const T* weights, T* packed) {
    copy(g.weight_count(), weights, packed);
  }
  static Index no_scratch(const ConvGeometry&, ConvPass, Index) { return 0; }
  static void conv_forward(const ConvGeometry& g, Index images, const T* input, const T* weights,
                           const T* bias, Activation activation, T* output, T*) {
    const Index count = images * g.out_size();
    for (Index i = 0; i < count; ++i) output[i] = bias ? bias[i % g.out_channels] : T{0};
    for_each_product(g, images,
                     [&](Index x, Index w, Index y) { output[y] += input[x] * weights[w]; });
    if (activation.kind == ActivationKind::relu || activation.kind == ActivationKind::leaky_relu) {
      for (Index i = 0; i < count; ++i) output[i] = activated(activation, output[i]);
    }
  }

  static void conv_backward_data(const ConvGeometry& g, Index images, const T* grad_output,
                                 const T* weights, T* grad_input, T*) {
    clear(images * g.in_size(), grad_input);
    for_each_product(g, images, [&](Index x, Index w, Index y) {
      grad_input[x] += grad_output[y] * weights[w];
    });
  }

  static void conv_backward_weights(const ConvGeometry& g, Index images, const T* input,
                                    const T* grad_output, T* grad, bool accumulate, T*) {
    if (!accumulate) clear(g.weight_count(), grad);
    for_each_product(g, images,
                     [&](Index x, Index w, Index y) { grad[w] += input[x] * grad_output[y]; });
  }

  static Index one_task(const DenseGeometry&, DensePass) { return 1; }
  static Index dense_scratch(const DenseGeometry&, DensePass) { return 0; }

  static void dense_forward(const DenseGeometry& g, Index, const T* input, const T* weights,
                            const T* bias, Activation activation, T* output, T*) {
    for (Index row = 0; row < g.rows; ++row) {
      for (Index n = 0; n < g.outputs; ++n) {
        T sum = bias ? bias[n] : T{0};
        for (Index k = 0; k < g.inputs; ++k) {
          sum += input[row * g.inputs + k] * weights[k * g.outputs + n];
        }
        const bool here = activation.kind == ActivationKind::relu ||
                          activation.kind == ActivationKind::leaky_relu;
        output[row * g.outputs + n] = here ? activated(activation, sum) : sum;
      }
    }
  }

  static void dense_backward_data(const DenseGeometry& g, Index, const T* grad_output,
                                  const T* weights, T* grad_input, T*) {
    for (Index row = 0; row < g.rows; ++row) {
      for (Index k = 0; k < g.inputs; ++k) {
        T sum = 0;
        for (Index n = 0; n < g.outputs; ++n) {
          sum += grad_output[row * g.outputs + n] * weights[k * g.outputs + n];
        }
        grad_input[row * g.inputs + k] = sum;
      }
    }
  }

  static void dense_backward_weights(const DenseGeometry& g, Index, const T* input,
                                     const T* grad_output, T* grad, bool accumulate, T*) {
    if (!accumulate) clear(g.inputs * g.outputs, grad);
    for (Index row = 0; row < g.rows; ++row) {
      for (Index k = 0; k < g.inputs; ++k) {
        for (Index n = 0; n < g.outputs; ++n) {
          grad[k * g.outputs + n] += input[row * g.inputs + k] * grad_output[row * g.outputs + n];
        }
      }
    }
  }

  // The place of an output's maximum on the image: the first one in a tie, the first NaN before
  // all.
  static Index best_place(const PoolGeometry& g, const T* image, Index oy, Index ox, Index c) {
    Index best = -1;
    T most = 0;
    for (Index place = 0; place < g.window(); ++place) {
      const Index y = oy * g.stride_height - g.pad_top + place / g.window_width;
      const Index x = ox * g.stride_width - g.pad_left + place % g.window_width;
      if (y < 0 || y >= g.in_height || x < 0 || x >= g.in_width) continue;
      const T value = image[(y * g.in_width + x) * g.channels + c];
      if (best < 0 || value > most || (std::isnan(value) && !std::isnan(most))) {
        best = place;
        most = value;
      }
    }
    return best;
  }

  static Index source_of(const PoolGeometry& g, Index oy, Index ox, Index c, Index place) {
    const Index y = oy * g.stride_height - g.pad_top + place / g.window_width;
    const Index x = ox * g.stride_width - g.pad_left + place % g.window_width;
    return (y * g.in_width + x) * g.channels + c;
  }

  static Index read_place(const PoolGeometry& g, const std::byte* places, Index i) {
    if (g.place_bytes() == 1) return static_cast<Index>(places[i]);
    std::uint32_t place = 0;
    std::memcpy(&place, places + i * 4, sizeof place);
    return place;
  }

  static void write_place(const PoolGeometry& g, std::byte* places, Index i, Index place) {
    if (g.place_bytes() == 1) {
      places[i] = static_cast<std::byte>(place);
    } else {
      const auto wide = static_cast<std::uint32_t>(place);
      std::memcpy(places + i * 4, &wide, sizeof wide);
    }
  }

  static void pool_forward(const PoolGeometry& g, Index images, const T* input, T* output,
                           std::byte* places) {
    for (Index i = 0; i < images * g.out_size(); ++i) {
      const Index c = i % g.channels;
      const Index ox = i / g.channels % g.out_width;
      const Index oy = i / (g.channels * g.out_width) % g.out_height;
      const T* image = input + i / g.out_size() * g.in_size();
      const Index place = best_place(g, image, oy, ox, c);
      output[i] = image[source_of(g, oy, ox, c, place)];
      write_place(g, places, i, place);
    }
  }

  static void pool_backward(const PoolGeometry& g, Index images, const T* grad_output,
                            const std::byte* places, T* grad_input) {
    clear(images * g.in_size(), grad_input);
    for (Index i = 0; i < images * g.out_size(); ++i) {
      const Index c = i % g.channels;
      const Index ox = i / g.channels % g.out_width;
      const Index oy = i / (g.channels * g.out_width) % g.out_height;
      T* image = grad_input + i / g.out_size() * g.in_size();
      image[source_of(g, oy, ox, c, read_place(g, places, i))] += grad_output[i];
    }
  }

  static void activate(Activation activation, Index rows, Index columns, T* values) {
    for (Index i = 0; i < rows * columns; ++i) values[i] = activated(activation, values[i]);
    if (activation.kind != ActivationKind::softmax) return;
    for (T* row = values; row < values + rows * columns; row += columns) {
      T most = row[0];
      for (Index i = 1; i < columns; ++i) most = row[i] > most ? row[i] : most;
      T sum = 0;
      for (Index i = 0; i < columns; ++i) sum += row[i] = std::exp(row[i] - most);
      for (Index i = 0; i < columns; ++i) row[i] /= sum;
    }
  }

  static void activate_backward(Activation activation, Index rows, Index columns, const T* outputs,
                                T* grad) {
    if (activation.kind == ActivationKind::linear) return;  // outputs need not be there
    for (Index row = 0; row < rows; ++row, outputs += columns, grad += columns) {
      T dot = 0;
      if (activation.kind == ActivationKind::softmax) {
        for (Index i = 0; i < columns; ++i) dot += grad[i] * outputs[i];
        for (Index i = 0; i < columns; ++i) grad[i] = outputs[i] * (grad[i] - dot);
      } else {
        for (Index i = 0; i < columns; ++i) grad[i] *= derivative(activation, outputs[i]);
      }
    }
  }

  static void activate_backward_from_input(Activation activation, Index rows, Index columns,
                                           const T* inputs, T* grad) {
    for (Index i = 0; i < rows * columns; ++i) grad[i] *= derivative_at(activation, inputs[i]);
  }

  static void column_sums(Index rows, Index columns, const T* values, T* sums, bool accumulate) {
    if (!accumulate) clear(columns, sums);
    for (Index i = 0; i < rows * columns; ++i) sums[i % columns] += values[i];
  }

  static void sum_lanes(Index count, T* first, Index stride, Index lanes) {
    for (Index lane = 1; lane < lanes; ++lane) {
      for (Index i = 0; i < count; ++i) first[i] += first[lane * stride + i];
    }
  }

  static T transpose(Index rows, Index columns, const T* from, Index stride, T* to,
                     Index to_stride) {
    T probe = 0;
    for (Index r = 0; r < rows; ++r) {
      for (Index c = 0; c < columns; ++c) {
        to[c * to_stride + r] = from[r * stride + c];
        probe += from[r * stride + c] * T{0};  // infinity times 0 is NaN
      }
    }
    return probe;
  }

  static void add(Index count, T* to, const T* from) {
    for (Index i = 0; i < count; ++i) to[i] += from[i];
  }

  static void sum(Activation activation, Index count, const T* a, const T* b, T* output) {
    for (Index i = 0; i < count; ++i) output[i] = activated(activation, a[i] + b[i]);
  }

  static void affine(Index rows, Index columns, const T* input, const T* scale, const T* offset,
                     T* output) {
    for (Index i = 0; i < rows * columns; ++i) {
      output[i] = input[i] * scale[i % columns] + offset[i % columns];
    }
  }

  static void sgd(const SgdStep& s, Index count, const T* grad, T* momentum, T* weights) {
    for (Index i = 0; i < count; ++i) {
      const T g = grad[i] + static_cast<T>(s.weight_decay) * weights[i];
      T step = g;
      if (momentum != nullptr) {
        momentum[i] = static_cast<T>(s.momentum) * momentum[i] + g;
        step = s.nesterov ? g + static_cast<T>(s.momentum) * momentum[i] : momentum[i];
      }
      weights[i] -= static_cast<T>(s.learning_rate) * step;
    }
  }

  static void adam(const AdamStep& s, Index count, const T* grad, T* mean, T* square, T* weights) {
    for (Index i = 0; i < count; ++i) {
      T g = grad[i];
      if (s.decoupled) {
        weights[i] *= static_cast<T>(1.0 - s.learning_rate * s.weight_decay);
      } else {
        g += static_cast<T>(s.weight_decay) * weights[i];
      }
      mean[i] = static_cast<T>(s.beta_1) * mean[i] + static_cast<T>(1.0 - s.beta_1) * g;
      square[i] = static_cast<T>(s.beta_2) * square[i] + static_cast<T>(1.0 - s.beta_2) * g * g;
      const T root = std::sqrt(square[i]) / static_cast<T>(std::sqrt(s.correction_2));
      weights[i] -= static_cast<T>(s.learning_rate / s.correction_1) * mean[i] /
                    (root + static_cast<T>(s.epsilon));
    }
  }

  static void rmsprop(const RmspropStep& s, Index count, const T* grad, T* square, T* momentum,
                      T* weights) {
    for (Index i = 0; i < count; ++i) {
      const T g = grad[i] + static_cast<T>(s.weight_decay) * weights[i];
      square[i] = static_cast<T>(s.rho) * square[i] + static_cast<T>(1.0 - s.rho) * g * g;
      T step = g / (std::sqrt(square[i]) + static_cast<T>(s.epsilon));
      if (momentum != nullptr) {
        step = momentum[i] = static_cast<T>(s.momentum) * momentum[i] + step;
      }
      weights[i] -= static_cast<T>(s.learning_rate) * step;
    }
  }

  static void adagrad(const AdagradStep& s, Index count, const T* grad, T* square, T* weights) {
    for (Index i = 0; i < count; ++i) {
      const T g = grad[i] + static_cast<T>(s.weight_decay) * weights[i];
      square[i] += g * g;
      weights[i] -=
          static_cast<T>(s.learning_rate) * g / (std::sqrt(square[i]) + static_cast<T>(s.epsilon));
    }
  }

  static void lion(const LionStep& s, Index count, const T* grad, T* mean, T* weights) {
    for (Index i = 0; i < count; ++i) {
      const T mix = static_cast<T>(s.beta_1) * mean[i] + static_cast<T>(1.0 - s.beta_1) * grad[i];
      const T sign = mix > T{0} ? T{1} : mix < T{0} ? T{-1} : mix;  // NaN stays NaN
      weights[i] *= static_cast<T>(1.0 - s.learning_rate * s.weight_decay);
      weights[i] -= static_cast<T>(s.learning_rate) * sign;
      mean[i] = static_cast<T>(s.beta_2) * mean[i] + static_cast<T>(1.0 - s.beta_2) * grad[i];
    }
  }

  static T within(T x, T most) { return x > most ? most : x < -most ? -most : x; }

  static void clip(Index count, T most, T scale, T* grad) {
    for (Index i = 0; i < count; ++i) grad[i] = scale * within(grad[i], most);
  }

  static double sum_squares(Index count, T most, const T* grad) {
    double sum = 0;
    for (Index i = 0; i < count; ++i) {
      const double g = static_cast<double>(within(grad[i], most));
      sum += g * g;
    }
    return sum;
  }

  static void average(Index count, double decay, const T* weights, T* average) {
    for (Index i = 0; i < count; ++i) {
      average[i] += static_cast<T>(1.0 - decay) * (weights[i] - average[i]);
    }
  }

  static constexpr KernelTable<T> table() {
    return {
        {packed_size, pack, no_scratch, conv_forward, conv_backward_data, conv_backward_weights},
        nullptr,
        {one_task, dense_scratch, dense_forward, dense_backward_data, dense_backward_weights},
        {pool_forward, pool_backward},
        ReferencePool<T>::average(),
        ReferencePool<T>::global(),
        ReferencePool<T>::bilinear(),
        {activate, activate_backward, activate_backward_from_input, column_sums, sum_lanes,
         transpose, add, sum, affine},
        {sgd, adam, rmsprop, adagrad, lion, clip, sum_squares, average},
        ReferenceNorm<T>::kernel(),
        ReferenceDropout<T>::kernel()};
  }
};

}  // namespace

const IsaTables isa_reference = {Reference<float>::table(), Reference<double>::table()};

}  // namespace cnnx
