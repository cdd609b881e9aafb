// AVX-512: vectors of 64 bytes, 32 registers, of which up to 28 hold sums.
#include "cnnx/kernels/isa.h"
#include "cnnx/kernels/isa_tables.h"

namespace cnnx {

const IsaTables isa_avx512 = make_tables<64, 14, 14>();

}  // namespace cnnx
