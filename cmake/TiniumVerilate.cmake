# SPDX-License-Identifier: Apache-2.0
# Verilated models and the benches that drive them.
#
#   tinium_verilate(NAME <target> TOP <module> SV <.sv and .f files...>
#                   [PREFIX <class>] [PARAMS -GX=Y...] [ARGS <verilator args...>]
#                   [TRACE] [FAST] [UNITS <n>])
#     Static library <target> with the model class V<TOP> (or PREFIX). SV paths and the paths inside
#     `.f` lists are relative to the root of the tree; an SV file beside the calling CMakeLists.txt
#     may be named without its folder. TRACE adds FST waveforms. FAST is for speed: no waveforms,
#     no random values for X; assertions stay on. UNITS splits the generated code into that many
#     compilations (default 1: quickest in total; 2 or more for the largest models).
#     Every model gets the protocol checkers of rtl/checkers that belong to its modules: where
#     tn_x.sv is compiled, so is rtl/checkers/tn_x_checks.sv, which binds them to it.
#
#   tinium_add_bench(NAME <target> TOP <module> SV <files...> CPP <files...>
#                    [PREFIX ..] [PARAMS ..] [VERILATOR_ARGS ..] [UNITS n]
#                    [LIBS ..] [LABELS ..] [TIMEOUT s] [ARGS <test arguments>] [UNTRACED])
#     GoogleTest executable around a traced model (<target>_model), one ctest entry per test case.
#     UNTRACED leaves waveforms out: half the build time of a large model, where a smaller
#     configuration of the same bench has them.
#
#   tinium_add_test(NAME <target> CPP <files...> [LIBS ..] [LABELS ..] [TIMEOUT s] [ARGS ..])
#     The same without a model.
#
#   tinium_add_bench_run(NAME <name> BENCH <target> [LABELS ..] [TIMEOUT s] [ARGS ..])
#     One more ctest entry: the whole executable with other arguments (more cases, another seed).
#
# Verilator runs at build time, through RunVerilator.cmake, not at configure time as in Verilator's
# own CMake package: a syntax error in one block must not stop the others from being configured.

file(STRINGS "${PROJECT_SOURCE_DIR}/scripts/versions.env" TINIUM_VERILATOR_MIN REGEX "^VERILATOR_MIN=")
string(REPLACE "VERILATOR_MIN=" "" TINIUM_VERILATOR_MIN "${TINIUM_VERILATOR_MIN}")

find_program(VERILATOR_PROGRAM verilator)
mark_as_advanced(VERILATOR_PROGRAM)
if(NOT VERILATOR_PROGRAM)
  message(FATAL_ERROR "Verilator: found none, need >= ${TINIUM_VERILATOR_MIN}")
endif()
execute_process(COMMAND "${VERILATOR_PROGRAM}" --version OUTPUT_VARIABLE _tinium_verilator_version
                OUTPUT_STRIP_TRAILING_WHITESPACE)
execute_process(COMMAND "${VERILATOR_PROGRAM}" --getenv VERILATOR_ROOT
                OUTPUT_VARIABLE TINIUM_VERILATOR_ROOT OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT _tinium_verilator_version MATCHES "Verilator ([0-9]+\\.[0-9]+)")
  # Built without its repository it does not know its name; its header does.
  set(_header "${TINIUM_VERILATOR_ROOT}/include/verilated_config.h")
  if(EXISTS "${_header}")
    file(STRINGS "${_header}" _tinium_verilator_version REGEX "define VERILATOR_VERSION ")
  endif()
  if(NOT _tinium_verilator_version MATCHES "\"v?([0-9]+\\.[0-9]+)")
    message(FATAL_ERROR "Verilator: found \"${_tinium_verilator_version}\", need >= ${TINIUM_VERILATOR_MIN}")
  endif()
endif()
set(TINIUM_VERILATOR_VERSION "${CMAKE_MATCH_1}")
if(TINIUM_VERILATOR_VERSION VERSION_LESS TINIUM_VERILATOR_MIN)
  message(FATAL_ERROR "Verilator: found ${TINIUM_VERILATOR_VERSION}, need >= ${TINIUM_VERILATOR_MIN}")
endif()
message(STATUS "Verilator ${TINIUM_VERILATOR_VERSION} (${VERILATOR_PROGRAM})")

