// The instruction sets of this build. Each row is one file isa_<name>.cpp with its own flags; which
// of them are in a build is known to dispatch.cpp (CNNX_HAVE_<NAME>).
#pragma once

#include "cnnx/kernels/table.h"

namespace cnnx {

extern const IsaTables isa_reference;  // naive loops: what the others are measured against
extern const IsaTables isa_baseline;   // what every CPU of the architecture has
extern const IsaTables isa_avx2;
extern const IsaTables isa_avx512;
extern const IsaTables isa_neon;

}  // namespace cnnx
