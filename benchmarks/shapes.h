// Shapes that the benchmark of the kernels measures.
#pragma once

#include "cnnx/kernels/table.h"

namespace cnnx::benchmarks {

// A convolution of square maps.
struct ConvShape {
  const char* name;
  Index in, out, size, kernel, padding;
  Index images;  // as many as a slice of a network has
  Index stride = 1, groups = 1;

  ConvGeometry geometry() const {
    const Index out_size = (size + 2 * padding - kernel) / stride + 1;
    return {.in_channels = in,
            .in_height = size,
            .in_width = size,
            .out_channels = out,
            .out_height = out_size,
            .out_width = out_size,
            .kernel_height = kernel,
            .kernel_width = kernel,
            .stride_height = stride,
            .stride_width = stride,
            .pad_top = padding,
            .pad_left = padding,
            .groups = groups};
  }
};

constexpr ConvShape kConvs[] = {
    {"3x3 32->64 @14", 32, 64, 14, 3, 1, 4},
    {"3x3 64->64 @32", 64, 64, 32, 3, 1, 4},
    {"3x3 128->128 @16", 128, 128, 16, 3, 1, 4},
    {"3x3 256->256 @8", 256, 256, 8, 3, 1, 8},
    {"3x3 1->32 @28", 1, 32, 28, 3, 1, 4},
    {"3x3 3->16 @32", 3, 16, 32, 3, 1, 8},
    {"3x3 3->64 @32", 3, 64, 32, 3, 1, 4},
    {"3x3 13->29 @15", 13, 29, 15, 3, 1, 8},
    {"5x5 1->6 @28", 1, 6, 28, 5, 2, 8},
    {"5x5 1->20 @28 valid", 1, 20, 28, 5, 0, 8},
    {"5x5 6->16 @14 valid", 6, 16, 14, 5, 0, 8},
    {"5x5 32->64 @14", 32, 64, 14, 5, 2, 8},
    {"7x7 1->16 @28", 1, 16, 28, 7, 3, 8},
    {"7x7 11->9 @17", 11, 9, 17, 7, 3, 8},
    // strides
    {"3x3 3->32 @32 /2", 3, 32, 32, 3, 1, 8, 2},
    {"3x3 16->32 @32 /2", 16, 32, 32, 3, 1, 4, 2},
    {"3x3 32->64 @16 /2", 32, 64, 16, 3, 1, 8, 2},
    {"7x7 3->64 @64 /2", 3, 64, 64, 7, 3, 1, 2},
    {"5x5 5->7 @31 /2", 5, 7, 31, 5, 2, 8, 2},
    {"1x1 16->32 @32 /2", 16, 32, 32, 1, 0, 4, 2},
    // single pixels
    {"1x1 24->144 @28", 24, 144, 28, 1, 0, 1},
    {"1x1 144->24 @28", 144, 24, 28, 1, 0, 1},
    {"1x1 32->64 @32", 32, 64, 32, 1, 0, 2},
    {"1x1 64->128 @16", 64, 128, 16, 1, 0, 4},
    {"1x1 256->64 @8", 256, 64, 8, 1, 0, 8},
    // groups
    {"3x3 128 @8, 32 groups", 128, 128, 8, 3, 1, 8, 1, 32},
    {"3x3 48->96 @13, 3 grps", 48, 96, 13, 3, 1, 6, 1, 3},
    {"1x1 116 @14, 4 groups", 116, 116, 14, 1, 0, 2, 1, 4},
    {"3x3 depthwise 32 @32", 32, 32, 32, 3, 1, 2, 1, 32},
    {"3x3 depthwise 64 @32 /2", 64, 64, 32, 3, 1, 2, 2, 64},
    {"3x3 depthwise 128 @16", 128, 128, 16, 3, 1, 2, 1, 128},
    {"3x3 depthwise 256 @8", 256, 256, 8, 3, 1, 4, 1, 256},
    {"5x5 depthwise 96 @14", 96, 96, 14, 5, 2, 4, 1, 96},
    {"5x5 depthwise 72 @28 /2", 72, 72, 28, 5, 2, 2, 2, 72},
    {"3x3 8->16 @28, 8 groups", 8, 16, 28, 3, 1, 8, 1, 8},
};

struct PoolShape {
  const char* name;
  Index channels, size, window, stride, padding, images;

  PoolGeometry geometry() const {
    const Index out = (size + 2 * padding - window) / stride + 1;
    return {.channels = channels,
            .in_height = size,
            .in_width = size,
            .out_height = out,
            .out_width = out,
            .window_height = window,
            .window_width = window,
            .stride_height = stride,
            .stride_width = stride,
            .pad_top = padding,
            .pad_left = padding};
  }
};

constexpr PoolShape kPools[] = {
    {"2x2 32 @28", 32, 28, 2, 2, 0, 4},    {"3x3 64 @32 /2", 64, 32, 3, 2, 1, 1},
    {"3x3 64 @27 /2", 64, 27, 3, 2, 0, 2}, {"3x3 16 @24", 16, 24, 3, 3, 0, 8},
    {"3x3 48 @15 /1", 48, 15, 3, 1, 1, 4}, {"4x4 6 @28", 6, 28, 4, 4, 0, 8},
    {"5x5 13 @21 /2", 13, 21, 5, 2, 2, 8},
};

struct DenseShape {
  Index rows, inputs, outputs;
};

constexpr DenseShape kDenses[] = {
    {64, 3136, 128}, {16, 3136, 128}, {128, 4096, 256},
    {64, 400, 120},  {64, 120, 84},   {64, 128, 10},
};

}  // namespace cnnx::benchmarks
