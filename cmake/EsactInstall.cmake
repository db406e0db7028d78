# What an integrator gets: the public headers, two libraries, the CMake package, the licence.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/esact)
foreach(name IN ITEMS esact dram)
  install(TARGETS package_${name} EXPORT esact-${name}-targets ARCHIVE FILE_SET HEADERS)
  install(EXPORT esact-${name}-targets NAMESPACE esact:: DESTINATION ${package_dir})
endforeach()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/esact-config.cmake.in ${PROJECT_BINARY_DIR}/esact-config.cmake
                              INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/esact-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/esact-config.cmake ${PROJECT_BINARY_DIR}/esact-config-version.cmake
              ${CMAKE_CURRENT_LIST_DIR}/EsactDependencies.cmake
        DESTINATION ${package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/esact)
