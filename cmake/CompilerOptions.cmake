# What every C++ file is compiled with. There is no -ffast-math and no -march=native: results are to be the same on
# every machine of one instruction set. Products and sums are contracted in the kernels only (InstructionSets.cmake).
if(NOT CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  message(FATAL_ERROR "cnnx needs GCC or Clang (its kernels use their vector extensions); "
                      "received: ${CMAKE_CXX_COMPILER_ID}")
endif()

add_library(cnnx_options INTERFACE)
target_compile_features(cnnx_options INTERFACE cxx_std_20)
target_include_directories(cnnx_options INTERFACE "${PROJECT_SOURCE_DIR}/cpp")
target_compile_options(
  cnnx_options
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wcast-qual
            -Wundef
            $<$<BOOL:${CNNX_WERROR}>:-Werror>
            $<$<CONFIG:Release>:-O2>
            -ffp-contract=off)

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
