// One layer as it runs inside a network: slices of images through its passes, on activations that
// lie channels-last already. A library for sides/layer_side.py, which times it against layers of
// other frameworks.
#include <algorithm>
#include <string>
#include <vector>

#include "cnnx/core/buffer.h"
#include "cnnx/core/parallel.h"
#include "cnnx/kernels/dispatch.h"
#include "cnnx/layers/layer.h"
#include "cnnx/losses/loss.h"
#include "cnnx/schedule.h"

namespace cnnx::benchmarks {
namespace {

using T = float;
constexpr Index kSlack = 16;  // floats that kernels may read past an end

Attrs description(Index filters, Index kernel, Index stride, Index padding, Index groups) {
  Attrs attrs;
  const auto pair = [&](const char* name, Index value) {
    attrs.set(name, std::vector<Index>{value, value});
  };
  pair("stride", stride);
  pair("padding", padding);
  if (filters == 0) {
    attrs.set("kind", std::string("max_pool2d"));
    pair("pool_size", kernel);
    return attrs;
  }
  attrs.set("kind", std::string("conv2d"));
  attrs.set("filters", filters);
  pair("kernel_size", kernel);
  pair("dilation", 1);
  attrs.set("groups", groups);
  attrs.set("activation", std::string("linear"));
  attrs.set("alpha", 0.01);
  attrs.set("use_bias", true);
  attrs.set("kernel_initializer", std::string("he_normal"));
  attrs.set("bias_initializer", std::string("zeros"));
  return attrs;
}

Attrs mean_square() {
  Attrs attrs;
  attrs.set("kind", std::string("mse"));
  return attrs;
}

class LayerBench {
 public:
  LayerBench(const Attrs& attrs, const Shape& input, Index batch, bool exact)
      : layer_(make_layer<T>(attrs)), loss_(make_loss<T>(mean_square())), batch_(batch) {
    layer_->plan(input, current_tables().get<T>(), {"0", exact});
    in_ = input.size();
    out_ = layer_->output().size();
    const Index floats = static_cast<Index>(sizeof(T));
    schedule_ = Schedule::plan((in_ + out_) * floats, (in_ + out_) * floats,
                               layer_->accumulator_size() * floats);
    for (Parameter<T>& parameter : layer_->parameters()) {
      weights_.emplace_back(parameter.count());
      grads_.emplace_back(parameter.count());
      fill(weights_.back());
      parameter.value = weights_.back().data();
      parameter.grad = grads_.back().data();
    }
    for (Buffer<T>* level : {&x_, &dx_}) level->resize(batch * in_ + kSlack);
    for (Buffer<T>* level : {&y_, &dy_, &target_}) level->resize(batch * out_ + kSlack);
    fill(x_);
    fill(target_);
    saved_.resize(batch * layer_->traits().saved_bytes + 64);
    const Index most = layer_->traits().whole_batch ? batch : schedule_.slice_images;
    scratch_stride_ = round_up(layer_->scratch_size(most), 16);
    scratch_.resize(scratch_stride_ * num_threads());
    shared_.resize(layer_->shared_size(batch));
    lane_size_ = round_up(layer_->accumulator_size(), 16);
    lanes_ = layer_->traits().whole_batch ? 1 : schedule_.lanes(batch);
    sums_.resize(lane_size_ * lanes_);
    layer_->pack(nullptr);
  }

  void forward() {
    each_slice([&](const Range& slice, int thread, Index, bool) { run_forward(slice, thread); });
  }

