// Chooses the instruction set: the best that the build, the CPU and the operating system all have,
// or the one that CNNX_ISA or select_isa() names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cnnx/kernels/table.h"

namespace cnnx {

// Names that can be selected here, best first; the last is "reference".
std::vector<std::string> available_isas();

// The one in use. Throws ConfigError when CNNX_ISA names one that is not available.
std::string current_isa();
const IsaTables& current_tables();

// For the networks and calls to come; "auto" is the best. Throws ConfigError when not available.
void select_isa(std::string_view name);

}  // namespace cnnx
