// What the layers that look at maps through windows, or at whole maps, check when they are planned.
#pragma once

#include <string>
#include <utility>

#include "cnnx/core/shape.h"
#include "cnnx/kernels/table.h"

namespace cnnx {

// Throws ShapeError for flat input.
void expect_maps(const Shape& input);

// The geometry of a pool; throws ShapeError where its windows do not fit.
PoolGeometry plan_pool(const Shape& input, const std::pair<Index, Index>& window,
                       const std::pair<Index, Index>& stride,
                       const std::pair<Index, Index>& padding);

}  // namespace cnnx
