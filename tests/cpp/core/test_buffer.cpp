#include "cnnx/core/buffer.h"

#include <doctest/doctest.h>

#include <cstdint>

namespace cnnx::test {

TEST_CASE_TEMPLATE("buffer: memory is aligned and zero", T, float, double, std::uint8_t) {
  for (const Index size : {1, 3, 64, 1000}) {
    const Buffer<T> buffer(size);
    REQUIRE(buffer.size() == size);
    CHECK(buffer.bytes() == size * static_cast<Index>(sizeof(T)));
    CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64 == 0);
    bool zero = true;
    for (Index i = 0; i < size; ++i) zero = zero && buffer[i] == T{0};
    CHECK(zero);
  }
}

TEST_CASE("buffer: resize clears, reserve grows only") {
  Buffer<float> buffer(10);
  buffer[9] = 1;
  const float* before = buffer.data();
  buffer.reserve(5);
  buffer.reserve(10);
  CHECK(buffer.size() == 10);
  CHECK(buffer.data() == before);
  CHECK(buffer[9] == 1);
  buffer.reserve(11);
  CHECK(buffer.size() == 11);
  CHECK(buffer[9] == 0);
  buffer[9] = 1;
  buffer.resize(10);
  CHECK(buffer.size() == 10);
  CHECK(buffer[9] == 0);
}

TEST_CASE("buffer: an empty one holds no memory, a moved one no more") {
  Buffer<double> buffer;
  CHECK(buffer.size() == 0);
  CHECK(buffer.data() == nullptr);
  buffer.resize(4);
  buffer[2] = 5;
  const Buffer<double> other = std::move(buffer);
  CHECK(other[2] == 5);
  buffer = Buffer<double>();
  buffer.resize(0);
  CHECK(buffer.data() == nullptr);
}

TEST_CASE("buffer: every allocation is counted") {
  const Index before = allocation_counter();
  Buffer<float> buffer(8);
  CHECK(allocation_counter() == before + 1);
  buffer.reserve(4);
  buffer.resize(0);
  CHECK(allocation_counter() == before + 1);
  buffer.resize(4);
  CHECK(allocation_counter() == before + 2);
}

}  // namespace cnnx::test
