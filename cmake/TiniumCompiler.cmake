# SPDX-License-Identifier: Apache-2.0
# Language level, warnings, sanitizers, coverage, ccache and output folders for every target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O1 -g1")

# A contracted multiply-add rounds once instead of twice: results would depend on the host's
# processor, and every backend must give the same bits.
add_compile_options(-ffp-contract=off)

add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wall> $<$<COMPILE_LANGUAGE:CXX>:-Wextra>
                    $<$<COMPILE_LANGUAGE:CXX>:-Wshadow>)
if(TINIUM_WERROR)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()

if(TINIUM_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(TINIUM_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()

# Everything counts its branches for libFuzzer; the targets in testbench/host/libfuzzer have its main().
if(TINIUM_LIBFUZZER)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "TINIUM_LIBFUZZER needs clang, not ${CMAKE_CXX_COMPILER_ID}: use the preset libfuzzer")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(TINIUM_COVERAGE)
  # Not --coverage, which a target could not take back: models and benches are not what is measured.
  add_compile_options(-fprofile-arcs -ftest-coverage)
  add_link_options(--coverage)
endif()

if(TINIUM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(TINIUM_CCACHE_PROGRAM ccache)
  mark_as_advanced(TINIUM_CCACHE_PROGRAM)
  if(TINIUM_CCACHE_PROGRAM)
    # Paths below the build folder are hashed relative to it, so that two build folders of one
    # source tree share what they compile: most of it is generated code with the same content.
    set(_tinium_launcher "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${PROJECT_BINARY_DIR}"
                         CCACHE_NOHASHDIR=1 "${TINIUM_CCACHE_PROGRAM}")
    set(CMAKE_CXX_COMPILER_LAUNCHER ${_tinium_launcher})
    set(CMAKE_C_COMPILER_LAUNCHER ${_tinium_launcher})
  endif()
endif()

# Editors look for compile_commands.json at the root of the tree. A build folder outside the tree
# leaves it alone.
string(FIND "${PROJECT_BINARY_DIR}" "${PROJECT_SOURCE_DIR}/" _tinium_inside)
if(_tinium_inside EQUAL 0)
  file(CREATE_LINK "${PROJECT_BINARY_DIR}/compile_commands.json"
       "${PROJECT_SOURCE_DIR}/compile_commands.json" COPY_ON_ERROR SYMBOLIC)
endif()
