// What an instruction set offers: one table of functions per number type. Kernels know arrays and
// sizes only; who calls them, and with which thread, they cannot see. They check nothing: every
// shape was checked when the network was planned.
//
// Activations are channels-last (image, row, column, channel). Conv weights are
// [kernel row][kernel column][input channel of the group][output channel], dense weights
// [input][output]. `scratch` is at least `scratch_size` elements, 64-byte aligned, contents free.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cnnx/core/index.h"

namespace cnnx {

enum class ActivationKind : int {
  linear,
  relu,
  leaky_relu,
  sigmoid,
  tanh,
  softmax,
  elu,
  softplus,
  // Those below are not monotonic: their outputs do not tell their derivatives.
  gelu,
  silu,
  hard_swish,
};

struct Activation {
  ActivationKind kind = ActivationKind::linear;
  double alpha = 0.01;  // slope of leaky_relu below zero; elu goes down to -alpha
};

struct ConvGeometry {
  Index in_channels, in_height, in_width;
  Index out_channels, out_height, out_width;
  Index kernel_height, kernel_width;
  Index stride_height = 1, stride_width = 1;
  Index dilation_height = 1, dilation_width = 1;
  Index pad_top = 0, pad_left = 0;
  Index groups = 1;

  Index in_size() const { return in_channels * in_height * in_width; }
  Index out_size() const { return out_channels * out_height * out_width; }
  Index out_pixels() const { return out_height * out_width; }
  Index group_in() const { return in_channels / groups; }
  Index group_out() const { return out_channels / groups; }
  // Length of one output's sum: the rows of the weight matrix.
  Index depth() const { return kernel_height * kernel_width * group_in(); }
  Index weight_count() const { return depth() * out_channels; }
};

// The kernels of direct convolution, one for each pass, as they are selected for a geometry. A
// kernel is called with that geometry alone: it was chosen by it and decides nothing again.
template <class T>
struct ConvForwardKernel {
  const char* name;  // of the algorithm
  // Weights rearranged for the pass; made anew when the weights change.
  Index (*packed_size)(const ConvGeometry&);
  void (*pack)(const ConvGeometry&, const T* weights, T* packed);
  Index (*scratch_size)(const ConvGeometry&, Index images);
  // output = activation(conv(input, weights) + bias); bias may be null.
  void (*run)(const ConvGeometry&, Index images, const T* input, const T* packed, const T* bias,
              Activation, T* output, T* scratch);
};

template <class T>
struct ConvDataKernel {
  const char* name;
  Index (*packed_size)(const ConvGeometry&);
  void (*pack)(const ConvGeometry&, const T* weights, T* packed);
  Index (*scratch_size)(const ConvGeometry&, Index images);
  // grad_input = the transpose of the convolution applied to grad_output.
  void (*run)(const ConvGeometry&, Index images, const T* grad_output, const T* packed,
              T* grad_input, T* scratch);
};

template <class T>
struct ConvWeightsKernel {
  const char* name;
  Index (*scratch_size)(const ConvGeometry&, Index images);
  // grad_weights (+)= sum over images and pixels of input x grad_output. Reads may touch up to 64
  // bytes past the end of grad_output.
  void (*run)(const ConvGeometry&, Index images, const T* input, const T* grad_output,
              T* grad_weights, bool accumulate, T* scratch);
};

// Selects the kernels of direct convolution: asked once, when the shapes are known.
template <class T>
struct ConvSelection {
  ConvForwardKernel<T> (*forward)(const ConvGeometry&);
  ConvDataKernel<T> (*backward_data)(const ConvGeometry&);
  ConvWeightsKernel<T> (*backward_weights)(const ConvGeometry&);
};

// The stages of a 3x3 convolution with stride 1 by Winograd's F(4x4, 3x3): a map is cut into tiles
// of 4x4 outputs (row by row, image after image), a tile has 36 places f, and each place is a
// matrix product of its own. V, M and their gradients keep a row of wide(channels) for each tile
// and are place_stride() apart from place to place. See winograd_transforms.h for the formulas.
template <class T>
struct WinogradKernel {
  Index (*wide)(Index channels);
  Index (*place_stride)(Index tiles, Index channels);
  // Elements of one place of packed filters.
  Index (*place_packed)(Index depth, Index columns);
  // Filters are transformed, and their gradients finished, in tasks of some input channels each.
  Index (*filter_tasks)(const ConvGeometry&);
  // Packs filters for the product forward and for the one backward, which may be null.
  void (*transform_filters)(const ConvGeometry&, Index task, const T* weights, T* forward,
                            T* backward);
  void (*finish_filters)(const ConvGeometry&, Index task, const T* sums, T* grad);

