// Arrays of random numbers, a run of draws at a time. Logarithm, sine and cosine are polynomials
// with sums and products alone, so that the compiler makes vectors of them and every machine gets
// the same bits. Coefficients: Sun Microsystems' fdlibm (e_log.c, k_sin.c, k_cos.c).
#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "cnnx/core/philox.h"
#include "cnnx/core/random.h"

namespace cnnx {
namespace {

using philox::kDraws;

constexpr std::uint64_t kOne = 0x3FF0000000000000;  // the double 1

double as_double(std::uint64_t bits) { return std::bit_cast<double>(bits); }
std::uint64_t as_bits(double value) { return std::bit_cast<std::uint64_t>(value); }

// In [1, 2), from the upper 52 bits.
double one_to_two(std::uint64_t bits) { return as_double(bits >> 12 | kOne); }

// For a normal number above 0: 2^e m with m from sqrt(1/2) to sqrt(2), and the series of
// log((1 + s) / (1 - s)).
double logarithm(double value) {
  constexpr std::uint64_t kRootHalf = 0x3FE6A09E667F3BCD;
  constexpr double kTwoTo52 = 4503599627370496.0;
  const std::uint64_t bits = as_bits(value);
  const std::uint64_t biased = (bits - kRootHalf + kOne) >> 52;  // e + 1023
  const double m = as_double(bits - (biased << 52) + kOne);
  const double e = as_double(biased | as_bits(kTwoTo52)) - (kTwoTo52 + 1023);
  const double s = (m - 1) / (m + 1);
  const double z = s * s;
  const double w = z * z;
  const double low = 6.666666666666735130e-01 + z * 3.999999999940941908e-01;
  const double middle = 2.857142874366239149e-01 + z * 2.222219843214978396e-01;
  const double high =
      (1.818357216161805012e-01 + z * 1.531383769920937332e-01) + w * 1.479819860511658591e-01;
  return e * std::numbers::ln2 + (2 * s + s * z * (low + w * (middle + w * high)));
}

// For angles from -pi/4 to pi/4.
double sine(double angle) {
  const double z = angle * angle;
  const double w = z * z;
  const double low = -1.66666666666666324348e-01 + z * 8.33333333332248946124e-03;
  const double middle = -1.98412698298579493134e-04 + z * 2.75573137070700676789e-06;
  const double high = -2.50507602534068634195e-08 + z * 1.58969099521155010221e-10;
  return angle + angle * z * (low + w * (middle + w * high));
}

double cosine(double angle) {
  const double z = angle * angle;
  const double w = z * z;
  const double low = 4.16666666666666019037e-02 + z * -1.38888888888741095749e-03;
  const double middle = 2.48015872894767294178e-05 + z * -2.75573143513906633035e-07;
  const double high = 2.08757232129817482790e-09 + z * -1.13596475577881948265e-11;
  return (1 - 0.5 * z) + w * (low + w * (middle + w * high));
}

// Box and Muller: a radius sqrt(-2 ln u), u in (0, 1], times cosine and sine of a random angle.
// Two loops: the processor has more of a short one in flight.
template <class T>
void make_normal(const philox::Run& run, double scale, T* values) {
  double radius[kDraws];
  for (int i = 0; i < kDraws; ++i) {
    radius[i] = std::sqrt(-2 * logarithm(2 - one_to_two(run.first[i]))) * scale;
  }
  for (int i = 0; i < kDraws; ++i) {
    // In quarters of a turn, and the rest from -1/2 to 1/2 of one.
    const std::uint64_t turn = run.second[i] + (std::uint64_t{1} << 61);
    const double angle = (one_to_two(turn << 2) - 1.5) * (std::numbers::pi / 2);
    const std::uint64_t quarters = turn >> 62;
    const std::uint64_t c = as_bits(cosine(angle)), s = as_bits(sine(angle));
    const std::uint64_t swap = (c ^ s) & (std::uint64_t{0} - (quarters & 1));
    const std::uint64_t sign_x = (quarters + 1) >> 1 << 63, sign_y = quarters >> 1 << 63;
    values[2 * i] = static_cast<T>(radius[i] * as_double(c ^ swap ^ sign_x));
    values[2 * i + 1] = static_cast<T>(radius[i] * as_double(s ^ swap ^ sign_y));
  }
}

template <class T>
void make_uniform(const philox::Run& run, double most, T* values) {
  for (int i = 0; i < kDraws; ++i) {
    const double unit = static_cast<double>(run.first[i] >> 11) * 0x1p-53;
    values[i] = static_cast<T>(most * (2 * unit - 1));
  }
}

}  // namespace

template <class T, int PerDraw, class Make>
void Random::fill(std::uint64_t first, Index count, T* values, Make&& make) const {
  philox::Run run;
  T made[kDraws * PerDraw];
  while (count > 0) {
    philox::draw(key_, stream_, first / PerDraw, run);
    make(run, made);
    const auto skipped = static_cast<Index>(first % PerDraw);
    const Index taken = std::min(count, kDraws * PerDraw - skipped);
    values = std::copy_n(made + skipped, taken, values);
    first += static_cast<std::uint64_t>(taken);
    count -= taken;
  }
}

template <class T>
void Random::fill_normal(std::uint64_t first, Index count, double deviation, T* values) const {
  fill<T, 2>(first, count, values,
             [=](const philox::Run& run, T* made) { make_normal(run, deviation, made); });
}

template <class T>
void Random::fill_uniform(std::uint64_t first, Index count, double most, T* values) const {
  fill<T, 1>(first, count, values,
             [=](const philox::Run& run, T* made) { make_uniform(run, most, made); });
}

template void Random::fill_normal(std::uint64_t, Index, double, float*) const;
template void Random::fill_normal(std::uint64_t, Index, double, double*) const;
template void Random::fill_uniform(std::uint64_t, Index, double, float*) const;
template void Random::fill_uniform(std::uint64_t, Index, double, double*) const;

}  // namespace cnnx
