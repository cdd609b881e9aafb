#include "cnnx/loss_pass.h"

#include <algorithm>

#include "cnnx/core/parallel.h"

namespace cnnx {
namespace {

template <class T>
Images as_images(const T* rows, const Images& like) {
  return {.data = rows,
          .type = sizeof(T) == sizeof(float) ? ImageType::float32 : ImageType::float64,
          .index = like.index,
          .count = like.count};
}

}  // namespace

template <class T>
void LossPass<T>::reserve(Index images) {
  losses_.reserve(images);
  correct_.reserve(images);
}

template <class T>
void LossPass<T>::load_gradient(const Job<T>& job, std::size_t output, const Range& pass, T* grad,
                                bool add) {
  Images rows = as_images(job.grad_outputs[output], job.batch.inputs.front());
  rows.index = nullptr;
  const Shape& shape = network_.output(output);
  const Index count = pass.count * shape.size();
  const auto& element = network_.kernels().element;
  if (add) added_.reserve(count);
  load_images(shape, rows, pass.first, pass.count, add ? added_.data() : grad, element.transpose);
  if (add) element.add(count, grad, added_.data());
}

// The row of targets of an image of the batch, mixed with its partner's (into `spare` first).
template <class T>
void LossPass<T>::write_target(const Job<T>& job, const Images& rows, std::size_t output,
                               Index image, T* spare, T* row) const {
  const Shape& shape = network_.output(output);
  const Index partner = job.mix.partner(image, rows.count);
  if (rows.data == nullptr) {
    const Index* labels = job.batch.targets[output].labels;
    job.mix.labels(shape.size(), labels[rows.row(image)], labels[rows.row(partner)], row);
    return;
  }
  const auto transpose = network_.kernels().element.transpose;
  load_images(shape, rows, image, 1, row, transpose);
  if (!job.mix.active()) return;
  load_images(shape, rows, partner, 1, spare, transpose);
  job.mix.rows(shape.size(), spare, row);
}

template <class T>
void LossPass<T>::run(Job<T>& job, std::size_t output, const Range& pass, const T* outputs, T* grad,
                      bool add) {
  const Loss<T>& loss = *network_.loss(output);
  const Targets<T>& targets = job.batch.targets[output];
  const Index size = network_.output(output).size();
  const T scale = network_.loss_weight(output) / static_cast<T>(job.batch.count());
  const Images rows = as_images(targets.rows, job.batch.inputs.front());
  const bool by_row = rows.data != nullptr || job.mix.active();
  const Index most = std::max(network_.plan().schedule().pass_images, pass.count);
  if (by_row) target_rows_.reserve((job.mix.active() ? 2 : 1) * most * size);
  if (add) added_.reserve(pass.count * size);
  T* const gradients = add ? added_.data() : grad;
  constexpr Index kGroup = 16;
  parallel_for(ceil_div(pass.count, kGroup), pass.count * size * 32, [&](Index task, int) {
    for (Index i = task * kGroup; i < std::min(pass.count, (task + 1) * kGroup); ++i) {
      Target<T> target{-1, nullptr};
      const Index from = job.batch.row(pass.first + i);
      if (by_row) {
        T* row = target_rows_.data() + i * size;
        write_target(job, rows, output, pass.first + i, row + most * size, row);
        target.row = row;
      } else {
        target.label = targets.labels[from];
      }
      const T* out = outputs + i * size;
      const T weight = targets.weights == nullptr ? T{1} : targets.weights[from];
      losses_[i] = static_cast<double>(weight) *
                   loss.evaluate(size, out, target, scale * weight,
                                 grad == nullptr ? nullptr : gradients + i * size);
      correct_[i] = loss.correct(size, out, target);
    }
  });
  if (add) network_.kernels().element.add(pass.count * size, grad, added_.data());
  BatchResult& result = job.results[output];
  for (Index i = 0; i < pass.count; ++i) {
    result.loss_sum += losses_[i];
    result.correct += correct_[i];
  }
  if (loss.classes(size) == 1) result.correct = -1;
}

template class LossPass<float>;
template class LossPass<double>;

}  // namespace cnnx