  void (*transform_input)(const ConvGeometry&, Index first, Index count, const T* input, T* v,
                          Index stride);
  void (*transform_output)(const ConvGeometry&, Index first, Index count, const T* m, Index stride,
                           const T* bias, Activation, T* output);
  void (*transform_grad)(const ConvGeometry&, Index first, Index count, const T* grad_output, T* m,
                         Index stride);
  // Adds to grad_input, which starts as zeros.
  void (*scatter_input)(const ConvGeometry&, Index first, Index count, const T* v, Index stride,
                        T* grad_input);
  // out = a packed, for `rows` tiles of one place.
  void (*multiply)(Index rows, Index depth, Index columns, const T* a, const T* packed, T* out);
  // sums [in][out] (+)= the sum over tiles of v m, for one place.
  void (*accumulate)(Index tiles, Index in, Index out, const T* v, const T* m, T* sums, bool keep);

  Index tile_rows;  // tiles in a multiple of this fill the registers
  Index lanes;      // channels below this many would waste them
};

struct DenseGeometry {
  Index rows;     // samples
  Index inputs;   // per sample
  Index outputs;  // per sample
};

enum class DensePass { forward, backward_data, backward_weights };

// The three passes of output = input * weights + bias. Each is cut into `tasks` by shape alone; a
// call does one of them. Reads of `weights` and `grad_output` may touch up to 64 bytes past the
// end.
template <class T>
struct DenseKernel {
  Index (*tasks)(const DenseGeometry&, DensePass);
  Index (*scratch_size)(const DenseGeometry&, DensePass);
  void (*forward)(const DenseGeometry&, Index task, const T* input, const T* weights, const T* bias,
                  Activation, T* output, T* scratch);
  void (*backward_data)(const DenseGeometry&, Index task, const T* grad_output, const T* weights,
                        T* grad_input, T* scratch);
  void (*backward_weights)(const DenseGeometry&, Index task, const T* input, const T* grad_output,
                           T* grad_weights, bool accumulate, T* scratch);
};

struct PoolGeometry {
  Index channels, in_height, in_width, out_height, out_width;
  Index window_height, window_width, stride_height, stride_width, pad_top, pad_left;

  Index in_size() const { return channels * in_height * in_width; }
  Index out_size() const { return channels * out_height * out_width; }
  Index window() const { return window_height * window_width; }
  // Bytes that name a place in the window.
  Index place_bytes() const { return window() <= 256 ? 1 : 4; }
};

// Max pooling over a few images. `places` keeps, for each output, the row-major place of its
// maximum in the window (place_bytes each): the first of equals; a NaN wins over every number.
template <class T>
struct PoolKernel {
  void (*forward)(const PoolGeometry&, Index images, const T* input, T* output, std::byte* places);
  void (*backward)(const PoolGeometry&, Index images, const T* grad_output, const std::byte* places,
                   T* grad_input);
};

// Sums and averages of windows over a few images. A window is clipped to the image: padding adds
// nothing, and a mean divides by the pixels that are there.
template <class T>
struct AveragePoolKernel {
  void (*forward)(const PoolGeometry&, Index images, bool mean, const T* input, T* output);
  // Brings the gradient of each window to its pixels (divided by their number, for a mean).
  void (*backward)(const PoolGeometry&, Index images, bool mean, const T* grad_output,
                   T* grad_input);
};

// Each map becomes one number. `places` keeps, for each output, the pixel of its maximum: the first
// of equals; a NaN wins over every number.
template <class T>
struct GlobalPoolKernel {
  void (*average)(Index images, Index pixels, Index channels, const T* input, T* output);
  void (*average_backward)(Index images, Index pixels, Index channels, const T* grad_output,
                           T* grad_input);
  void (*max)(Index images, Index pixels, Index channels, const T* input, T* output,
              std::uint32_t* places);
  void (*max_backward)(Index images, Index pixels, Index channels, const T* grad_output,
                       const std::uint32_t* places, T* grad_input);
};

// Maps made larger by whole factors.
struct UpSampleGeometry {
  Index channels, in_height, in_width;
  Index rows, columns;  // the factors

