#include "cnnx/core/parallel.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#endif
#if defined(_OPENMP)
#include <omp.h>
#endif

namespace cnnx {
namespace {

// Flush-to-zero and denormals-are-zero for one scope: a training run that underflows must not slow
// down by a factor of a hundred.
class FlushDenormals {
 public:
#if defined(__x86_64__) || defined(_M_X64)
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | kFlush); }
  ~FlushDenormals() { _mm_setcsr(saved_); }

 private:
  static constexpr unsigned kFlush = 0x8040;
  unsigned saved_;
#elif defined(__aarch64__)
  FlushDenormals() {
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved_));
    __asm__ volatile("msr fpcr, %0" : : "r"(saved_ | kFlush));
  }
  ~FlushDenormals() { __asm__ volatile("msr fpcr, %0" : : "r"(saved_)); }

 private:
  static constexpr unsigned long kFlush = 1UL << 24;
  unsigned long saved_ = 0;
#else
  FlushDenormals() = default;
#endif
 public:
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
};

int threads_from_environment() {
  const char* text = std::getenv("OMP_NUM_THREADS");
  if (text == nullptr) return 0;
  const long value = std::strtol(text, nullptr, 10);  // "4,2" (nested levels) gives the first
  return value >= 1 && value <= 4096 ? static_cast<int>(value) : 0;
}

int cpus_in_affinity_mask() {
#if defined(__linux__)
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof mask, &mask) == 0) return std::max(1, CPU_COUNT(&mask));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// The CPU quota of the control group, rounded up; 0 where there is none.
int cpus_in_quota() {
#if defined(__linux__)
  std::ifstream v2("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (v2 >> quota >> period) {
    if (quota == "max" || period <= 0) return 0;
    return std::max(1, static_cast<int>(std::strtod(quota.c_str(), nullptr) / period + 0.999));
  }
  std::ifstream v1_quota("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream v1_period("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  double limit = 0;
  if (v1_quota >> limit && v1_period >> period && limit > 0 && period > 0) {
    return std::max(1, static_cast<int>(limit / period + 0.999));
  }
#endif
  return 0;
}

int default_threads() {
  if (!has_openmp()) return 1;
  if (const int wanted = threads_from_environment(); wanted > 0) return wanted;
  const int mask = cpus_in_affinity_mask();
  const int quota = cpus_in_quota();
  return quota > 0 ? std::min(mask, quota) : mask;
}

std::atomic<int>& thread_setting() {
  static std::atomic<int> count{default_threads()};
  return count;
}

// An OpenMP pool does not survive a fork: its threads are gone in the child and waiting for them
// would hang. The child runs its tasks one after another instead, with the same results.
std::atomic<bool> in_forked_child{false};
std::atomic<bool> pool_started{false};

void watch_forks() {
#if defined(__unix__) || defined(__APPLE__)
  static const int registered = pthread_atfork(nullptr, nullptr, [] {
    if (pool_started.load()) in_forked_child.store(true);
  });
  static_cast<void>(registered);
#endif
}

// Consecutive tasks of one thread, on a cache line of their own.
struct alignas(64) Share {
  std::atomic<Index> next;
  Index end;

  Index take() { return next.fetch_add(1, std::memory_order_relaxed); }
};

}  // namespace

void set_num_threads(int count) { thread_setting().store(count); }

int num_threads() {
  if (!has_openmp() || in_forked_child.load()) return 1;
  return thread_setting().load();
}

bool has_openmp() {
#if defined(_OPENMP)
  return true;
#else
  return false;
#endif
}

std::string openmp_runtime() {
#if defined(_OPENMP)
  return "OpenMP " + std::to_string(_OPENMP);
#else
  return "none (serial build)";
#endif
}

namespace detail {

void run_tasks(Index tasks, Index work, TaskFunction function, void* context) {
  const int threads =
      work < kWorthThreads ? 1 : static_cast<int>(std::min<Index>(tasks, num_threads()));
  if (threads <= 1) {
    const FlushDenormals flush;
    for (Index task = 0; task < tasks; ++task) function(context, task, 0);
    return;
  }
  watch_forks();
  pool_started.store(true);
#if defined(_OPENMP)
  // Each thread has a contiguous share, so that from loop to loop and step to step it meets the
  // weights and images that lie in its own cache; a thread that is through takes from the others.
  constexpr int kMostShares = 64;
  const int shares = std::min(threads, kMostShares);
  Share share[kMostShares];
  for (int s = 0; s < shares; ++s) {
    share[s].next.store(tasks * s / shares, std::memory_order_relaxed);
    share[s].end = tasks * (s + 1) / shares;
  }
#pragma omp parallel num_threads(threads)
  {
    const FlushDenormals flush;
    const int thread = omp_get_thread_num();
    for (int s = 0; s < shares; ++s) {
      Share& from = share[(thread + s) % shares];
      for (Index task = from.take(); task < from.end; task = from.take()) {
        function(context, task, thread);
      }
    }
  }
#endif
}

}  // namespace detail
}  // namespace cnnx
