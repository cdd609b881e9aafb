// Puts the kernels of one instruction set together. An instruction-set file names its vector size
// and register tiles and exports one table; nothing else leaves it.
#pragma once

#include "cnnx/kernels/average_pool.h"
#include "cnnx/kernels/bilinear.h"
#include "cnnx/kernels/conv/direct.h"
#include "cnnx/kernels/conv/winograd.h"
#include "cnnx/kernels/dense.h"
#include "cnnx/kernels/dropout.h"
#include "cnnx/kernels/element.h"
#include "cnnx/kernels/global_pool.h"
#include "cnnx/kernels/norm.h"
#include "cnnx/kernels/pool.h"
#include "cnnx/kernels/table.h"
#include "cnnx/kernels/update.h"

namespace cnnx {
namespace {

template <class T, int Bytes, class Shapes>
constexpr WinogradKernel<T> kWinograd = Winograd<T, Bytes, Shapes>::kernel();

template <class T, int Bytes, int PairRows, int SingleRows>
constexpr KernelTable<T> make_table() {
  using Shapes = TileShapes<T, Bytes, PairRows, SingleRows>;
  return {.direct = ConvDirect<T, Shapes>::selection(),
          .winograd = &kWinograd<T, Bytes, Shapes>,
          .dense = Dense<T, Shapes>::kernel(),
          .max_pool = MaxPool<T, Bytes>::kernel(),
          .average_pool = AveragePool<T, Bytes>::kernel(),
          .global_pool = GlobalPool<T, Bytes>::kernel(),
          .bilinear = Bilinear<T, Bytes>::kernel(),
          .element = Element<T, Bytes>::kernel(),
          .update = Update<T, Bytes>::kernel(),
          .norm = Norm<T, Bytes>::kernel(),
          .dropout = Dropout<T, Bytes>::kernel()};
}

// Bytes: size of a vector. PairRows: rows of a tile two vectors wide; SingleRows: one vector wide.
template <int Bytes, int PairRows, int SingleRows>
constexpr IsaTables make_tables() {
  return {.f32 = make_table<float, Bytes, PairRows, SingleRows>(),
          .f64 = make_table<double, Bytes, PairRows, SingleRows>()};
}

}  // namespace
}  // namespace cnnx
