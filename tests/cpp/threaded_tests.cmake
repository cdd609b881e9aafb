# Read by ctest after the list of tests: those with "threads" in their name ask for several, and get the processors to
# themselves. Small parallel regions crawl where threads have to take turns.
foreach(test IN LISTS cnnx_tests_TESTS)
  if(test MATCHES "threads")
    set_tests_properties("${test}" PROPERTIES PROCESSORS 2)
  endif()
endforeach()
