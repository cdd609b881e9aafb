// 3x3 convolution by Winograd's F(4x4, 3x3): a group of tiles goes through transform, 36 matrix
// products and transform back while its V and M are in the cache.
//
// Filters that fit the cache of one core beside a group serve a few images on one thread. Larger
// ones would be read again for each group and thread; there the layer takes the whole batch, big
// groups, and shares the places out among the threads, so that each place's filters are read once.
#include <algorithm>

#include "cnnx/core/parallel.h"
#include "cnnx/layers/conv/algorithm.h"

namespace cnnx {
namespace {

constexpr Index kPlaces = 36;

template <class T>
class WinogradConv final : public ConvAlgorithm<T> {
 public:
  WinogradConv(const ConvGeometry& geometry, const WinogradKernel<T>& kernel)
      : g_(geometry),
        kernel_(kernel),
        tiles_(ceil_div(g_.out_height, 4) * ceil_div(g_.out_width, 4)),
        forward_place_(kernel_.place_packed(g_.in_channels, g_.out_channels)),
        backward_place_(kernel_.place_packed(g_.out_channels, g_.in_channels)) {
    constexpr Index kCoreBytes = Index{1} << 20;
    whole_batch_ = forward_packed_size() * Index{sizeof(T)} > kCoreBytes;
  }

  bool whole_batch() const override { return whole_batch_; }
  Index scratch_size(Index) const override { return whole_batch_ ? 0 : buffer_size(most_tiles()); }
  Index shared_size(Index images) const override {
    return whole_batch_ ? buffer_size(std::min(images * tiles_, most_tiles())) : 0;
  }
  Index accumulator_size() const override { return kPlaces * g_.in_channels * g_.out_channels; }

  Index forward_packed_size() const override { return kPlaces * forward_place_; }
  Index backward_packed_size() const override { return kPlaces * backward_place_; }

  void pack(const T* weights, T* for_forward, T* for_backward) const override {
    parallel_for(kernel_.filter_tasks(g_), kPlaces * g_.in_channels * g_.out_channels,
                 [&](Index task, int) {
                   kernel_.transform_filters(g_, task, weights, for_forward, for_backward);
                 });
  }

  void forward(const ForwardRun<T>& run, const T* packed, const T* bias,
               Activation activation) const override {
    for_each_group(run.images, whole_batch_ ? run.shared : run.scratch, [&](const Group& group) {
      each_piece(group, [&](Index first, Index count) {
        kernel_.transform_input(g_, first, count, run.input, group.v_row(first), group.v_stride);
      });
      each_place(group, [&](Index f) {
        kernel_.multiply(group.count, g_.in_channels, g_.out_channels, group.v_place(f),
                         packed + f * forward_place_, group.m_place(f));
      });
      each_piece(group, [&](Index first, Index count) {
        kernel_.transform_output(g_, first, count, group.m_row(first), group.m_stride, bias,
                                 activation, run.output);
      });
    });
  }

  void backward(const BackwardRun<T>& run, const T* packed) const override {
    bool keep = run.accumulate;
    if (run.grad_input != nullptr) {
      each(run.images, run.images * g_.in_size(), [&](Index image) {
        std::fill_n(run.grad_input + image * g_.in_size(), g_.in_size(), T{0});
      });
    }
    for_each_group(run.images, whole_batch_ ? run.shared : run.scratch, [&](const Group& group) {
      each_piece(group, [&](Index first, Index count) {
        kernel_.transform_grad(g_, first, count, run.grad_output, group.m_row(first),
                               group.m_stride);
        if (!run.weights_wanted) return;
        kernel_.transform_input(g_, first, count, run.input, group.v_row(first), group.v_stride);
      });
      each_place(group, [&](Index f) {
        if (run.weights_wanted)
          kernel_.accumulate(group.count, g_.in_channels, g_.out_channels, group.v_place(f),
                             group.m_place(f),
                             run.accumulator + f * g_.in_channels * g_.out_channels, keep);
        if (run.grad_input == nullptr) return;
        // The rows of V have served; the gradient takes their place.
        kernel_.multiply(group.count, g_.out_channels, g_.in_channels, group.m_place(f),
                         packed + f * backward_place_, group.v_place(f));
      });
      keep = true;
      if (run.grad_input == nullptr) return;
      if (!whole_batch_) {
        kernel_.scatter_input(g_, group.first, group.count, group.v, group.v_stride,
                              run.grad_input);
        return;
      }
      // Patches of an image overlap, so that one task takes a whole image.
      each(group.count / tiles_, group.count * g_.in_channels * kPlaces, [&](Index image) {
        const Index first = group.first + image * tiles_;
        kernel_.scatter_input(g_, first, tiles_, group.v_row(first), group.v_stride,
                              run.grad_input);
      });
    });
  }

