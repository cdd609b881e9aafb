#include "cnnx/core/parallel.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <limits>
#include <vector>

#include "support/threads.h"

namespace cnnx::test {
namespace {

constexpr Index kMuch = 100 * kWorthThreads;

// A denormal that only exists while denormals are not flushed; volatile keeps it at run time.
bool denormals_live() {
  volatile float least = std::numeric_limits<float>::min();
  volatile float half = least / 2;
  return half > 0;
}

// A few sums whose result does not depend on who makes them.
double summed(Index tasks) {
  std::vector<double> parts(static_cast<std::size_t>(tasks));
  parallel_for(tasks, kMuch, [&](Index task, int) {
    parts[static_cast<std::size_t>(task)] = 1.0 / static_cast<double>(task + 1);
  });
  double sum = 0;
  for (const double part : parts) sum += part;
  return sum;
}

}  // namespace

TEST_CASE("parallel: every task runs once, on a thread of the range") {
  for (const int threads : {1, 2, 3, 5, 8}) {
    CAPTURE(threads);
    const Threads set(threads);
    for (const Index tasks : {0, 1, 2, 7, 100}) {
      for (const Index work : {Index{0}, kWorthThreads - 1, kWorthThreads, kMuch}) {
        CAPTURE(tasks);
        CAPTURE(work);
        std::vector<std::atomic<int>> runs(static_cast<std::size_t>(tasks));
        std::atomic<bool> in_range{true};
        parallel_for(tasks, work, [&](Index task, int thread) {
          runs[static_cast<std::size_t>(task)].fetch_add(1);
          const int most = work < kWorthThreads ? 1 : num_threads();
          if (thread < 0 || thread >= most || thread >= tasks) in_range = false;
        });
        bool once = true;
        for (const auto& count : runs) once = once && count == 1;
        CHECK(once);
        CHECK(in_range);
      }
    }
  }
}

TEST_CASE("parallel: one thread is one worker's number at a time") {
  const Threads set(4);
  std::vector<std::atomic<int>> inside(4);
  std::atomic<bool> alone{true};
  parallel_for(200, kMuch, [&](Index, int thread) {
    auto& here = inside[static_cast<std::size_t>(thread)];
    if (here.fetch_add(1) != 0) alone = false;
    volatile int spin = 0;
    while (spin < 2000) spin = spin + 1;
    here.fetch_sub(1);
  });
  CHECK(alone);
}

TEST_CASE("parallel: a few tasks run in order on the caller") {
  const Threads set(4);
  std::vector<Index> order;
  parallel_for(20, kWorthThreads - 1, [&](Index task, int) { order.push_back(task); });
  REQUIRE(order.size() == 20);
  for (Index i = 0; i < 20; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("parallel: the number of threads is what was set") {
  const Threads set(3);
  CHECK(num_threads() == (has_openmp() ? 3 : 1));
  set_num_threads(2);
  CHECK(num_threads() == (has_openmp() ? 2 : 1));
  CHECK(openmp_runtime().empty() == false);
}

#if defined(__x86_64__) || defined(__aarch64__)
TEST_CASE("parallel: denormals are flushed within a body and nowhere else") {
  REQUIRE(denormals_live());
  for (const int threads : {1, 3}) {
    const Threads set(threads);
    std::atomic<int> alive{0};
    parallel_for(50, kMuch, [&](Index, int) { alive += denormals_live(); });
    CHECK(alive == 0);
    CHECK(denormals_live());
  }
}
#endif

TEST_CASE("parallel: a forked child continues without hanging, with the same results") {
  const Threads set(3);
  const double expected = summed(50);  // starts the pool
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(20);  // a hang ends in a signal
    ::_exit(summed(50) == expected ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(summed(50) == expected);
}

}  // namespace cnnx::test
