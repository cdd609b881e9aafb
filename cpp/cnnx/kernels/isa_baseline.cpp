// Vectors of 16 bytes and 16 registers, as every x86-64 CPU has them; other architectures emulate.
#include "cnnx/kernels/isa.h"
#include "cnnx/kernels/isa_tables.h"

namespace cnnx {

const IsaTables isa_baseline = make_tables<16, 6, 12>();

}  // namespace cnnx
