// AVX-512: vectors of 64 bytes, 32 registers, of which up to 28 hold sums. Tiles one vector wide
// are lower, since each row has a pointer and x86 has but 16 registers for those: with 14 rows six
// of them were loaded again for every step of a sum (measured: 1.05 to 1.15 times the time).
#include "cnnx/kernels/isa.h"
#include "cnnx/kernels/isa_tables.h"

namespace cnnx {

const IsaTables isa_avx512 = make_tables<64, 14, 10>();

}  // namespace cnnx
