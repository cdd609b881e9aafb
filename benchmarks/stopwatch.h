// Timing a piece of work on one thread.
#pragma once

#include <algorithm>
#include <ctime>
#include <limits>

namespace cnnx::benchmarks {

// Processor time of this thread: what other programs take in between does not count.
inline double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Seconds one call takes: the best of several rounds that last about `seconds` together. Noise only
// ever adds time, so the least is nearest to what the kernel costs.
template <class Work>
double best_seconds(double seconds, Work&& work) {
  constexpr int kRounds = 12;
  work();  // fills caches
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < kRounds; ++round) {
    const double start = thread_seconds();
    double passed = 0;
    int calls = 0;
    do {
      work();
      ++calls;
      passed = thread_seconds() - start;
    } while (passed < seconds / kRounds);
    best = std::min(best, passed / calls);
  }
  return best;
}

}  // namespace cnnx::benchmarks
