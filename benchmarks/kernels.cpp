// Times the kernels one by one on one core: GFLOP/s (multiply-add = 2), and percent of the peak
// measured in the same run. Winograd's figures are effective: the operations that the definition of
// the convolution asks for, whatever was done instead, so that they can pass 100 %.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "cnnx/core/buffer.h"
#include "cnnx/core/parallel.h"
#include "cnnx/kernels/dispatch.h"
#include "cnnx/layers/conv/algorithm.h"
#include "peak.h"
#include "shapes.h"
#include "stopwatch.h"

namespace cnnx::benchmarks {
namespace {

// Images that a shared buffer of Winograd's has to hold before its filters are worth reading.
constexpr Index kWinogradImages = 16;

struct Options {
  std::vector<std::string> isas;
  double seconds = 0.25;  // for each figure
  bool json = false;
};

struct Result {
  std::string isa, kernel, shape, pass;
  double gflops, percent;
};

void fill(Buffer<float>& buffer) {
  for (Index i = 0; i < buffer.size(); ++i) {
    buffer[i] = static_cast<float>(i * 7919 % 1000) / 1000.0f - 0.5f;
  }
}

Buffer<float> filled(Index size) {
  Buffer<float> buffer(size);
  fill(buffer);
  return buffer;
}

class Runner {
 public:
  Runner(const Options& options, std::string isa)
      : options_(options), isa_(std::move(isa)), peak_(peak_gflops(isa_, options.seconds)) {
    if (!options_.json) std::printf("\n%s: peak %.1f GFLOP/s on one core\n", isa_.c_str(), peak_);
  }

  void run_all(const KernelTable<float>& kernels) {
    title("direct", {"forward", "dX", "dW"});
    for (const ConvShape& shape : kConvs) direct(shape, kernels.direct);
    title("winograd (effective)", {"forward", "dW", "dX + dW"});
    for (const ConvShape& shape : kConvs) winograd(shape, kernels);
    title("max pool (GB/s)", {"forward", "dX"});
    for (const PoolShape& shape : kPools) pool(shape, kernels.max_pool);
    title("dense", {"forward", "dX", "dW"});
    for (const DenseShape& shape : kDenses) dense(shape, kernels.dense);
  }

  double peak() const { return peak_; }
  const std::string& isa() const { return isa_; }
  const std::vector<Result>& results() const { return results_; }

 private:
  void title(const char* kernel, std::initializer_list<const char*> passes) {
    kernel_ = kernel;
    if (options_.json) return;
    std::printf("\n%-22s", kernel);
    for (const char* pass : passes) std::printf(" %9s      %%", pass);
    std::printf("\n");
  }

  void begin(const std::string& shape) {
    shape_ = shape;
    if (!options_.json) std::printf("%-22s", shape.c_str());
  }

  void end() {
    if (options_.json) return;
    std::printf("\n");
    std::fflush(stdout);
  }

  template <class Work>
  void time(const char* pass, double operations, Work&& work) {
    const double gflops = 1e-9 * operations / best_seconds(options_.seconds, work);
    const double percent = peak_ > 0 ? 100 * gflops / peak_ : 0;
    results_.push_back({isa_, kernel_, shape_, pass, gflops, percent});
    if (!options_.json) std::printf(" %9.1f %6.0f", gflops, percent);
  }

  void direct(const ConvShape& shape, const ConvSelection<float>& select) {
    const ConvGeometry g = shape.geometry();
    const ConvForwardKernel<float> forward = select.forward(g);
    const ConvDataKernel<float> data = select.backward_data(g);
    const ConvWeightsKernel<float> weights = select.backward_weights(g);
    const Index n = shape.images;
    Buffer<float> x = filled(n * g.in_size());
    Buffer<float> dy = filled(n * g.out_size());
    Buffer<float> w = filled(g.weight_count());
    Buffer<float> bias = filled(g.out_channels);
    Buffer<float> y(n * g.out_size()), dx(n * g.in_size()), dw(g.weight_count());
    Buffer<float> forward_weights(forward.packed_size(g)), data_weights(data.packed_size(g));
    forward.pack(g, w.data(), forward_weights.data());
    data.pack(g, w.data(), data_weights.data());
    Buffer<float> scratch;
    scratch.reserve(forward.scratch_size(g, n));
    scratch.reserve(data.scratch_size(g, n));
    scratch.reserve(weights.scratch_size(g, n));
    const double operations = 2.0 * static_cast<double>(g.depth() * g.out_size() * n);
    begin(shape.name);
    time("forward", operations, [&] {
      forward.run(g, n, x.data(), forward_weights.data(), bias.data(), {ActivationKind::relu},
                  y.data(), scratch.data());
    });
    time("dX", operations,
         [&] { data.run(g, n, dy.data(), data_weights.data(), dx.data(), scratch.data()); });
    time("dW", operations,
         [&] { weights.run(g, n, x.data(), dy.data(), dw.data(), true, scratch.data()); });
    end();
  }

