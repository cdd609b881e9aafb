// A network for several Python threads. Calls that only look share it, each with a runner of its
// own; whoever changes it is alone. Nobody waits for either while holding the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "cnnx/network.h"
#include "cnnx/runner.h"

namespace cnnx::bindings {

template <class T>
class SharedNetwork {
 public:
  SharedNetwork(const Description& description, const NetworkOptions& options)
      : network_(description, options) {}

  // For what never changes: shapes, names, the graph.
  const Network<T>& network() const { return network_; }

  // Calls body(runner) for work that changes nothing but needs the weights packed.
  template <class Body>
  void together(Body&& body) {
    const pybind11::gil_scoped_release release;
    for (;;) {
      {
        const std::shared_lock lock(mutex_);
        if (network_.is_packed(Network<T>::Packed::for_inference)) {
          const Borrowed runner(*this);
          body(runner.get());
          return;
        }
      }
      const std::unique_lock lock(mutex_);
      network_.pack(Network<T>::Packed::for_inference);
    }
  }

  // Calls body(runner) with nobody else in the network.
  template <class Body>
  void alone(Body&& body) {
    const pybind11::gil_scoped_release release;
    const std::unique_lock lock(mutex_);
    const Borrowed runner(*this);
    body(runner.get());
  }

  // Calls body() while nobody changes the network.
  template <class Body>
  void reading(Body&& body) const {
    const pybind11::gil_scoped_release release;
    const std::shared_lock lock(mutex_);
    body();
  }

  // Calls body(network) with nobody else in it.
  template <class Body>
  void writing(Body&& body) {
    const pybind11::gil_scoped_release release;
    const std::unique_lock lock(mutex_);
    body(network_);
  }

  // Of all runners that there are by now.
  Index workspace_bytes() const {
    const std::lock_guard lock(runners_mutex_);
    Index bytes = 0;
    for (const auto& runner : runners_) bytes += runner->workspace_bytes();
    return bytes;
  }

 private:
  // A runner for as long as a call takes; one that is idle, or another.
  class Borrowed {
   public:
    explicit Borrowed(SharedNetwork& shared) : shared_(shared) {
      const std::lock_guard lock(shared.runners_mutex_);
      if (shared.idle_.empty()) {
        shared.runners_.push_back(std::make_unique<Runner<T>>(shared.network_));
        shared.idle_.reserve(shared.runners_.size());
        runner_ = shared.runners_.back().get();
      } else {
        runner_ = shared.idle_.back();
        shared.idle_.pop_back();
      }
    }
    ~Borrowed() {
      const std::lock_guard lock(shared_.runners_mutex_);
      shared_.idle_.push_back(runner_);
    }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    Runner<T>& get() const { return *runner_; }

   private:
    SharedNetwork& shared_;
    Runner<T>* runner_;
  };

  Network<T> network_;
  mutable std::shared_mutex mutex_;  // of the network
  mutable std::mutex runners_mutex_;
  std::vector<std::unique_ptr<Runner<T>>> runners_;
  std::vector<Runner<T>*> idle_;
};

}  // namespace cnnx::bindings
