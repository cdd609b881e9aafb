// A block of aligned memory with one owner: the only place where the engine allocates numbers.
#pragma once

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include "cnnx/core/index.h"

namespace cnnx {

// Counts every allocation, so that a test can show that a training step makes none.
std::atomic<Index>& allocation_counter();

template <class T>
class Buffer {
 public:
  static constexpr std::size_t kAlignment = 64;
  static constexpr std::size_t kSlack = 64;  // bytes behind the end that a vector may read

  Buffer() = default;
  explicit Buffer(Index size) { resize(size); }

  // Makes room for `size` elements, all zero bytes; the old contents are gone.
  void resize(Index size) {
    storage_.reset();
    data_ = nullptr;
    size_ = 0;
    if (size == 0) return;
    const std::size_t bytes = to_size(size) * sizeof(T) + kSlack;
    // Large blocks of calloc are zero without being touched: memory that nobody uses costs none.
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc)
    storage_.reset(std::calloc(bytes + kAlignment, 1));
    if (storage_ == nullptr) throw std::bad_alloc();
    allocation_counter().fetch_add(1, std::memory_order_relaxed);
    void* start = storage_.get();
    std::size_t room = bytes + kAlignment;
    data_ = static_cast<T*>(std::align(kAlignment, bytes, start, room));
    size_ = size;
  }

  // Grows when `size` does not fit, never shrinks.
  void reserve(Index size) {
    if (size > size_) resize(size);
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  Index size() const { return size_; }
  Index bytes() const { return size_ * static_cast<Index>(sizeof(T)); }
  T& operator[](Index i) { return data_[i]; }
  const T& operator[](Index i) const { return data_[i]; }

 private:
  struct Free {
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc)
    void operator()(void* pointer) const { std::free(pointer); }
  };
  std::unique_ptr<void, Free> storage_;
  T* data_ = nullptr;  // within it, aligned
  Index size_ = 0;
};

}  // namespace cnnx