  // The whole algorithm as the layer runs it; filters are transformed, and their gradients brought
  // back, once a step, which is left out.
  void winograd(const ConvShape& shape, const KernelTable<float>& kernels) {
    const ConvGeometry g = shape.geometry();
    const ConvAlgorithmPtr<float> conv = make_winograd_conv<float>(g, kernels);
    if (conv == nullptr) return;
    const Index n = conv->whole_batch() ? kWinogradImages : shape.images;
    Buffer<float> x = filled(n * g.in_size());
    Buffer<float> dy = filled(n * g.out_size());
    Buffer<float> w = filled(g.weight_count());
    Buffer<float> bias = filled(g.out_channels);
    Buffer<float> y(n * g.out_size()), dx(n * g.in_size());
    Buffer<float> sums(conv->accumulator_size());
    Buffer<float> scratch(conv->scratch_size(n)), shared(conv->shared_size(n));
    Buffer<float> forward_weights(conv->forward_packed_size());
    Buffer<float> backward_weights(conv->backward_packed_size());
    conv->pack(w.data(), forward_weights.data(), backward_weights.data());

    ForwardRun<float> forward{};
    forward.images = n;
    forward.input = x.data();
    forward.output = y.data();
    forward.scratch = scratch.data();
    forward.scratch_stride = scratch.size();
    forward.shared = shared.data();
    BackwardRun<float> backward{};
    backward.images = n;
    backward.input = x.data();
    backward.output = y.data();
    backward.grad_output = dy.data();
    backward.accumulator = sums.data();
    backward.accumulate = true;
    backward.scratch = scratch.data();
    backward.scratch_stride = scratch.size();
    backward.shared = shared.data();

    const double operations = 2.0 * static_cast<double>(g.depth() * g.out_size() * n);
    begin(shape.name);
    time("forward", operations, [&] {
      conv->forward(forward, forward_weights.data(), bias.data(), {ActivationKind::relu});
    });
    time("dW", operations, [&] { conv->backward(backward, backward_weights.data()); });
    backward.grad_input = dx.data();
    time("dX + dW", 2 * operations, [&] { conv->backward(backward, backward_weights.data()); });
    end();
  }

  // Here the figure is memory touched once, read or written, in 10^9 bytes a second.
  void pool(const PoolShape& shape, const PoolKernel<float>& kernel) {
    const PoolGeometry g = shape.geometry();
    const Index n = shape.images;
    Buffer<float> x = filled(n * g.in_size());
    Buffer<float> dy = filled(n * g.out_size());
    Buffer<float> y(n * g.out_size()), dx(n * g.in_size());
    Buffer<std::byte> places(n * g.out_size() * g.place_bytes());
    const auto bytes = static_cast<double>(x.bytes() + y.bytes() + places.bytes());
    begin(shape.name);
    time("forward", bytes, [&] { kernel.forward(g, n, x.data(), y.data(), places.data()); });
    time("dX", bytes, [&] { kernel.backward(g, n, dy.data(), places.data(), dx.data()); });
    end();
  }

