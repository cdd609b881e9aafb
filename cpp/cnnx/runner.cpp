// What a batch is run for: training, gradients, scores, outputs. How it runs: training.cpp and
// inference.cpp.
#include "cnnx/runner.h"

#include <cmath>

#include "cnnx/core/error.h"

namespace cnnx {

template <class T>
Runner<T>::Runner(Network<T>& network)
    : network_(network),
      workspace_(network.graph(), network.plan()),
      losses_(network),
      training_(network, workspace_, losses_),
      inference_(network, workspace_),
      results_(network.outputs()) {}

template <class T>
void Runner<T>::check_inputs(std::span<const Images> inputs) const {
  if (inputs.size() != network_.inputs()) {
    throw ShapeError({.argument = "inputs",
                      .expected = concat(network_.inputs(), " arrays of images"),
                      .got = concat(inputs.size())});
  }
  for (const Images& images : inputs) {
    if (images.count < 1) {
      throw ShapeError({.message = "the batch is empty", .hint = "give at least one image"});
    }
    if (images.count != inputs.front().count) {
      throw ShapeError({.argument = "inputs",
                        .expected = concat(inputs.front().count, " images for each input"),
                        .got = concat(images.count)});
    }
  }
}

template <class T>
void Runner<T>::check_targets(const Batch<T>& batch) const {
  check_inputs(batch.inputs);
  for (std::size_t output = 0; output < network_.outputs(); ++output) {
    const Loss<T>* loss = network_.loss(output);
    if (loss == nullptr) {
      throw ConfigError("the network has no loss");
    }
    const Targets<T>& targets = batch.targets[output];
    const Index size = network_.output(output).size();
    const Index classes = loss->classes(size);
    for (Index i = 0; i < batch.count(); ++i) {
      const Index row = batch.row(i);
      if (targets.weights != nullptr) {
        const T weight = targets.weights[row];
        if (!(weight >= T{0} && std::isfinite(weight))) {
          throw DataError({.message = concat("the weight at index ", row, " is ", weight),
                           .got = concat(weight),
                           .hint = "expected a finite number of at least 0"});
        }
      }
      if (targets.labels != nullptr) {
        const Index label = targets.labels[row];
        if (label < 0 || label >= classes) {
          throw DataError({.message = concat("label ", label, " at index ", row,
                                             " is out of range for ", classes, " classes"),
                           .got = concat(label),
                           .hint = concat("expected 0 to ", classes - 1)});
        }
      } else if (!all_finite(size, targets.rows + row * size)) {
        throw DataError({.message = concat("the target at index ", row, " holds NaN or infinity")});
      }
    }
  }
}

template <class T>
void Runner<T>::refuse_not_finite(std::span<const Images> inputs) const {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Place place = find_not_finite<T>(network_.input(i), inputs[i]);
    if (place.image < 0) continue;
    throw DataError(
        {.message = concat("the image at index ", place.image, " holds NaN or infinity (element ",
                           place.element, " of its ", network_.input(i).size(), ")"),
         .hint = "clean the data first"});
  }
  throw DataError({.message = "an augmented image has values too large for the network's precision",
                   .hint = "scale the images, or lower fill, brightness or contrast"});
}

template <class T>
const typename Runner<T>::Results& Runner<T>::run(Job<T>& job) {
  results_.assign(network_.outputs(), {});
  if (!training_.run(job)) refuse_not_finite(job.batch.inputs);
  return results_;
}

template <class T>
const typename Runner<T>::Results& Runner<T>::train_batch(const Batch<T>& batch,
                                                          std::optional<double> learning_rate) {
  network_.require_optimizer();
  check_targets(batch);
  Job<T> job{.batch = batch, .results = results_};
  if (network_.augmentation() != nullptr) {
    job.augmentation = network_.augmentation();
    job.mix = job.augmentation->mix(batch.inputs.front());
  }
  run(job);
  network_.update(learning_rate);
  return results_;
}

template <class T>
const typename Runner<T>::Results& Runner<T>::differentiate(const Batch<T>& batch,
                                                            std::span<T* const> grad_inputs) {
  check_targets(batch);
  Job<T> job{.batch = batch, .results = results_, .grad_inputs = grad_inputs};
  return run(job);
}

template <class T>
void Runner<T>::backpropagate(std::span<const Images> inputs,
                              std::span<const T* const> grad_outputs,
                              std::span<T* const> grad_inputs) {
  check_inputs(inputs);
  const Batch<T> batch{.inputs = inputs, .targets = {}};
  Job<T> job{.batch = batch,
             .results = results_,
             .grad_outputs = grad_outputs,
             .grad_inputs = grad_inputs};
  run(job);
}

template <class T>
const typename Runner<T>::Results& Runner<T>::evaluate_batch(const Batch<T>& batch) {
  check_targets(batch);
  network_.pack(Network<T>::Packed::for_inference);
  results_.assign(network_.outputs(), {});
  Job<T> job{.batch = batch, .results = results_};
  losses_.reserve(network_.plan().schedule().pass_images);
  const bool finite =
      inference_.run(batch.inputs, [&](const Range& pass, std::size_t output, const T* values) {
        losses_.run(job, output, pass, values, nullptr, false);
      });
  if (!finite) refuse_not_finite(batch.inputs);
  return results_;
}

template <class T>
void Runner<T>::predict(std::span<const Images> inputs, std::span<T* const> outputs) {
  check_inputs(inputs);
  network_.pack(Network<T>::Packed::for_inference);
  const auto& element = network_.kernels().element;
  const bool finite = inference_.run(inputs, [&](const Range& pass, std::size_t output, T* values) {
    const Shape& shape = network_.output(output);
    element.activate({network_.taken_activation(output)}, pass.count, shape.size(), values);
    store_images(shape, pass.count, values, outputs[output] + pass.first * shape.size(),
                 element.transpose);
  });
  if (!finite) refuse_not_finite(inputs);
}

template class Runner<float>;
template class Runner<double>;

}  // namespace cnnx