  void finish(const T* accumulator, T* grad_weights) const override {
    parallel_for(kernel_.filter_tasks(g_), accumulator_size(), [&](Index task, int) {
      kernel_.finish_filters(g_, task, accumulator, grad_weights);
    });
  }

 private:
  // Consecutive tiles with room for their V and M.
  struct Group {
    Index first, count;
    T* v;
    T* m;
    Index v_stride, m_stride;  // from place to place
    Index v_wide, m_wide;      // from tile to tile

    T* v_row(Index tile) const { return v + (tile - first) * v_wide; }
    T* m_row(Index tile) const { return m + (tile - first) * m_wide; }
    T* v_place(Index f) const { return v + f * v_stride; }
    T* m_place(Index f) const { return m + f * m_stride; }
  };

  // Tiles of a group: for one core a few times the rows of a register tile, so that V and M stay in
  // its cache; for the whole batch whole images, up to what a shared cache holds.
  Index most_tiles() const {
    const Index tile_bytes = kPlaces * (g_.in_channels + g_.out_channels) * Index{sizeof(T)};
    constexpr Index kCoreBytes = Index{768} << 10;
    constexpr Index kSharedBytes = Index{12} << 20;
    if (!whole_batch_) {
      return std::max<Index>(1, kCoreBytes / tile_bytes / kernel_.tile_rows) * kernel_.tile_rows;
    }
    return std::max<Index>(1, kSharedBytes / tile_bytes / tiles_) * tiles_;
  }

  Index buffer_size(Index tiles) const {
    return kPlaces * (kernel_.place_stride(tiles, g_.in_channels) +
                      kernel_.place_stride(tiles, g_.out_channels));
  }

  template <class Body>
  void for_each_group(Index images, T* buffer, Body&& body) const {
    const Index tiles = images * tiles_;
    const Index most = std::min(most_tiles(), tiles);
    const Index groups = ceil_div(tiles, most);
    for (Index i = 0; i < groups; ++i) {
      // A whole batch is cut between images.
      const Index unit = whole_batch_ ? tiles_ : 1;
      const Index first = tiles / unit * i / groups * unit;
      const Index count = tiles / unit * (i + 1) / groups * unit - first;
      const Index v_stride = kernel_.place_stride(count, g_.in_channels);
      body(Group{.first = first,
                 .count = count,
                 .v = buffer,
                 .m = buffer + kPlaces * v_stride,
                 .v_stride = v_stride,
                 .m_stride = kernel_.place_stride(count, g_.out_channels),
                 .v_wide = kernel_.wide(g_.in_channels),
                 .m_wide = kernel_.wide(g_.out_channels)});
    }
  }

  // body(i) for i in [0, tasks): with threads for a whole batch, in turn within a thread's slice.
  template <class Body>
  void each(Index tasks, Index work, Body&& body) const {
    if (whole_batch_) {
      parallel_for(tasks, work, [&](Index task, int) { body(task); });
    } else {
      for (Index task = 0; task < tasks; ++task) body(task);
    }
  }

  template <class Body>
  void each_piece(const Group& group, Body&& body) const {
    const Index piece = whole_batch_ ? 8 : group.count;
    each(ceil_div(group.count, piece), group.count * kPlaces * (g_.in_channels + g_.out_channels),
         [&](Index task) {
           const Index first = task * piece;
           body(group.first + first, std::min(piece, group.count - first));
         });
  }

  template <class Body>
  void each_place(const Group& group, Body&& body) const {
    each(kPlaces, group.count * kPlaces * g_.in_channels * g_.out_channels, body);
  }

  ConvGeometry g_;
  const WinogradKernel<T>& kernel_;
  Index tiles_;                           // of an image
  Index forward_place_, backward_place_;  // elements of a place of packed filters
  bool whole_batch_ = false;
};

}  // namespace

template <class T>
ConvAlgorithmPtr<T> make_winograd_conv(const ConvGeometry& g, const KernelTable<T>& kernels) {
  const WinogradKernel<T>* kernel = kernels.winograd;
  const bool suits = kernel != nullptr && g.kernel_height == 3 && g.kernel_width == 3 &&
                     g.stride_height == 1 && g.stride_width == 1 && g.dilation_height == 1 &&
                     g.dilation_width == 1 && g.groups == 1 && g.in_channels >= kernel->lanes &&
                     g.out_channels >= kernel->lanes && g.out_height >= 4 && g.out_width >= 4;
  if (!suits) return nullptr;
  return std::make_unique<WinogradConv<T>>(g, *kernel);
}
template ConvAlgorithmPtr<float> make_winograd_conv(const ConvGeometry&, const KernelTable<float>&);
template ConvAlgorithmPtr<double> make_winograd_conv(const ConvGeometry&,
                                                     const KernelTable<double>&);

}  // namespace cnnx
