# The packages ESACT stands on. SystemC 2.3.4 of Debian has no CMake package, later ones do; both end as SystemC::systemc.
find_package(PkgConfig REQUIRED)

find_package(SystemCLanguage CONFIG QUIET)
set(systemc_target SystemC::systemc)
if(NOT TARGET SystemC::systemc)
  pkg_check_modules(systemc REQUIRED IMPORTED_TARGET systemc)
  add_library(SystemC::systemc ALIAS PkgConfig::systemc)
  set(systemc_target PkgConfig::systemc) # try_compile knows no aliases
endif()

include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES ${systemc_target})
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

pkg_check_modules(openblas REQUIRED IMPORTED_TARGET openblas)