  // What a step takes besides the update: the weights are packed, as they change every time.
  void gradients() {
    layer_->pack(nullptr);
    each_slice([&](const Range& slice, int thread, Index, bool) { run_forward(slice, thread); });
    const T scale = T{1} / static_cast<T>(batch_);
    parallel_for(batch_, batch_ * out_, [&](Index i, int) {
      loss_->evaluate(out_, y_.data() + i * out_, {-1, target_.data() + i * out_}, scale,
                      dy_.data() + i * out_);
    });
    each_slice([&](const Range& slice, int thread, Index lane, bool begins) {
      BackwardRun<T> run{};
      run.images = slice.count;
      run.input = x_.data() + slice.first * in_;
      run.output = y_.data() + slice.first * out_;
      run.saved = saved_.data() + slice.first * layer_->traits().saved_bytes;
      run.grad_output = dy_.data() + slice.first * out_;
      run.grad_input = dx_.data() + slice.first * in_;
      run.accumulator = sums_.data() + lane * lane_size_;
      run.accumulate = !begins;
      run.scratch = scratch_.data() + thread * scratch_stride_;
      run.scratch_stride = scratch_stride_;
      run.shared = shared_.data();
      layer_->backward(run);
    });
    if (lane_size_ == 0) return;
    const KernelTable<T>& kernels = current_tables().get<T>();
    kernels.element.sum_lanes(lane_size_, sums_.data(), lane_size_, lanes_);
    layer_->finish_gradients(sums_.data());
  }

 private:
  static void fill(Buffer<T>& buffer) {
    for (Index i = 0; i < buffer.size(); ++i) {
      buffer[i] = static_cast<T>(i * 7919 % 1000) / 1000.0f - 0.5f;
    }
  }

  // Lanes in parallel, slices of a lane in turn: body(images, thread, lane, begins the lane).
  template <class Body>
  void each_slice(Body&& body) {
    if (layer_->traits().whole_batch) return body(Range{0, batch_}, 0, Index{0}, true);
    const Index work = batch_ * (layer_->traits().flops / 2 + 4 * out_ + in_);
    parallel_for(lanes_, work, [&](Index lane, int thread) {
      const Range range = part_of(batch_, lane, lanes_);
      const Index slices = schedule_.slices(range.count);
      for (Index s = 0; s < slices; ++s) {
        Range slice = part_of(range.count, s, slices);
        slice.first += range.first;
        body(slice, thread, lane, s == 0);
      }
    });
  }

  void run_forward(const Range& slice, int thread) {
    ForwardRun<T> run{};
    run.images = slice.count;
    run.input = x_.data() + slice.first * in_;
    run.output = y_.data() + slice.first * out_;
    run.saved = saved_.data() + slice.first * layer_->traits().saved_bytes;
    run.scratch = scratch_.data() + thread * scratch_stride_;
    run.scratch_stride = scratch_stride_;
    run.shared = shared_.data();
    layer_->forward(run);
  }

  LayerPtr<T> layer_;
  LossPtr<T> loss_;
  Index batch_, in_ = 0, out_ = 0, lanes_ = 1, lane_size_ = 0, scratch_stride_ = 0;
  Schedule schedule_;
  std::vector<Buffer<T>> weights_, grads_;
  Buffer<T> x_, y_, dx_, dy_, target_, scratch_, shared_, sums_;
  Buffer<std::byte> saved_;
};

}  // namespace
}  // namespace cnnx::benchmarks

#pragma GCC visibility push(default)
extern "C" {

// filters 0 stands for a maximum pool.
void* layer_new(long channels, long height, long width, long filters, long kernel, long stride,
                long padding, long groups, long batch, long exact, long threads) {
  cnnx::set_num_threads(static_cast<int>(threads));
  return new cnnx::benchmarks::LayerBench(
      cnnx::benchmarks::description(filters, kernel, stride, padding, groups),
      {channels, height, width, false}, batch, exact != 0);
}
void layer_forward(void* layer) { static_cast<cnnx::benchmarks::LayerBench*>(layer)->forward(); }
void layer_gradients(void* layer) {
  static_cast<cnnx::benchmarks::LayerBench*>(layer)->gradients();
}
void layer_delete(void* layer) { delete static_cast<cnnx::benchmarks::LayerBench*>(layer); }
}
#pragma GCC visibility pop
