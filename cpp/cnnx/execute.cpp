// What a batch is run for: training, gradients, scores, outputs. How it runs: training.cpp and
// inference.cpp.
#include <algorithm>
#include <atomic>
#include <cmath>

#include "cnnx/core/error.h"
#include "cnnx/core/parallel.h"
#include "cnnx/job.h"
#include "cnnx/network.h"

namespace cnnx {

template <class T>
void Network<T>::check(const Images& images, const Targets<T>* targets) const {
  if (images.count < 1) throw ShapeError("the batch is empty; give at least one image");
  if (targets == nullptr) return;
  if (!loss_) throw ConfigError("the network has no loss");
  const Index size = output().size();
  const Index classes = loss_->classes(size);
  for (Index i = 0; i < images.count; ++i) {
    const Index row = images.row(i);
    if (targets->weights != nullptr) {
      const T weight = targets->weights[row];
      if (!(weight >= T{0} && std::isfinite(weight))) {
        throw DataError(concat("the weight at index ", row, " is ", weight,
                               "; expected a finite number of at least 0"));
      }
    }
    if (targets->labels != nullptr) {
      const Index label = targets->labels[row];
      if (label < 0 || label >= classes) {
        throw DataError(concat("label ", label, " at index ", row, " is out of range for ", classes,
                               " classes; expected 0 to ", classes - 1));
      }
    } else if (!all_finite(size, targets->rows + row * size)) {
      throw DataError(concat("the target at index ", row, " holds NaN or infinity"));
    }
  }
}

template <class T>
void Network<T>::refuse_not_finite(const Images& images) const {
  const Place place = find_not_finite<T>(input_, images);
  if (place.image < 0) {
    throw DataError(
        "an augmented image has values too large for the network's precision; scale the images, or "
        "lower fill, brightness or contrast");
  }
  throw DataError(concat("the image at index ", place.image, " holds NaN or infinity (element ",
                         place.element, " of its ", input_.size(), "); clean the data first"));
}

template <class T>
BatchResult Network<T>::train_batch(const Images& images, const Targets<T>& targets,
                                    std::optional<double> learning_rate) {
  if (!updater_.ready()) throw ConfigError("the network has no optimizer");
  updater_.require_unswapped("training");
  check(images, &targets);
  Job job{images, &targets};
  if (augmentation_) {
    job.augmentation = &*augmentation_;
    job.mix = augmentation_->mix(images);
  }
  run_training(job);
  updater_.update(learning_rate.value_or(updater_.optimizer().learning_rate()), weights_.data(),
                  grads_.data());
  packed_ = Packed::no;
  for (const Node<T>& node : graph_.nodes()) node.layer->end_step();
  return job.result;
}

template <class T>
BatchResult Network<T>::differentiate(const Images& images, const Targets<T>& targets,
                                      T* grad_images) {
  check(images, &targets);
  Job job{images, &targets, nullptr, grad_images};
  run_training(job);
  return job.result;
}

template <class T>
void Network<T>::backpropagate(const Images& images, const T* grad_outputs, T* grad_images) {
  check(images, nullptr);
  Job job{images, nullptr, grad_outputs, grad_images};
  run_training(job);
}

// Brings images of the batch in, augmented where the job asks for it.
template <class T>
bool Network<T>::load_slice(const Job& job, const Range& slice, int thread, T* to) {
  if (job.augmentation == nullptr) {
    return load_images(input_, job.images, slice.first, slice.count, to,
                       kernels_->element.transpose);
  }
  T* scratch = augmentation_scratch_.data() + thread * job.augmentation->scratch_size();
  return job.augmentation->load(job.images, job.mix, slice.first, slice.count, scratch, to);
}

// The row of targets of an image of the batch, mixed with its partner's (into `spare` first).
template <class T>
void Network<T>::write_target(const Job& job, const Images& rows, Index image, T* spare,
                              T* row) const {
  const Index partner = job.mix.partner(image, rows.count);
  if (rows.data == nullptr) {
    const Index* labels = job.targets->labels;
    job.mix.labels(output().size(), labels[rows.row(image)], labels[rows.row(partner)], row);
    return;
  }
  load_images(output(), rows, image, 1, row, kernels_->element.transpose);
  if (!job.mix.active()) return;
  load_images(output(), rows, partner, 1, spare, kernels_->element.transpose);
  job.mix.rows(output().size(), spare, row);
}

// Losses, correct predictions and the gradient of the outputs (null: not wanted) of one pass.
template <class T>
void Network<T>::loss_pass(Job& job, const Range& pass, const T* outputs, T* grad) {
  const Index size = output().size();
  if (job.grad_outputs != nullptr) {
    const Images rows{job.grad_outputs,
                      sizeof(T) == sizeof(float) ? ImageType::float32 : ImageType::float64, nullptr,
                      job.images.count};
    load_images(output(), rows, pass.first, pass.count, grad, kernels_->element.transpose);
    return;
  }
  const T scale = T{1} / static_cast<T>(job.images.count);
  const Images rows{job.targets->rows,
                    sizeof(T) == sizeof(float) ? ImageType::float32 : ImageType::float64,
                    job.images.index, job.images.count};
  const bool by_row = rows.data != nullptr || job.mix.active();
  const Index most = std::max(workspace_.schedule().pass_images, pass.count);
  if (by_row) target_rows_.reserve((job.mix.active() ? 2 : 1) * most * size);
  constexpr Index kGroup = 16;
  parallel_for(ceil_div(pass.count, kGroup), pass.count * size * 32, [&](Index task, int) {
    for (Index i = task * kGroup; i < std::min(pass.count, (task + 1) * kGroup); ++i) {
      Target<T> target{-1, nullptr};
      if (by_row) {
        T* row = target_rows_.data() + i * size;
        write_target(job, rows, pass.first + i, row + most * size, row);
        target.row = row;
      } else {
        target.label = job.targets->labels[job.images.row(pass.first + i)];
      }
      const T* out = outputs + i * size;
      const T weight = job.targets->weights == nullptr
                           ? T{1}
                           : job.targets->weights[job.images.row(pass.first + i)];
      losses_[i] = static_cast<double>(weight) *
                   loss_->evaluate(size, out, target, scale * weight,
                                   grad == nullptr ? nullptr : grad + i * size);
      correct_[i] = loss_->correct(size, out, target);
    }
  });
  for (Index i = 0; i < pass.count; ++i) {
    job.result.loss_sum += losses_[i];
    job.result.correct += correct_[i];
  }
  if (loss_->classes(size) == 1) job.result.correct = -1;
}

template bool Network<float>::load_slice(const Job&, const Range&, int, float*);
template bool Network<double>::load_slice(const Job&, const Range&, int, double*);
template void Network<float>::loss_pass(Job&, const Range&, const float*, float*);
template void Network<double>::loss_pass(Job&, const Range&, const double*, double*);
template void Network<float>::check(const Images&, const Targets<float>*) const;
template void Network<double>::check(const Images&, const Targets<double>*) const;
template void Network<float>::refuse_not_finite(const Images&) const;
template void Network<double>::refuse_not_finite(const Images&) const;
// The public members; the others follow from them.
template BatchResult Network<float>::train_batch(const Images&, const Targets<float>&,
                                                 std::optional<double>);
template BatchResult Network<float>::differentiate(const Images&, const Targets<float>&, float*);
template void Network<float>::backpropagate(const Images&, const float*, float*);
template BatchResult Network<double>::train_batch(const Images&, const Targets<double>&,
                                                  std::optional<double>);
template BatchResult Network<double>::differentiate(const Images&, const Targets<double>&, double*);
template void Network<double>::backpropagate(const Images&, const double*, double*);

}  // namespace cnnx
