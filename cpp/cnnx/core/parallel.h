// The only user of OpenMP. Work is cut into tasks by shape; threads only decide who runs a task.
#pragma once

#include <memory>
#include <string>
#include <type_traits>

#include "cnnx/core/index.h"

namespace cnnx {

// Threads for the calls to come: an explicit set_num_threads wins, then OMP_NUM_THREADS, then the
// affinity mask and the container's CPU quota.
void set_num_threads(int count);
int num_threads();

bool has_openmp();
std::string openmp_runtime();

// Work (multiply-adds, or as many moved numbers) under which waking other threads costs more than
// it brings.
constexpr Index kWorthThreads = 300000;

namespace detail {

using TaskFunction = void (*)(void* context, Index task, int thread);
void run_tasks(Index tasks, Index work, TaskFunction function, void* context);

}  // namespace detail

// Calls body(task, thread) once for each task in [0, tasks), on up to num_threads() threads; `work`
// is what all tasks cost together. Denormals are flushed to zero while a body runs. Bodies must not
// throw.
template <class Body>
void parallel_for(Index tasks, Index work, Body&& body) {
  using Plain = std::remove_reference_t<Body>;
  detail::run_tasks(
      tasks, work,
      [](void* context, Index task, int thread) { (*static_cast<Plain*>(context))(task, thread); },
      const_cast<std::remove_const_t<Plain>*>(std::addressof(body)));
}

}  // namespace cnnx
