// The program of all C++ tests; ctest runs each test case in a process of its own.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