  void dense(const DenseShape& shape, const DenseKernel<float>& kernel) {
    const DenseGeometry g{.rows = shape.rows, .inputs = shape.inputs, .outputs = shape.outputs};
    Buffer<float> x = filled(g.rows * g.inputs);
    Buffer<float> dy = filled(g.rows * g.outputs + kSlack);
    Buffer<float> w = filled(g.inputs * g.outputs + kSlack);
    Buffer<float> bias = filled(g.outputs + kSlack);
    Buffer<float> y(g.rows * g.outputs), dx(g.rows * g.inputs), dw(g.inputs * g.outputs);
    Buffer<float> scratch;
    for (auto p : {DensePass::forward, DensePass::backward_data, DensePass::backward_weights}) {
      scratch.reserve(kernel.scratch_size(g, p));
    }
    const auto each_task = [&](DensePass pass, auto&& run) {
      const Index tasks = kernel.tasks(g, pass);
      for (Index task = 0; task < tasks; ++task) run(task);
    };
    const double operations = 2.0 * static_cast<double>(g.rows * g.inputs * g.outputs);
    begin(std::to_string(g.rows) + " x " + std::to_string(g.inputs) + " -> " +
          std::to_string(g.outputs));
    time("forward", operations, [&] {
      each_task(DensePass::forward, [&](Index task) {
        kernel.forward(g, task, x.data(), w.data(), bias.data(), {ActivationKind::relu}, y.data(),
                       scratch.data());
      });
    });
    time("dX", operations, [&] {
      each_task(DensePass::backward_data, [&](Index task) {
        kernel.backward_data(g, task, dy.data(), w.data(), dx.data(), scratch.data());
      });
    });
    time("dW", operations, [&] {
      each_task(DensePass::backward_weights, [&](Index task) {
        kernel.backward_weights(g, task, x.data(), dy.data(), dw.data(), true, scratch.data());
      });
    });
    end();
  }

  static constexpr Index kSlack = 16;  // floats that kernels may read past an end

  Options options_;
  std::string isa_;
  double peak_;
  std::string kernel_, shape_;
  std::vector<Result> results_;
};

void print_json(const std::vector<Runner>& runners) {
  const char* comma = "";
  std::printf("{\"peaks_gflops\": {");
  for (const Runner& runner : runners) {
    std::printf("%s\"%s\": %.1f", comma, runner.isa().c_str(), runner.peak());
    comma = ", ";
  }
  std::printf("},\n \"results\": [");
  comma = "";
  for (const Runner& runner : runners) {
    for (const Result& r : runner.results()) {
      std::printf(
          "%s\n  {\"isa\": \"%s\", \"kernel\": \"%s\", \"shape\": \"%s\", \"pass\": \"%s\", "
          "\"gflops\": %.1f, \"percent_of_peak\": %.0f}",
          comma, r.isa.c_str(), r.kernel.c_str(), r.shape.c_str(), r.pass.c_str(), r.gflops,
          r.percent);
      comma = ",";
    }
  }
  std::printf("]}\n");
}

constexpr char kUsage[] =
    "usage: cnnx_kernels [--isa NAME]... [--seconds S] [--json]\n"
    "  --isa NAME   instruction set to measure (default: the one in use); \"all\" for every one\n"
    "               but the reference\n"
    "  --seconds S  time for each figure (default 0.25)\n"
    "  --json       results as JSON\n";

void add_isa(const std::string& name, std::vector<std::string>& isas) {
  if (name != "all") {
    isas.push_back(name);
    return;
  }
  for (const std::string& isa : available_isas()) {
    if (isa != "reference") isas.push_back(isa);
  }
}

int run(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const bool more = i + 1 < count;
    if (word == "--help") {
      std::fputs(kUsage, stdout);
      return 0;
    }
    if (word == "--json") {
      options.json = true;
    } else if (word == "--isa" && more) {
      add_isa(words[++i], options.isas);
    } else if (word == "--seconds" && more && std::atof(words[i + 1]) > 0) {
      options.seconds = std::atof(words[++i]);
    } else {
      std::fputs(kUsage, stderr);
      return 2;
    }
  }
  if (options.isas.empty()) options.isas.push_back(current_isa());
  set_num_threads(1);
  std::vector<Runner> runners;
  for (const std::string& isa : options.isas) {
    select_isa(isa);
    runners.emplace_back(options, isa).run_all(current_tables().get<float>());
  }
  if (options.json) print_json(runners);
  return 0;
}

}  // namespace
}  // namespace cnnx::benchmarks

int main(int count, char** words) {
  try {
    return cnnx::benchmarks::run(count, words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cnnx_kernels: %s\n", error.what());
    return 1;
  }
}
