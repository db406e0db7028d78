# Installs BUILD into PREFIX. Fails if a file arrives that is not meant for integrators, one that is does not, or a header
# includes what they need not have.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX} COMMAND_ERROR_IS_FATAL ANY)

set(allowed
    "include/esact/esact\\.h|include/esact_interface/[a-z_]+\\.h|lib[^/]*(/[^/]+)?/libesact\\.a"
    "include/(protocol_checker|transaction_recorder)/[a-z_]+\\.h|include/esact_dram/esact_dram\\.h|include/dram_interface/[a-z_]+\\.h|lib[^/]*(/[^/]+)?/libesact_dram\\.a"
    "lib[^/]*(/[^/]+)?/cmake/esact/[A-Za-z-]+\\.cmake|share/licenses/esact/LICENSE")
list(JOIN allowed "|" allowed)
file(GLOB_RECURSE files RELATIVE ${PREFIX} ${PREFIX}/*)
foreach(file IN LISTS files)
  if(NOT file MATCHES "^(${allowed})$")
    message(SEND_ERROR "${file} is installed but not meant for integrators")
  endif()
  if(file MATCHES "\\.h$")
    file(STRINGS ${PREFIX}/${file} includes REGEX "^#include (\"|<.*(blas|yaml))")
    list(FILTER includes EXCLUDE REGEX "\"(esact_interface|dram_interface|protocol_checker)/")
    if(includes)
      message(SEND_ERROR "${file} reaches beyond the public headers: ${includes}")
    endif()
  endif()
endforeach()
foreach(file IN ITEMS include/esact/esact.h include/esact_interface/registers.h include/esact_dram/esact_dram.h
                      share/licenses/esact/LICENSE)
  if(NOT file IN_LIST files)
    message(SEND_ERROR "${file} is not installed")
  endif()
endforeach()
