#include "cnnx/augment/augmentation.h"

#include <utility>

#include "cnnx/augment/resample.h"
#include "cnnx/core/error.h"

namespace cnnx {
namespace {

template <class T, class Source>
void resample_row(const Shape& shape, const Images& images, Index i, const Affine& map, T fill,
                  T* to) {
  const auto* rows = static_cast<const Source*>(images.data);
  const View<Source> view{rows + images.row(i) * shape.size(), shape.pixels(), 1};
  resample(shape, view, map, fill, to);
}

}  // namespace

template <class T>
Augmentation<T>::Augmentation(const std::vector<Attrs>& steps, const Shape& shape,
                              std::uint64_t seed)
    : shape_(shape), seed_(seed) {
  if (static_cast<Index>(steps.size()) > Draws::kMostSteps) {
    throw ConfigError(
        concat("augmentation: expected at most ", Draws::kMostSteps, " steps, got ", steps.size()));
  }
  for (const Attrs& attrs : steps) {
    const std::string& kind = attrs.text("kind");
    if (MixRule::is_one(attrs)) {
      rules_.push_back(MixRule::make(attrs, shape));
      continue;
    }
    StepPtr<T> step = make_step<T>(attrs);
    if (step == nullptr) throw ConfigError(concat("augmentation: \"", kind, "\" is unknown"));
    if (!rules_.empty()) {
      throw ConfigError(concat("augmentation: ", kind, " comes after mixup or cutmix, which must ",
                               "be last; move it before them"));
    }
    step->plan(shape);
    add(std::move(step));
  }
  copies_ = loads_first() ? 1 : 0;
  for (const Stage& stage : stages_) copies_ += stage.moves ? 1 : 0;
}

// Moves join the map before them when both fill with the same value, or one of them never fills.
template <class T>
void Augmentation<T>::add(StepPtr<T> step) {
  Stage stage{steps_.size(), steps_.size() + 1, false, false, T{0}};
  if (const auto* move = dynamic_cast<const GeometricStep<T>*>(step.get())) {
    stage.moves = true;
    stage.fills = move->fills();
    stage.fill = static_cast<T>(move->fill());
  }
  steps_.push_back(std::move(step));
  if (stage.moves && !stages_.empty() && stages_.back().moves) {
    Stage& last = stages_.back();
    if (!last.fills || !stage.fills || last.fill == stage.fill) {
      if (!last.fills) last.fill = stage.fill;
      last.fills = last.fills || stage.fills;
      last.end = stage.end;
      return;
    }
  }
  stages_.push_back(stage);
}

template <class T>
Index Augmentation<T>::scratch_size() const {
  constexpr Index kAlign = 16;
  const Index images = (copies_ > 1 ? 1 : 0) + (rules_.empty() ? 0 : 1);
  return images * round_up(shape_.size(), kAlign);
}

template <class T>
Affine Augmentation<T>::map_of(const Stage& stage, const Random& random, Index row) const {
  Affine map;
  for (std::size_t s = stage.first; s < stage.end; ++s) {
    const auto& step = static_cast<const GeometricStep<T>&>(*steps_[s]);
    map = map.then(step.map(Draws(random, row, static_cast<Index>(s)), shape_));
  }
  return map;
}

template <class T>
void Augmentation<T>::load_one(const Images& images, Index i, T* spare, T* to) const {
  const Random random(seed_, Stream::augment, images.epoch);
  const Index row = images.first_row + images.row(i);
  const bool bytes = images.type == ImageType::uint8;
  // Written alternately to the two, so that the last time is to `to`.
  T* here = copies_ % 2 == 1 ? to : spare;
  T* there = copies_ % 2 == 1 ? spare : to;
  if (loads_first()) load_images(shape_, images, i, 1, here);
  for (const Stage& stage : stages_) {
    if (!stage.moves) {
      const auto& step = static_cast<const PixelStep<T>&>(*steps_[stage.first]);
      step.change(Draws(random, row, static_cast<Index>(stage.first)), shape_, bytes, here);
      continue;
    }
    const Affine map = map_of(stage, random, row);
    if (stage.first > 0) {
      const View<T> view{here, 1, shape_.channels};
      resample(shape_, view, map, stage.fill, there);
      std::swap(here, there);
    } else if (images.type == ImageType::float32) {
      resample_row<T, float>(shape_, images, i, map, stage.fill, here);
    } else if (images.type == ImageType::float64) {
      resample_row<T, double>(shape_, images, i, map, stage.fill, here);
    } else {
      resample_row<T, std::uint8_t>(shape_, images, i, map, stage.fill, here);
    }
  }
}

template <class T>
bool Augmentation<T>::load(const Images& images, const Mix& mix, Index first, Index count,
                           T* scratch, T* to) const {
  const Index size = shape_.size();
  T* partner = scratch;
  T* spare = scratch + (rules_.empty() ? 0 : scratch_size() / (copies_ > 1 ? 2 : 1));
  bool finite = true;
  for (Index i = first; i < first + count; ++i, to += size) {
    load_one(images, i, spare, to);
    if (mix.active()) {
      load_one(images, mix.partner(i, images.count), spare, partner);
      mix.images(shape_, partner, to);
    }
    if (images.type != ImageType::uint8) finite = finite && all_finite(size, to);
  }
  return finite;
}

template class Augmentation<float>;
template class Augmentation<double>;

}  // namespace cnnx
