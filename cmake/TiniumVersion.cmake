# SPDX-License-Identifier: Apache-2.0
# <build>/generated/tinium/version.hpp: the release and the commit that this build folder was
# configured from. Include it as "tinium/version.hpp" after linking tinium_version.

set(TINIUM_GIT_HASH "unknown")
find_package(Git QUIET)
if(Git_FOUND)
  execute_process(COMMAND "${GIT_EXECUTABLE}" rev-parse --short=8 HEAD
                  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE _tinium_hash
                  RESULT_VARIABLE _tinium_status OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(_tinium_status EQUAL 0)
    set(TINIUM_GIT_HASH "${_tinium_hash}")
  endif()
endif()

set(TINIUM_GENERATED_DIR "${PROJECT_BINARY_DIR}/generated")
configure_file("${CMAKE_CURRENT_LIST_DIR}/version.hpp.in"
               "${TINIUM_GENERATED_DIR}/tinium/version.hpp" @ONLY)
add_library(tinium_version INTERFACE)
target_include_directories(tinium_version INTERFACE "${TINIUM_GENERATED_DIR}")