set(_TINIUM_VERILATE_DIR "${CMAKE_CURRENT_LIST_DIR}")
set(TINIUM_LINT_WAIVERS "${PROJECT_SOURCE_DIR}/rtl/lint/waivers.vlt")
if(TINIUM_VERILATOR_VERSION VERSION_GREATER 5.040)
  # Rules that older versions do not know by name.
  list(APPEND TINIUM_LINT_WAIVERS "${PROJECT_SOURCE_DIR}/rtl/lint/waivers_5_048.vlt")
endif()

# Verilator's run-time library, compiled once for every model. It is built with tracing on; a model
# without waveforms links to it as well.
set(_tinium_runtime_sources verilated.cpp verilated_threads.cpp)
if(TINIUM_COVERAGE)
  list(APPEND _tinium_runtime_sources verilated_cov.cpp)
else()
  list(APPEND _tinium_runtime_sources verilated_fst_c.cpp)
endif()
list(TRANSFORM _tinium_runtime_sources PREPEND "${TINIUM_VERILATOR_ROOT}/include/")
# A coverage build has a collector of toggles in the place of the waveform writer.
set(_tinium_collector_dir "${PROJECT_SOURCE_DIR}/testbench/coverage/collector")
if(TINIUM_COVERAGE)
  list(APPEND _tinium_runtime_sources "${_tinium_collector_dir}/verilated_fst_c.cpp")
endif()
# It prints through model_print.hpp: what a failed assertion says can become part of an error.
set(_tinium_messages_dir "${PROJECT_SOURCE_DIR}/driver/backends/verilator")
add_library(tinium_verilated STATIC EXCLUDE_FROM_ALL
            ${_tinium_runtime_sources} "${_tinium_messages_dir}/model_messages.cpp")
target_include_directories(tinium_verilated PUBLIC "${_tinium_messages_dir}")
set_source_files_properties(${_tinium_runtime_sources} PROPERTIES COMPILE_OPTIONS
                            "-include;${_tinium_messages_dir}/model_print.hpp")
target_include_directories(tinium_verilated SYSTEM PUBLIC
                           "${TINIUM_VERILATOR_ROOT}/include" "${TINIUM_VERILATOR_ROOT}/include/vltstd")
target_compile_definitions(tinium_verilated PUBLIC
                           VM_COVERAGE=$<BOOL:${TINIUM_COVERAGE}> VM_SC=0
                           VM_TRACE=1 VM_TRACE_FST=1 VM_TRACE_VCD=0)
target_compile_options(tinium_verilated PRIVATE -w)
if(TINIUM_COVERAGE)
  target_include_directories(tinium_verilated SYSTEM BEFORE PUBLIC "${_tinium_collector_dir}")
  target_compile_options(tinium_verilated PRIVATE -fno-profile-arcs -fno-test-coverage)
endif()
if(TINIUM_SANITIZE AND NOT TINIUM_SANITIZE STREQUAL "thread")
  # The FST writer stores words at any address: right on every processor that this builds for.
  target_compile_options(tinium_verilated PRIVATE -fno-sanitize=undefined)
endif()
target_link_libraries(tinium_verilated PUBLIC Threads::Threads ZLIB::ZLIB)
if(EXISTS "${TINIUM_VERILATOR_ROOT}/include/fstcpp")
  target_link_libraries(tinium_verilated PUBLIC lz4)  # waveforms of a newer Verilator
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_link_libraries(tinium_verilated PUBLIC atomic)  # gcc answers is_lock_free() itself
endif()

