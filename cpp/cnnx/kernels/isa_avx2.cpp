// AVX2 and FMA: vectors of 32 bytes, 16 registers, of which 12 hold sums.
#include "cnnx/kernels/isa.h"
#include "cnnx/kernels/isa_tables.h"

namespace cnnx {

const IsaTables isa_avx2 = make_tables<32, 6, 12>();

}  // namespace cnnx
