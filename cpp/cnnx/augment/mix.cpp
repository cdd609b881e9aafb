#include "cnnx/augment/mix.h"

#include <algorithm>
#include <cmath>

#include "cnnx/augment/arguments.h"
#include "cnnx/augment/beta.h"
#include "cnnx/augment/draws.h"

namespace cnnx {

bool MixRule::is_one(const Attrs& attrs) {
  const std::string& kind = attrs.text("kind");
  return kind == "mixup" || kind == "cutmix";
}

MixRule MixRule::make(const Attrs& attrs, const Shape& shape) {
  const bool cut = attrs.text("kind") == "cutmix";
  if (cut) expect_image(shape, "cutmix");
  return {cut, number_within(attrs, "alpha", 1e-3, 1e3)};
}

Mix draw_mix(const std::vector<MixRule>& rules, std::uint64_t seed, const Shape& shape,
             const Images& images) {
  Mix mix;
  if (rules.empty() || images.count < 2) return mix;
  const Random random(seed, Stream::mix, images.epoch);
  std::uint64_t at = static_cast<std::uint64_t>(images.first_row + images.row(0)) << 20;
  const auto [which, roll] = random.uniforms(at++);
  const MixRule& rule =
      rules[static_cast<std::size_t>(whole_below(which, static_cast<Index>(rules.size())))];
  const auto [down, right] = random.uniforms(at++);
  mix.roll = 1 + whole_below(roll, images.count - 1);
  mix.share = beta_draw(random, rule.alpha, rule.alpha, at);
  mix.cut = rule.cut;
  if (!mix.cut) return mix;
  // A rectangle of the image's proportions with the area 1 - share, around a pixel anywhere; what
  // of it lies outside is lost, and the share is that of the rest.
  const double side = std::sqrt(1 - mix.share);
  const auto half = [&](Index size) {
    return static_cast<Index>(side * static_cast<double>(size)) / 2;
  };
  const Index y = whole_below(down, shape.height), x = whole_below(right, shape.width);
  mix.top = std::max<Index>(0, y - half(shape.height));
  mix.bottom = std::min(shape.height, y + half(shape.height));
  mix.left = std::max<Index>(0, x - half(shape.width));
  mix.right = std::min(shape.width, x + half(shape.width));
  const Index area = (mix.bottom - mix.top) * (mix.right - mix.left);
  mix.share = 1 - static_cast<double>(area) / static_cast<double>(shape.pixels());
  return mix;
}

template <class T>
void Mix::images(const Shape& shape, const T* partner, T* image) const {
  if (!cut) {
    rows(shape.size(), partner, image);
    return;
  }
  for (Index y = top; y < bottom; ++y) {
    const Index at = (y * shape.width + left) * shape.channels;
    std::copy_n(partner + at, (right - left) * shape.channels, image + at);
  }
}

template <class T>
void Mix::rows(Index count, const T* partner, T* row) const {
  const T own = static_cast<T>(share);
  // Values in which the two agree stay what they are.
  const auto blend = [&](Index i) { row[i] = partner[i] + own * (row[i] - partner[i]); };
  constexpr Index kBlock = 8;  // loops of known length become vector code
  Index i = 0;
  for (; i + kBlock <= count; i += kBlock) {
    for (Index k = 0; k < kBlock; ++k) blend(i + k);
  }
  for (; i < count; ++i) blend(i);
}

template <class T>
void Mix::labels(Index count, Index label, Index partner, T* row) const {
  if (count == 1) {  // binary classification
    *row = static_cast<T>(share * static_cast<double>(label) +
                          (1 - share) * static_cast<double>(partner));
    return;
  }
  std::fill_n(row, count, T{0});
  if (label == partner) {
    row[label] = T{1};
  } else {
    row[label] = static_cast<T>(share);
    row[partner] = T{1} - static_cast<T>(share);
  }
}

template void Mix::images(const Shape&, const float*, float*) const;
template void Mix::images(const Shape&, const double*, double*) const;
template void Mix::rows(Index, const float*, float*) const;
template void Mix::rows(Index, const double*, double*) const;
template void Mix::labels(Index, Index, Index, float*) const;
template void Mix::labels(Index, Index, Index, double*) const;

}  // namespace cnnx
