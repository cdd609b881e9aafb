// A block of aligned memory with one owner: the only place where the engine allocates numbers.
#pragma once

#include <atomic>
#include <cstring>
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
    size_ = 0;
    if (size == 0) return;
    const std::size_t bytes = to_size(size) * sizeof(T) + kSlack;
    storage_.reset(static_cast<T*>(::operator new(bytes, std::align_val_t{kAlignment})));
    allocation_counter().fetch_add(1, std::memory_order_relaxed);
    std::memset(static_cast<void*>(storage_.get()), 0, bytes);
    size_ = size;
  }

  // Grows when `size` does not fit, never shrinks.
  void reserve(Index size) {
    if (size > size_) resize(size);
  }

  T* data() { return storage_.get(); }
  const T* data() const { return storage_.get(); }
  Index size() const { return size_; }
  Index bytes() const { return size_ * static_cast<Index>(sizeof(T)); }
  T& operator[](Index i) { return storage_.get()[i]; }
  const T& operator[](Index i) const { return storage_.get()[i]; }

 private:
  struct Free {
    void operator()(T* pointer) const { ::operator delete(pointer, std::align_val_t{kAlignment}); }
  };
  std::unique_ptr<T, Free> storage_;
  Index size_ = 0;
};

}  // namespace cnnx
