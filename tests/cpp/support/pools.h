// Pools for the kernel tests: random shapes that the engine admits.
#pragma once

#include <string>
#include <utility>

#include "cnnx/core/error.h"
#include "cnnx/core/shape.h"
#include "cnnx/kernels/table.h"
#include "support/draw.h"

namespace cnnx::test {

inline std::string describe(const PoolGeometry& g) {
  return concat(g.channels, "x", g.in_height, "x", g.in_width, " -> ", g.out_height, "x",
                g.out_width, ", window ", g.window_height, "x", g.window_width, ", stride ",
                g.stride_height, "x", g.stride_width, ", padding ", g.pad_top, "x", g.pad_left);
}

inline PoolGeometry pool(Index channels, Index height, Index width, std::pair<Index, Index> window,
                         std::pair<Index, Index> stride, std::pair<Index, Index> pad) {
  return {channels,
          height,
          width,
          output_size(height, window.first, stride.first, 1, 2 * pad.first),
          output_size(width, window.second, stride.second, 1, 2 * pad.second),
          window.first,
          window.second,
          stride.first,
          stride.second,
          pad.first,
          pad.second};
}

// Any shape that the engine admits: at most half a window of padding.
inline PoolGeometry draw_pool(Draw& draw) {
  while (true) {
    const Index most = draw.chance(0.1) ? 20 : 5;
    const std::pair<Index, Index> window{draw.integer(1, most), draw.integer(1, most)};
    const PoolGeometry g =
        pool(draw.chance(0.5) ? draw.integer(1, 5) : draw.integer(6, 70), draw.integer(1, most + 6),
             draw.integer(1, most + 6), window, {draw.integer(1, 4), draw.integer(1, 4)},
             {draw.integer(0, window.first / 2), draw.integer(0, window.second / 2)});
    if (g.out_height >= 1 && g.out_width >= 1) return g;
  }
}

}  // namespace cnnx::test