# Appends the words of `.f` lists and SV files to the list variable <out>, each file once: blocks name the
# cells and packages they need, so that lists overlap, and Verilator refuses a module given twice.
# Files are searched beside the caller and at the root; what is not there is left to Verilator to report.
function(tinium_expand_file_lists out)
  set(result ${${out}})
  foreach(word IN LISTS ARGN)
    if(word MATCHES "^[-+]")
      list(APPEND result "${word}")
      continue()
    endif()
    if(IS_ABSOLUTE "${word}")
      set(path "${word}")
    elseif(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${word}")
      set(path "${CMAKE_CURRENT_SOURCE_DIR}/${word}")
    else()
      set(path "${PROJECT_SOURCE_DIR}/${word}")
    endif()
    if(word MATCHES "\\.f$" AND EXISTS "${path}")
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
      file(STRINGS "${path}" lines)
      list(TRANSFORM lines REPLACE "(//|#).*" "")
      list(JOIN lines " " text)
      separate_arguments(words UNIX_COMMAND "${text}")
      list(FILTER words EXCLUDE REGEX "^-f$")  # a nested list is recognised by its name
      tinium_expand_file_lists(result ${words})
    elseif(NOT path IN_LIST result)
      list(APPEND result "${path}")
    endif()
  endforeach()
  set(${out} "${result}" PARENT_SCOPE)
endfunction()

# Appends to the list variable <out>, of arguments of Verilator, the checkers of the modules in it: the
# files of binds.f that belong to one of them, and the checkers that these name.
function(_tinium_add_checkers out)
  set(all)
  tinium_expand_file_lists(all rtl/checkers/binds.f)
  set(checkers)
  set(binds)
  foreach(path IN LISTS all)
    get_filename_component(name "${path}" NAME)
    string(REGEX REPLACE "_checks\\.sv$" ".sv" checked "${name}")
    set(compiled ${${out}})
    list(FILTER compiled INCLUDE REGEX "/rtl/.*/${checked}$")
    if(compiled)
      list(APPEND binds "${path}")
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
      file(STRINGS "${path}" instances REGEX "^ +tn_[a-z0-9_]+_checker ")
      foreach(instance IN LISTS instances)
        string(REGEX REPLACE "^ +(tn_[a-z0-9_]+_checker) .*$" "rtl/checkers/\\1.sv" checker "${instance}")
        list(APPEND checkers "${checker}")
      endforeach()
    endif()
  endforeach()
  set(result ${${out}})
  if(binds)
    tinium_expand_file_lists(result rtl/checkers/tn_checker_pkg.sv ${checkers} ${binds})
  endif()
  set(${out} "${result}" PARENT_SCOPE)
endfunction()

# A coverage build binds points of functional coverage (testbench/coverage/points.yaml) to the modules
# they look into.
if(TINIUM_COVERAGE)
  set(_tinium_points_dir "${PROJECT_BINARY_DIR}/coverage-points")
  set(_tinium_points_source "${PROJECT_SOURCE_DIR}/testbench/coverage")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
               "${_tinium_points_source}/points.yaml" "${_tinium_points_source}/generate_points.py")
  include(TiniumPython)
  execute_process(COMMAND "${TINIUM_PYTHON}" "${_tinium_points_source}/generate_points.py"
                          "${_tinium_points_dir}"
                  OUTPUT_VARIABLE _tinium_points RESULT_VARIABLE _tinium_points_status)
  if(NOT _tinium_points_status EQUAL 0)
    message(FATAL_ERROR "testbench/coverage/generate_points.py failed")
  endif()
  string(REGEX MATCHALL "[^\n]+" _tinium_points "${_tinium_points}")
endif()

# Appends to the list variable <out>, of arguments of Verilator, the points of the modules in it.
function(_tinium_add_points out)
  set(result ${${out}})
  foreach(path IN LISTS _tinium_points)
    get_filename_component(name "${path}" NAME)
    string(REGEX REPLACE "_points\\.sv$" ".sv" covered "${name}")
    set(compiled ${result})
    list(FILTER compiled INCLUDE REGEX "/rtl/.*/${covered}$")
    if(compiled)
      list(APPEND result "${path}")
    endif()
  endforeach()
  set(${out} "${result}" PARENT_SCOPE)
endfunction()

