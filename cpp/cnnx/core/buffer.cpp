#include "cnnx/core/buffer.h"

namespace cnnx {

std::atomic<Index>& allocation_counter() {
  static std::atomic<Index> count{0};
  return count;
}

}  // namespace cnnx
