#include "cnnx/update.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cnnx/core/error.h"
#include "cnnx/core/parallel.h"

namespace cnnx {

template <class T>
void Updater<T>::set_optimizer(const Attrs& attrs, const KernelTable<T>& kernels, Index size) {
  require_unswapped("setting an optimizer");
  optimizer_ = make_optimizer<T>(attrs, kernels);
  kernels_ = &kernels.update;
  slots_.clear();
  for (std::size_t i = 0; i < slots().size(); ++i) slots_.emplace_back(size);
  step_ = 0;
  plan(parts_);
}

// Blocks end where a parameter does, so that the gaps between parameters are never touched: a NaN
// in one would stay there for good.
template <class T>
void Updater<T>::plan(const std::vector<UpdatePart>& parts) {
  constexpr Index kBlock = 8192;
  parts_ = parts;
  blocks_.clear();
  work_ = 0;
  const bool always = optimizer_ == nullptr || !optimizer_->settings().decay_weights_only;
  for (const UpdatePart& part : parts_) {
    for (Index at = 0; at < part.count; at += kBlock) {
      blocks_.push_back(
          {part.first + at, std::min(kBlock, part.count - at), always || part.decays});
    }
    work_ += part.count;
  }
  sums_.resize(static_cast<Index>(blocks_.size()));
}

template <class T>
std::vector<std::string> Updater<T>::slots() const {
  if (optimizer_ == nullptr) return {};
  std::vector<std::string> names = optimizer_->slots();
  if (averages()) names.push_back("average");
  return names;
}

template <class T>
void Updater<T>::update(double learning_rate, T* weights, T* grads) {
  const UpdateSettings& settings = optimizer_->settings();
  const T most = static_cast<T>(settings.clip_value);
  const T scale = clip_scale(grads);
  const bool clips = settings.clip_value < UpdateSettings::kNone || scale != T{1};
  const UpdateStep step{++step_, learning_rate};
  const bool averages_on = averages() && step_ > 1;
  parallel_for(static_cast<Index>(blocks_.size()), 4 * work_, [&](Index task, int) {
    const Block& block = blocks_[static_cast<std::size_t>(task)];
    constexpr std::size_t kMostSlots = 4;
    T* slots[kMostSlots] = {};
    for (std::size_t i = 0; i < slots_.size(); ++i) slots[i] = slots_[i].data() + block.first;
    T* grad = grads + block.first;
    if (clips) kernels_->clip(block.count, most, scale, grad);
    optimizer_->update({step.number, step.learning_rate, block.decays}, block.count, grad, slots,
                       weights + block.first);
    if (averages_on) {
      kernels_->average(block.count, settings.average_decay, weights + block.first,
                        slots[slots_.size() - 1]);
    }
  });
  // It is initialised with the weights after the first step, so it is not biased towards zero.
  if (averages() && step_ == 1) std::copy_n(weights, slots_.back().size(), slots_.back().data());
}

// What the gradients are multiplied with to have the norm allowed. NaN where they have no norm:
// scaled by a number, infinite ones would vanish and nobody would see that training has diverged.
template <class T>
T Updater<T>::clip_scale(const T* grads) {
  const UpdateSettings& settings = optimizer_->settings();
  if (settings.clip_norm == UpdateSettings::kNone) return T{1};
  const T most = static_cast<T>(settings.clip_value);
  parallel_for(static_cast<Index>(blocks_.size()), work_, [&](Index task, int) {
    const Block& block = blocks_[static_cast<std::size_t>(task)];
    sums_[task] = kernels_->sum_squares(block.count, most, grads + block.first);
  });
  double sum = 0;
  for (std::size_t i = 0; i < blocks_.size(); ++i) sum += sums_[static_cast<Index>(i)];
  const double norm = std::sqrt(sum);
  if (norm <= settings.clip_norm) return T{1};
  if (!std::isfinite(norm)) return std::numeric_limits<T>::quiet_NaN();
  return static_cast<T>(settings.clip_norm / norm);
}

template <class T>
T* Updater<T>::swap_average() {
  if (optimizer_ == nullptr || !averages()) {
    throw ConfigError(
        "swap_average: the optimizer keeps no average of the weights; give it one with "
        "ema=0.999, for instance");
  }
  if (step_ == 0) {
    throw ConfigError("swap_average: no step has been made, so there is no average yet; train");
  }
  swapped_ = !swapped_;
  return slots_.back().data();
}

template <class T>
void Updater<T>::require_unswapped(const char* action) const {
  if (!swapped_) return;
  throw ConfigError(concat(action,
                           ": not while the weights are swapped with their average; leave "
                           "averaged_weights() first"));
}

template class Updater<float>;
template class Updater<double>;

}  // namespace cnnx
