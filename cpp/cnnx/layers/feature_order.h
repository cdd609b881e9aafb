// Features after a flatten lie in memory pixel by pixel, as the maps did. Where they meet others,
// they are brought into the order in which users see them.
#pragma once

#include "cnnx/layers/builder.h"

namespace cnnx {

// Appends what reorders a level, where it needs that; returns the level of the result.
template <class T>
Index in_feature_order(Builder<T>& builder, const std::string& name, Index level);

}  // namespace cnnx
