# A SystemC built for another C++ standard fails at link time only, in words that nobody understands.
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES SystemC::systemc)
set(CMAKE_REQUIRED_FLAGS -std=c++17)
check_cxx_source_compiles(
  "#include <systemc>
   #include <tlm>
   int sc_main(int, char**) { sc_core::sc_start(); return 0; }"
  ESACT_SYSTEMC_LINKS)
unset(CMAKE_REQUIRED_LIBRARIES)
unset(CMAKE_REQUIRED_FLAGS)
if(NOT ESACT_SYSTEMC_LINKS)
  message(FATAL_ERROR "SystemC was found but a C++17 program does not link against it. "
                      "Debian's libsystemc-dev is built for C++17; a SystemC of your own must be too.")
endif()
