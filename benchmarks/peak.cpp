#include "peak.h"

#include "stopwatch.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace cnnx::benchmarks {
namespace {

// As many independent sums as hide the latency of a multiply-add: 4 cycles, 2 a cycle, and some.
constexpr int kSums = 12;
constexpr int kSteps = 20000;

// A loop returns how many floating-point operations it did. The sums are variables of their own, as
// an array would be spilt to memory; the empty asm stops the compiler from computing the result by
// other means.
using Loop = double (*)();

#if defined(__x86_64__)

__attribute__((target("avx512f"))) double avx512_loop() {
  const __m512 factor = _mm512_set1_ps(0.5f);
  const __m512 term = _mm512_set1_ps(1.0f);
  __m512 a = term, b = term, c = term, d = term, e = term, f = term;
  __m512 g = term, h = term, i = term, j = term, k = term, l = term;
  for (int step = 0; step < kSteps; ++step) {
    a = _mm512_fmadd_ps(a, factor, term);
    b = _mm512_fmadd_ps(b, factor, term);
    c = _mm512_fmadd_ps(c, factor, term);
    d = _mm512_fmadd_ps(d, factor, term);
    e = _mm512_fmadd_ps(e, factor, term);
    f = _mm512_fmadd_ps(f, factor, term);
    g = _mm512_fmadd_ps(g, factor, term);
    h = _mm512_fmadd_ps(h, factor, term);
    i = _mm512_fmadd_ps(i, factor, term);
    j = _mm512_fmadd_ps(j, factor, term);
    k = _mm512_fmadd_ps(k, factor, term);
    l = _mm512_fmadd_ps(l, factor, term);
    __asm__ volatile(""
                     : "+v"(a), "+v"(b), "+v"(c), "+v"(d), "+v"(e), "+v"(f), "+v"(g), "+v"(h),
                       "+v"(i), "+v"(j), "+v"(k), "+v"(l));
  }
  return 2.0 * 16 * kSums * kSteps;
}

__attribute__((target("avx2,fma"))) double avx2_loop() {
  const __m256 factor = _mm256_set1_ps(0.5f);
  const __m256 term = _mm256_set1_ps(1.0f);
  __m256 a = term, b = term, c = term, d = term, e = term, f = term;
  __m256 g = term, h = term, i = term, j = term, k = term, l = term;
  for (int step = 0; step < kSteps; ++step) {
    a = _mm256_fmadd_ps(a, factor, term);
    b = _mm256_fmadd_ps(b, factor, term);
    c = _mm256_fmadd_ps(c, factor, term);
    d = _mm256_fmadd_ps(d, factor, term);
    e = _mm256_fmadd_ps(e, factor, term);
    f = _mm256_fmadd_ps(f, factor, term);
    g = _mm256_fmadd_ps(g, factor, term);
    h = _mm256_fmadd_ps(h, factor, term);
    i = _mm256_fmadd_ps(i, factor, term);
    j = _mm256_fmadd_ps(j, factor, term);
    k = _mm256_fmadd_ps(k, factor, term);
    l = _mm256_fmadd_ps(l, factor, term);
    __asm__ volatile(""
                     : "+x"(a), "+x"(b), "+x"(c), "+x"(d), "+x"(e), "+x"(f), "+x"(g), "+x"(h),
                       "+x"(i), "+x"(j), "+x"(k), "+x"(l));
  }
  return 2.0 * 8 * kSums * kSteps;
}

// Every x86-64 processor multiplies and adds apart; the two go through ports of their own.
double baseline_loop() {
  const __m128 factor = _mm_set1_ps(0.5f);
  const __m128 term = _mm_set1_ps(1.0f);
  __m128 a = term, b = term, c = term, d = term, e = term, f = term;
  __m128 g = term, h = term, i = term, j = term, k = term, l = term;
  for (int step = 0; step < kSteps; ++step) {
    a = _mm_add_ps(_mm_mul_ps(a, factor), term);
    b = _mm_add_ps(_mm_mul_ps(b, factor), term);
    c = _mm_add_ps(_mm_mul_ps(c, factor), term);
    d = _mm_add_ps(_mm_mul_ps(d, factor), term);
    e = _mm_add_ps(_mm_mul_ps(e, factor), term);
    f = _mm_add_ps(_mm_mul_ps(f, factor), term);
    g = _mm_add_ps(_mm_mul_ps(g, factor), term);
    h = _mm_add_ps(_mm_mul_ps(h, factor), term);
    i = _mm_add_ps(_mm_mul_ps(i, factor), term);
    j = _mm_add_ps(_mm_mul_ps(j, factor), term);
    k = _mm_add_ps(_mm_mul_ps(k, factor), term);
    l = _mm_add_ps(_mm_mul_ps(l, factor), term);
    __asm__ volatile(""
                     : "+x"(a), "+x"(b), "+x"(c), "+x"(d), "+x"(e), "+x"(f), "+x"(g), "+x"(h),
                       "+x"(i), "+x"(j), "+x"(k), "+x"(l));
  }
  return 2.0 * 4 * kSums * kSteps;
}

#elif defined(__aarch64__)

double neon_loop() {
  const float32x4_t factor = vdupq_n_f32(0.5f);
  const float32x4_t term = vdupq_n_f32(1.0f);
  float32x4_t a = term, b = term, c = term, d = term, e = term, f = term;
  float32x4_t g = term, h = term, i = term, j = term, k = term, l = term;
  for (int step = 0; step < kSteps; ++step) {
    a = vfmaq_f32(term, a, factor);
    b = vfmaq_f32(term, b, factor);
    c = vfmaq_f32(term, c, factor);
    d = vfmaq_f32(term, d, factor);
    e = vfmaq_f32(term, e, factor);
    f = vfmaq_f32(term, f, factor);
    g = vfmaq_f32(term, g, factor);
    h = vfmaq_f32(term, h, factor);
    i = vfmaq_f32(term, i, factor);
    j = vfmaq_f32(term, j, factor);
    k = vfmaq_f32(term, k, factor);
    l = vfmaq_f32(term, l, factor);
    __asm__ volatile(""
                     : "+w"(a), "+w"(b), "+w"(c), "+w"(d), "+w"(e), "+w"(f), "+w"(g), "+w"(h),
                       "+w"(i), "+w"(j), "+w"(k), "+w"(l));
  }
  return 2.0 * 4 * kSums * kSteps;
}

#endif

Loop loop_of([[maybe_unused]] std::string_view isa) {
#if defined(__x86_64__)
  if (isa == "avx512") return avx512_loop;
  if (isa == "avx2") return avx2_loop;
  if (isa == "baseline") return baseline_loop;
#elif defined(__aarch64__)
  if (isa == "neon" || isa == "baseline") return neon_loop;
#endif
  return nullptr;
}

}  // namespace

double peak_gflops(std::string_view isa, double seconds) {
  const Loop loop = loop_of(isa);
  if (loop == nullptr) return 0;
  double operations = 0;
  const double best = best_seconds(seconds, [&] { operations = loop(); });
  return 1e-9 * operations / best;
}

}  // namespace cnnx::benchmarks