function(tinium_verilate)
  cmake_parse_arguments(PARSE_ARGV 0 V "TRACE;FAST" "NAME;TOP;PREFIX;UNITS" "SV;PARAMS;ARGS")
  if(V_UNPARSED_ARGUMENTS OR NOT V_NAME OR NOT V_TOP OR NOT V_SV)
    message(FATAL_ERROR "tinium_verilate(${V_NAME}): NAME, TOP and SV are needed; "
                        "not understood: ${V_UNPARSED_ARGUMENTS}")
  endif()
  if(V_TRACE AND V_FAST)
    message(FATAL_ERROR "tinium_verilate(${V_NAME}): TRACE and FAST exclude each other")
  endif()
  if(NOT V_PREFIX)
    set(V_PREFIX "V${V_TOP}")
  endif()
  if(NOT V_UNITS)
    set(V_UNITS 1)
  endif()
  set(mdir "${CMAKE_CURRENT_BINARY_DIR}/${V_NAME}.vlt")

  set(args --cc --assert -Wall --top-module ${V_TOP} --prefix ${V_PREFIX} --Mdir "${mdir}"
           --x-initial unique --no-skip-identical)
  if(V_FAST)
    list(APPEND args -O3 --x-assign fast)
  else()
    list(APPEND args --x-assign unique)
  endif()
  if(TINIUM_COVERAGE AND NOT V_FAST)
    # Toggles come by way of the waveforms, members of structs with their names. A model for speed
    # is left without: a smaller configuration of the same design has them.
    set(V_TRACE TRUE)
    # Unpacked arrays are memories: they do not count.
    list(APPEND args --coverage-line --coverage-user --trace-structs --trace-max-width 4096
                     --trace-max-array 1)
  endif()
  if(V_TRACE)
    list(APPEND args --trace-fst)
  endif()
  if(V_UNITS GREATER 1)
    list(APPEND args --output-split 8000)
  endif()
  list(APPEND args ${V_PARAMS} ${V_ARGS})
  list(APPEND args ${TINIUM_LINT_WAIVERS})
  tinium_expand_file_lists(args ${V_SV})
  _tinium_add_checkers(args)
  if(TINIUM_COVERAGE AND NOT V_FAST)
    _tinium_add_points(args)
  endif()

  # One argument a line; rewritten only when it changes, and then the model is made again.
  list(JOIN args "\n" args_text)
  set(args_file "${mdir}/args.vc")
  file(CONFIGURE OUTPUT "${args_file}" CONTENT "${args_text}\n" @ONLY)

  set(fast_units)
  set(slow_units)
  math(EXPR last "${V_UNITS} - 1")
  foreach(index RANGE ${last})
    list(APPEND fast_units "${mdir}/unit_fast_${index}.cpp")
    list(APPEND slow_units "${mdir}/unit_slow_${index}.cpp")
  endforeach()
  set(units ${fast_units} ${slow_units})
  set_source_files_properties(${units} PROPERTIES SKIP_LINTING ON)

  # The headers are outputs too: what includes them is compiled again in the same build.
  add_custom_command(
    OUTPUT ${units} "${mdir}/${V_PREFIX}.h" "${mdir}/${V_PREFIX}___024root.h"
    COMMAND "${CMAKE_COMMAND}" "-DVERILATOR=${VERILATOR_PROGRAM}" "-DROOT=${PROJECT_SOURCE_DIR}"
            "-DMDIR=${mdir}" "-DPREFIX=${V_PREFIX}" "-DUNITS=${V_UNITS}"
            "-DHIERARCHY=${TINIUM_COVERAGE}"
            -P "${_TINIUM_VERILATE_DIR}/RunVerilator.cmake"
    DEPENDS "${args_file}" "${_TINIUM_VERILATE_DIR}/RunVerilator.cmake"
    DEPFILE "${mdir}/model.d"
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    COMMENT "Verilating ${V_TOP} for ${V_NAME}"
    VERBATIM)

  add_library(${V_NAME} STATIC EXCLUDE_FROM_ALL ${units})
  target_include_directories(${V_NAME} SYSTEM PUBLIC "${mdir}")
  target_link_libraries(${V_NAME} PUBLIC tinium_verilated)
  # Generated code is not ours to warn about. Sanitizers watch our C++, not the model's arithmetic: its
  # ports and memory are on the heap, so that our accesses to them are watched all the same.
  target_compile_options(${V_NAME} PRIVATE -w -fno-stack-protector -fcf-protection=none)
  if(TINIUM_COVERAGE)
    target_compile_options(${V_NAME} PRIVATE -fno-profile-arcs -fno-test-coverage)
  endif()
  if(TINIUM_SANITIZE)
    target_compile_options(${V_NAME} PRIVATE -fno-sanitize=all)
  endif()
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    # Constructors and initial values run once, and waveforms are for failures: spend no time on them.
    set_source_files_properties(${slow_units} PROPERTIES COMPILE_OPTIONS -O0)
  else()
    # Even a debug build simulates optimised RTL; nobody steps through generated code.
    set_source_files_properties(${fast_units} PROPERTIES COMPILE_OPTIONS -O1)
    set_source_files_properties(${slow_units} PROPERTIES COMPILE_OPTIONS -O0)
  endif()
