# esact_warnings(TARGET): the project's warnings.
function(esact_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic $<$<BOOL:${ESACT_WARNINGS_AS_ERRORS}>:-Werror>)
endfunction()

# esact_module(NAME SOURCES file... [DEPENDS module...] [LIBRARIES target...])
# One block, one folder: the object library esact_NAME, whose headers are included as "NAME/header.h".
function(esact_module name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_library(esact_${name} STATIC ${arg_SOURCES})
  target_include_directories(esact_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/modules>)
  list(TRANSFORM arg_DEPENDS PREPEND esact_)
  target_link_libraries(esact_${name} PUBLIC ${arg_DEPENDS} ${arg_LIBRARIES})
  esact_warnings(esact_${name})
endfunction()

# esact_testbench(NAME SOURCES file... DEPENDS module... [LIBRARIES target...])
# A Catch2 program; every TEST_CASE runs as a ctest test, and so as one elaboration, of its own.
function(esact_testbench name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_executable(${name}_testbench ${arg_SOURCES})
  list(TRANSFORM arg_DEPENDS PREPEND esact_)
  target_link_libraries(${name}_testbench PRIVATE esact_testbench_support ${arg_DEPENDS} ${arg_LIBRARIES})
  target_compile_definitions(${name}_testbench PRIVATE ESACT_TEST_DATA="${PROJECT_SOURCE_DIR}/testbenches/data")
  esact_warnings(${name}_testbench)
  catch_discover_tests(${name}_testbench TEST_PREFIX "${name}: " PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)
endfunction()
