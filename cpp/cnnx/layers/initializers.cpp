// he: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015: variance 2 / fan_in.
// glorot: Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural
// networks", AISTATS 2010: variance 2 / (fan_in + fan_out).
#include "cnnx/layers/initializers.h"

#include <algorithm>
#include <cmath>

#include "cnnx/core/buffer.h"
#include "cnnx/core/error.h"
#include "cnnx/core/parallel.h"

namespace cnnx {
namespace {

template <class T>
void fill_normal(double variance, const Random& random, Index first, std::span<T> values) {
  random.fill_normal(static_cast<std::uint64_t>(first), std::ssize(values), std::sqrt(variance),
                     values.data());
}

// Uniform in [-a, a] has variance a^2 / 3.
template <class T>
void fill_uniform(double variance, const Random& random, Index first, std::span<T> values) {
  random.fill_uniform(static_cast<std::uint64_t>(first), std::ssize(values),
                      std::sqrt(3.0 * variance), values.data());
}

template <class T, int Value>
void fill_constant(double, const Random&, Index, std::span<T> values) {
  std::fill(values.begin(), values.end(), T{Value});
}

double he_variance(Index fan_in, Index) { return 2.0 / static_cast<double>(fan_in); }
double glorot_variance(Index fan_in, Index fan_out) {
  return 2.0 / static_cast<double>(fan_in + fan_out);
}

template <class T>
struct Row {
  const char* name;
  double (*variance)(Index fan_in, Index fan_out);
  void (*fill)(double variance, const Random& random, Index first, std::span<T> values);
};

template <class T>
constexpr Row<T> kRows[] = {
    {"he_normal", he_variance, fill_normal<T>},
    {"he_uniform", he_variance, fill_uniform<T>},
    {"glorot_normal", glorot_variance, fill_normal<T>},
    {"glorot_uniform", glorot_variance, fill_uniform<T>},
    {"zeros", he_variance, fill_constant<T, 0>},
    {"ones", he_variance, fill_constant<T, 1>},
};

template <class T>
const Row<T>& find(const std::string& name) {
  for (const Row<T>& row : kRows<T>) {
    if (name == row.name) return row;
  }
  throw ConfigError(unknown_name("initializer", name, listed(initializer_names())));
}

}  // namespace

template <class T>
void initialize(const std::string& name, Index fan_in, Index fan_out, const Random& random,
                Index first, std::span<T> values) {
  const Row<T>& row = find<T>(name);
  row.fill(row.variance(fan_in, fan_out), random, first, values);
}

// A task draws the weights of some outputs, which lie one after another in public order, a block of
// columns at a time, and turns the block into the stored order, where outputs lie side by side.
std::vector<std::string> initializer_names() {
  std::vector<std::string> names;
  for (const Row<float>& row : kRows<float>) names.push_back(row.name);
  return names;
}

void check_initializer(const std::string& name) { find<float>(name); }

template <class T>
void initialize(const Parameter<T>& parameter, const Random& random) {
  // Not a power of two, so that the rows of a block do not share a set of the cache, and a little
  // less than seven runs of draws.
  constexpr Index kColumns = 880, kElements = 16 * kColumns;
  const Row<T>& row = find<T>(parameter.initializer);
  const double variance = row.variance(parameter.fan_in, parameter.fan_out);
  const auto [outputs, inputs, height, width] = parameter.view;
  const Index area = height * width, depth = inputs * area;
  const Index most_rows = std::max<Index>(16, kElements / depth);
  constexpr Index kWork = 16;  // of a number drawn, against one moved
  Buffer<T> blocks(num_threads() * kElements);
  parallel_for(
      ceil_div(outputs, most_rows), kWork * parameter.count(), [&](Index task, int thread) {
        const Index output = task * most_rows;
        const Index rows = std::min(most_rows, outputs - output);
        T* block = blocks.data() + thread * kElements;
        for (Index at = 0; at < depth; at += kColumns) {
          const Index columns = std::min(kColumns, depth - at);
          const Index runs = columns == depth ? 1 : rows;  // of numbers that follow one another
          const auto count = to_size(rows * columns / runs);
          for (Index r = 0; r < runs; ++r) {
            row.fill(variance, random, (output + r) * depth + at, {block + r * columns, count});
          }
          for (Index c = 0; c < columns; ++c) {
            const Index input = (at + c) / area, place = (at + c) % area;
            T* to = parameter.value + (place * inputs + input) * outputs + output;
            const T* from = block + c;
            for (Index r = 0; r < rows; ++r) to[r] = from[r * columns];
          }
        }
      });
}

template void initialize(const std::string&, Index, Index, const Random&, Index, std::span<float>);
template void initialize(const std::string&, Index, Index, const Random&, Index, std::span<double>);
template void initialize(const Parameter<float>&, const Random&);
template void initialize(const Parameter<double>&, const Random&);

}  // namespace cnnx