  Index out_height() const { return in_height * rows; }
  Index out_width() const { return in_width * columns; }
  Index in_size() const { return channels * in_height * in_width; }
  Index out_size() const { return in_size() * rows * columns; }
};

// Bilinear interpolation between the centres of pixels; beyond the outermost centres a map
// continues as it ends.
template <class T>
struct BilinearKernel {
  void (*forward)(const UpSampleGeometry&, Index images, const T* input, T* output);
  void (*backward)(const UpSampleGeometry&, Index images, const T* grad_output, T* grad_input);
};

template <class T>
struct ElementKernel {
  // values = activation(values), rows x columns (softmax is over the columns).
  void (*activate)(Activation, Index rows, Index columns, T* values);
  // grad *= derivative, told from the activation's outputs; NaN where they do not tell it.
  void (*activate_backward)(Activation, Index rows, Index columns, const T* outputs, T* grad);
  // grad *= derivative, told from the inputs: gelu, silu, hard_swish; NaN for the others.
  void (*activate_backward_from_input)(Activation, Index rows, Index columns, const T* inputs,
                                       T* grad);
  // sums (+)= the sum over the rows of values, column by column.
  void (*column_sums)(Index rows, Index columns, const T* values, T* sums, bool accumulate);
  // first[i] = first[i] + first[i + stride] + ... over `lanes` arrays, in order.
  void (*sum_lanes)(Index count, T* first, Index stride, Index lanes);
  // to[c * to_stride + r] = from[r * stride + c] for r < rows, c < columns. Gives 0 where all of
  // these numbers are finite, else NaN.
  T (*transpose)(Index rows, Index columns, const T* from, Index stride, T* to, Index to_stride);
  // to += from.
  void (*add)(Index count, T* to, const T* from);
  // output = activation(a + b), as far as conv kernels apply the activation.
  void (*sum)(Activation, Index count, const T* a, const T* b, T* output);
  // output[i] = input[i] * scale[i % columns] + offset[i % columns].
  void (*affine)(Index rows, Index columns, const T* input, const T* scale, const T* offset,
                 T* output);
};

// Normalisation over rows, column by column.
template <class T>
struct NormKernel {
  // mean of each column, and the sum of the squared distances from it.
  void (*moments)(Index rows, Index columns, const T* values, T* mean, T* squares);
  // output = activation(input * scale + offset), as far as conv kernels apply the activation.
  void (*scale)(Activation, Index rows, Index columns, const T* input, const T* scale,
                const T* offset, T* output);
  // sums = sum of grad, products = sum of grad (input - mean).
  void (*gradient_sums)(Index rows, Index columns, const T* input, const T* mean, const T* grad,
                        T* sums, T* products);
  // grad_input = grad a + input b + c.
  void (*gradient)(Index rows, Index columns, const T* input, const T* grad, const T* a, const T* b,
                   const T* c, T* grad_input);
};

// Which elements of an image a dropout keeps: element e is kept where its 16 random bits are below
// `below`. They come from Philox4x32-10 with this key and the counters (block, counter[1..3]),
// eight elements a block: in a run of 64 elements and 8 blocks, bits 16 (e / 32) on of word (e %
// 32) / 8 of block e % 8.
struct DropoutDraw {
  std::uint32_t key[2];
  std::uint32_t counter[3];
  std::uint32_t below;
};

template <class T>
struct DropoutKernel {
  // output = input * scale where it is kept, else 0. May work in place.
  void (*apply)(const DropoutDraw&, Index count, T scale, const T* input, T* output);
};

struct SgdStep {
  double learning_rate, momentum, weight_decay;
  bool nesterov;
};

struct AdamStep {
  double learning_rate, beta_1, beta_2, epsilon, weight_decay;
  double correction_1, correction_2;  // 1 - beta^step
  bool decoupled;                     // AdamW
};

struct RmspropStep {
  double learning_rate, rho, momentum, epsilon, weight_decay;
};

struct AdagradStep {
  double learning_rate, epsilon, weight_decay;
};

struct LionStep {
  double learning_rate, beta_1, beta_2, weight_decay;
};

template <class T>
struct UpdateKernel {
  void (*sgd)(const SgdStep&, Index count, const T* grad, T* momentum, T* weights);
  void (*adam)(const AdamStep&, Index count, const T* grad, T* mean, T* square, T* weights);
  // momentum is null where the step has none.
  void (*rmsprop)(const RmspropStep&, Index count, const T* grad, T* square, T* momentum,
                  T* weights);
  void (*adagrad)(const AdagradStep&, Index count, const T* grad, T* square, T* weights);
  void (*lion)(const LionStep&, Index count, const T* grad, T* mean, T* weights);
  // grad = scale * grad, after elements beyond `most` were set to it (infinity: none are). NaN
  // stays NaN.
  void (*clip)(Index count, T most, T scale, T* grad);
  // The sum of the squares that clip() with a scale of 1 would leave.
  double (*sum_squares)(Index count, T most, const T* grad);
  // average += (1 - decay) * (weights - average).
  void (*average)(Index count, double decay, const T* weights, T* average);
};

template <class T>
struct KernelTable {
  ConvSelection<T> direct;
  const WinogradKernel<T>* winograd;  // null: not offered
  DenseKernel<T> dense;
  PoolKernel<T> max_pool;
  AveragePoolKernel<T> average_pool;
  GlobalPoolKernel<T> global_pool;
  BilinearKernel<T> bilinear;
  ElementKernel<T> element;
  UpdateKernel<T> update;
  NormKernel<T> norm;
  DropoutKernel<T> dropout;
};

// Both tables of one instruction set.
struct IsaTables {
  KernelTable<float> f32;
  KernelTable<double> f64;

  template <class T>
  const KernelTable<T>& get() const {
    if constexpr (sizeof(T) == sizeof(float)) {
      return f32;
    } else {
      return f64;
    }
  }
};

}  // namespace cnnx
