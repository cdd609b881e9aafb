// Mixing each image of a batch with another one of the same batch, and their targets with them.
// mixup: Zhang, Cisse, Dauphin, Lopez-Paz, "mixup: beyond empirical risk minimization", ICLR 2018.
// CutMix: Yun, Han, Oh, Chun, Choe, Yoo, "CutMix: regularization strategy to train strong
// classifiers with localizable features", ICCV 2019.
#pragma once

#include <vector>

#include "cnnx/core/attrs.h"
#include "cnnx/core/images.h"
#include "cnnx/core/shape.h"

namespace cnnx {

// How the images of one batch are mixed: all of them in the same way.
struct Mix {
  Index roll = 0;    // image i is mixed with image (i + roll) modulo the batch; 0: not mixed
  double share = 1;  // of the image itself, in [0, 1]; the partner has the rest
  bool cut = false;  // the partner's part is the rectangle below, else all values are blended
  Index top = 0, left = 0, bottom = 0, right = 0;

  bool active() const { return roll != 0; }
  Index partner(Index i, Index count) const { return (i + roll) % count; }

  // Mixes a partner into a channels-last image.
  template <class T>
  void images(const Shape& shape, const T* partner, T* image) const;
  // Mixes a partner's row of targets into another row.
  template <class T>
  void rows(Index count, const T* partner, T* row) const;
  // Writes the row of targets that two labels make.
  template <class T>
  void labels(Index count, Index label, Index partner, T* row) const;
};

// One way to mix, with its arguments.
struct MixRule {
  bool cut;
  double alpha;

  static bool is_one(const Attrs& attrs);
  static MixRule make(const Attrs& attrs, const Shape& shape);
};

// The mix of a batch; its first image's row keys the draws. Of several rules the batch draws one.
Mix draw_mix(const std::vector<MixRule>& rules, std::uint64_t seed, const Shape& shape,
             const Images& images);

}  // namespace cnnx
