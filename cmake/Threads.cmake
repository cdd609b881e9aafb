# OpenMP is optional and is seen by one source file: without it that file runs every loop serially.
function(cnnx_use_openmp target source)
  if(CNNX_OPENMP STREQUAL "OFF")
    message(STATUS "cnnx: OpenMP off, serial build")
    return()
  elseif(CNNX_OPENMP STREQUAL "ON")
    find_package(OpenMP REQUIRED COMPONENTS CXX)
  elseif(CNNX_OPENMP STREQUAL "AUTO")
    find_package(OpenMP COMPONENTS CXX)
  else()
    message(FATAL_ERROR "CNNX_OPENMP must be AUTO, ON or OFF; received: ${CNNX_OPENMP}")
  endif()
  if(NOT OpenMP_CXX_FOUND)
    message(STATUS "cnnx: OpenMP not found, serial build")
    return()
  endif()

  separate_arguments(flags NATIVE_COMMAND "${OpenMP_CXX_FLAGS}")
  set_source_files_properties(
    "${source}" PROPERTIES COMPILE_OPTIONS "${flags}" INCLUDE_DIRECTORIES "${OpenMP_CXX_INCLUDE_DIRS}"
                           COMPILE_DEFINITIONS CNNX_HAS_OPENMP)
  target_link_libraries(${target} PUBLIC ${OpenMP_CXX_LIBRARIES})
endfunction()
