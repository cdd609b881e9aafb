// NEON on arm64: vectors of 16 bytes, 32 registers, of which 24 hold sums.
#include "cnnx/kernels/isa.h"
#include "cnnx/kernels/isa_tables.h"

namespace cnnx {

const IsaTables isa_neon = make_tables<16, 12, 14>();

}  // namespace cnnx