endfunction()

# Registers every test case of an executable with ctest.
function(_tinium_register target)
  cmake_parse_arguments(PARSE_ARGV 1 R "" "TIMEOUT" "LABELS;ARGS")
  if(NOT R_TIMEOUT)
    set(R_TIMEOUT 120)
  endif()
  if(NOT R_LABELS)
    set(R_LABELS unit)
  endif()
  gtest_discover_tests(${target} EXTRA_ARGS ${R_ARGS} TEST_PREFIX "${target}."
                       NO_PRETTY_VALUES TEST_LIST ${target}_cases DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT ${R_TIMEOUT})
  # gtest_discover_tests flattens lists on their way, so several labels are set when ctest reads this.
  set(script "${CMAKE_CURRENT_BINARY_DIR}/${target}_labels.cmake")
  file(CONFIGURE OUTPUT "${script}" @ONLY CONTENT
       "if(@target@_cases)\n  set_tests_properties(\${@target@_cases} PROPERTIES LABELS \"@R_LABELS@\")\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${script}")
endfunction()

function(tinium_add_test)
  cmake_parse_arguments(PARSE_ARGV 0 T "" "NAME;TIMEOUT" "CPP;LIBS;LABELS;ARGS")
  if(T_UNPARSED_ARGUMENTS OR NOT T_NAME OR NOT T_CPP)
    message(FATAL_ERROR "tinium_add_test(${T_NAME}): NAME and CPP are needed; "
                        "not understood: ${T_UNPARSED_ARGUMENTS}")
  endif()
  add_executable(${T_NAME} ${T_CPP})
  set_target_properties(${T_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_link_libraries(${T_NAME} PRIVATE ${T_LIBS} tinium_testbench)
  _tinium_register(${T_NAME} TIMEOUT ${T_TIMEOUT} LABELS ${T_LABELS} ARGS ${T_ARGS})
endfunction()

function(tinium_add_bench)
  cmake_parse_arguments(PARSE_ARGV 0 B "UNTRACED" "NAME;TOP;PREFIX;TIMEOUT;UNITS"
                        "SV;CPP;PARAMS;VERILATOR_ARGS;LIBS;LABELS;ARGS")
  if(B_UNPARSED_ARGUMENTS OR NOT B_NAME OR NOT B_TOP OR NOT B_SV OR NOT B_CPP)
    message(FATAL_ERROR "tinium_add_bench(${B_NAME}): NAME, TOP, SV and CPP are needed; "
                        "not understood: ${B_UNPARSED_ARGUMENTS}")
  endif()
  set(trace TRACE)
  if(B_UNTRACED)
    set(trace)
  endif()
  tinium_verilate(NAME ${B_NAME}_model TOP ${B_TOP} PREFIX ${B_PREFIX} SV ${B_SV}
                  PARAMS ${B_PARAMS} ARGS ${B_VERILATOR_ARGS} UNITS ${B_UNITS} ${trace})
  tinium_add_test(NAME ${B_NAME} CPP ${B_CPP} LIBS ${B_NAME}_model ${B_LIBS}
                  LABELS ${B_LABELS} TIMEOUT ${B_TIMEOUT} ARGS ${B_ARGS})
endfunction()

function(tinium_add_bench_run)
  cmake_parse_arguments(PARSE_ARGV 0 R "" "NAME;BENCH;TIMEOUT" "LABELS;ARGS")
  if(R_UNPARSED_ARGUMENTS OR NOT R_NAME OR NOT R_BENCH)
    message(FATAL_ERROR "tinium_add_bench_run(${R_NAME}): NAME and BENCH are needed; "
                        "not understood: ${R_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT R_TIMEOUT)
    set(R_TIMEOUT 600)
  endif()
  if(NOT R_LABELS)
    set(R_LABELS slow)
  endif()
  add_test(NAME ${R_NAME} COMMAND ${R_BENCH} ${R_ARGS})
  set_tests_properties(${R_NAME} PROPERTIES TIMEOUT ${R_TIMEOUT} LABELS "${R_LABELS}")
endfunction()
