#include "cnnx/kernels/dispatch.h"

#include <atomic>
#include <cstdlib>

#include "cnnx/core/error.h"
#include "cnnx/kernels/isa.h"

namespace cnnx {
namespace {

struct Row {
  const char* name;
  const IsaTables* tables;
  bool (*usable)();
};

constexpr bool always() { return true; }

#if defined(CNNX_HAVE_AVX2)
// The builtins ask the operating system too: whether it saves the wide registers.
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif
#if defined(CNNX_HAVE_AVX512)
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("fma");
}
#endif

// Best first.
constexpr Row kRows[] = {
#if defined(CNNX_HAVE_AVX512)
    {"avx512", &isa_avx512, has_avx512},
#endif
#if defined(CNNX_HAVE_AVX2)
    {"avx2", &isa_avx2, has_avx2},
#endif
#if defined(CNNX_HAVE_NEON)
    {"neon", &isa_neon, always},
#endif
    {"baseline", &isa_baseline, always}, {"reference", &isa_reference, always},
};

const Row& find(std::string_view name, const char* source) {
  for (const Row& row : kRows) {
    if ((name == "auto" || name == row.name) && row.usable()) return row;
  }
  std::string choices = "auto";
  for (const std::string& isa : available_isas()) choices += ", " + isa;
  throw ConfigError(
      {.argument = source,
       .message = concat("instruction set \"", name, "\" is not available on this machine"),
       .expected = choices,
       .got = std::string(name),
       .hint = "choose one of " + choices});
}

std::atomic<const Row*> selected{nullptr};

const Row& current() {
  const Row* row = selected.load();
  if (row == nullptr) {
    const char* wanted = std::getenv("CNNX_ISA");
    row = &find(wanted == nullptr || *wanted == '\0' ? "auto" : wanted, "CNNX_ISA");
    selected.store(row);
  }
  return *row;
}

}  // namespace

std::vector<std::string> available_isas() {
  std::vector<std::string> names;
  for (const Row& row : kRows) {
    if (row.usable()) names.emplace_back(row.name);
  }
  return names;
}

std::string current_isa() { return current().name; }
const IsaTables& current_tables() { return *current().tables; }
void select_isa(std::string_view name) { selected.store(&find(name, "set_isa")); }

}  // namespace cnnx
