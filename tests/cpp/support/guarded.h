// Arrays that notice who reads or writes beside them: a pattern of NaN stands before and after the
// elements, and behind it, at once or after `slack` bytes, begins memory that nobody may touch.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "cnnx/core/index.h"

namespace cnnx::test {

// Pages with a forbidden one at the end.
class FencedPages {
 public:
  explicit FencedPages(std::size_t bytes) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    usable_ = (bytes + page - 1) / page * page;
    mapped_ = usable_ + page;
    void* mapping =
        ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) throw std::bad_alloc();
    begin_ = static_cast<std::byte*>(mapping);
    if (::mprotect(end(), page, PROT_NONE) != 0) throw std::bad_alloc();
  }
  ~FencedPages() {
    if (begin_ != nullptr) ::munmap(begin_, mapped_);
  }
  FencedPages(FencedPages&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)),
        usable_(other.usable_),
        mapped_(other.mapped_) {}
  FencedPages(const FencedPages&) = delete;
  FencedPages& operator=(const FencedPages&) = delete;
  FencedPages& operator=(FencedPages&&) = delete;

  std::byte* begin() const { return begin_; }
  std::byte* end() const { return begin_ + usable_; }

 private:
  std::byte* begin_ = nullptr;
  std::size_t usable_ = 0, mapped_ = 0;
};

// What an array holds before anybody writes to it, and for ever beside it.
template <class T>
T poison() {
  if constexpr (std::numeric_limits<T>::has_quiet_NaN) {
    return std::numeric_limits<T>::quiet_NaN();
  } else {
    return static_cast<T>(0xA5);
  }
}

template <class T>
class Guarded {
 public:
  Guarded(Index count, Index slack_bytes, Index alignment)
      : count_(static_cast<std::size_t>(count)),
        pages_(count_ * sizeof(T) + static_cast<std::size_t>(slack_bytes + alignment) + kBefore) {
    std::byte* data = pages_.end() - count_ * sizeof(T) - slack_bytes;
    data -= reinterpret_cast<std::uintptr_t>(data) % static_cast<std::uintptr_t>(alignment);
    data_ = reinterpret_cast<T*>(data);
    std::fill(before().begin(), before().end(), poison<T>());
    std::fill_n(data_, count_, poison<T>());
    std::fill(after().begin(), after().end(), poison<T>());
  }

  T* data() { return data_; }
  Index size() const { return static_cast<Index>(count_); }
  std::span<T> values() { return {data_, count_}; }
  std::span<const T> values() const { return {data_, count_}; }
  T& operator[](Index i) { return data_[i]; }

  // True when nothing was written beside the elements.
  bool intact() const {
    const T expected = poison<T>();
    const auto untouched = [&](const T& value) {
      return std::memcmp(&value, &expected, sizeof(T)) == 0;
    };
    return std::ranges::all_of(before(), untouched) && std::ranges::all_of(after(), untouched);
  }

 private:
  static constexpr std::size_t kBefore = 512;  // bytes

  std::span<T> before() const { return {data_ - kBefore / sizeof(T), kBefore / sizeof(T)}; }
  std::span<T> after() const {
    const std::byte* end = reinterpret_cast<const std::byte*>(data_ + count_);
    return {data_ + count_, static_cast<std::size_t>(pages_.end() - end) / sizeof(T)};
  }

  std::size_t count_;
  FencedPages pages_;
  T* data_ = nullptr;
};

// How far kernels may read past some of their inputs (table.h says which), in bytes.
constexpr Index kSlack = 64;

// An input: reading further than `slack_bytes` past its end stops the test. Not aligned.
template <class T>
Guarded<T> guarded_input(const std::vector<T>& values, Index slack_bytes = 0) {
  Guarded<T> array(static_cast<Index>(values.size()), slack_bytes, alignof(T));
  std::copy(values.begin(), values.end(), array.data());
  return array;
}

// An output, not aligned, full of NaN so that an element left out or added to is seen.
template <class T>
Guarded<T> guarded_output(Index count) {
  return {count, 256, alignof(T)};
}

// Scratch and packed weights: aligned as the engine's buffers are, and full of NaN as well.
template <class T>
Guarded<T> guarded_scratch(Index count) {
  return {count, 0, 64};
}

// Rows [first, first + count) of an array whose rows have `size` elements.
template <class T>
std::vector<T> rows_of(const std::vector<T>& values, Index first, Index count, Index size) {
  return {values.begin() + first * size, values.begin() + (first + count) * size};
}

}  // namespace cnnx::test
