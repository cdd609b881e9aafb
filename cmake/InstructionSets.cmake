# The only place with instruction-set flags.
#
# Each kernels/isa_<name>.cpp is compiled with the flags of its row and defines one symbol, its table. The row also
# says on which processors the file makes sense; elsewhere it is left out. dispatch.cpp is told which tables exist by
# CNNX_HAVE_<NAME>. To add an instruction set: one row here, one file, one entry in dispatch.cpp
# (docs/how-to/add-an-instruction-set.md).

# Processor family the build is for: x86_64, arm64, or "other" (also a macOS build for several at once, which gets the
# tables that every processor can run).
function(cnnx_target_processor output)
  set(processor "${CMAKE_SYSTEM_PROCESSOR}")
  if(APPLE AND CMAKE_OSX_ARCHITECTURES)
    set(processor "${CMAKE_OSX_ARCHITECTURES}")
  endif()
  if(processor MATCHES "^(x86_64|AMD64|amd64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
    set(${output} x86_64 PARENT_SCOPE)
  elseif(processor MATCHES "^(arm64|aarch64|ARM64)$")
    set(${output} arm64 PARENT_SCOPE)
  else()
    set(${output} other PARENT_SCOPE)
  endif()
endfunction()

# Adds kernels/isa_<name>.cpp to `target` when its processor is the one the build is for ("any": always).
function(cnnx_instruction_set target folder name processor)
  cnnx_target_processor(built_for)
  if(NOT processor STREQUAL "any" AND NOT processor STREQUAL built_for)
    return()
  endif()
  # Options of a source file come after those of cnnx_options, so they win.
  # -fno-lto: link-time optimisation could move code that needs a newer processor into code that all processors run.
  # -fno-math-errno, -fno-trapping-math: change no result; without them selects and square roots do not vectorise.
  # -Wno-psabi: vectors are passed by value inside one file only.
  set(options ${ARGN} $<$<CONFIG:Release>:-O3> -fno-lto -fno-math-errno -fno-trapping-math -Wno-psabi)
  if(NOT name STREQUAL "reference") # the oracle rounds after every operation, as it is written
    list(APPEND options -ffp-contract=fast)
  endif()
  set_source_files_properties("${folder}/isa_${name}.cpp" PROPERTIES COMPILE_OPTIONS "${options}")
  set(object_library cnnx_isa_${name})
  add_library(${object_library} OBJECT "${folder}/isa_${name}.cpp")
  target_link_libraries(${object_library} PRIVATE cnnx_options)
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:${object_library}>)
  string(TOUPPER "${name}" upper)
  set_property(SOURCE "${folder}/dispatch.cpp" APPEND PROPERTY COMPILE_DEFINITIONS CNNX_HAVE_${upper})
  set_property(GLOBAL APPEND PROPERTY CNNX_ISA_LIBRARIES ${object_library})
endfunction()

function(cnnx_add_instruction_sets target folder)
  # name, processor, flags
  cnnx_instruction_set(${target} "${folder}" reference any)
  cnnx_instruction_set(${target} "${folder}" baseline any)
  cnnx_instruction_set(${target} "${folder}" avx2 x86_64 -mavx2 -mfma)
  cnnx_instruction_set(${target} "${folder}" avx512 x86_64 -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma
                       -mprefer-vector-width=512)
  cnnx_instruction_set(${target} "${folder}" neon arm64)
endfunction()
