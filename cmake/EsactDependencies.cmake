# The packages that the library stands on, for the build and, installed beside esact-config.cmake, for find_package;
# esact_missing names those that were not found. SystemC 2.3.4 of Debian has no CMake package, later ones do; both end
# as SystemC::systemc.
set(esact_missing "")
find_package(PkgConfig QUIET)
if(NOT PKG_CONFIG_FOUND)
  set(esact_missing pkg-config)
  return()
endif()

if(NOT TARGET SystemC::systemc)
  find_package(SystemCLanguage CONFIG QUIET)
endif()
if(NOT TARGET SystemC::systemc)
  pkg_check_modules(systemc QUIET IMPORTED_TARGET GLOBAL systemc)
  if(TARGET PkgConfig::systemc)
    add_library(SystemC::systemc INTERFACE IMPORTED GLOBAL)
    target_link_libraries(SystemC::systemc INTERFACE PkgConfig::systemc)
  else()
    list(APPEND esact_missing SystemC)
  endif()
endif()
