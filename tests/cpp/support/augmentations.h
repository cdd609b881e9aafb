// Descriptions of augmentations as Python sends them.
#pragma once

#include "support/descriptions.h"

namespace cnnx::test {

inline Attrs crop(Index padding, double fill = 0) {
  Attrs attrs = of_kind("crop");
  attrs.set("padding", std::vector<Index>{padding, padding});
  attrs.set("fill", fill);
  return attrs;
}

inline Attrs flip(double p) {
  Attrs attrs = of_kind("flip");
  attrs.set("p", p);
  return attrs;
}

inline Attrs rotation(double degrees) {
  Attrs attrs = of_kind("rotate");
  attrs.set("degrees", degrees);
  attrs.set("fill", 0.0);
  return attrs;
}

inline Attrs erase(double p, double fill = 0) {
  Attrs attrs = of_kind("erase");
  attrs.set("p", p);
  attrs.set("area", std::vector<double>{0.1, 0.3});
  attrs.set("ratio", std::vector<double>{0.5, 2.0});
  attrs.set("fill", fill);
  return attrs;
}

inline Attrs tone(const std::string& kind, double amount) {
  Attrs attrs = of_kind(kind);
  attrs.set("amount", amount);
  return attrs;
}
inline Attrs brightness(double amount) { return tone("brightness", amount); }
inline Attrs contrast(double amount) { return tone("contrast", amount); }

inline Attrs mixing(const std::string& kind, double alpha) {
  Attrs attrs = of_kind(kind);
  attrs.set("alpha", alpha);
  return attrs;
}
inline Attrs mixup(double alpha) { return mixing("mixup", alpha); }
inline Attrs cutmix(double alpha) { return mixing("cutmix", alpha); }

}  // namespace cnnx::test
