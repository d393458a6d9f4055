# SPDX-License-Identifier: Apache-2.0
# Build step of tinium_verilate: runs Verilator with the arguments in MDIR/args.vc and gathers the
# generated files, whose names cannot be known before, into UNITS compilations of about equal size
# (unit_fast_<i>.cpp) and one for the code that runs once (unit_slow_0.cpp). Writes MDIR/model.d, so
# that a change of any SystemVerilog file read runs it again.
# In: VERILATOR, ROOT (working folder), MDIR, PREFIX, UNITS.
cmake_minimum_required(VERSION 3.25)

# Names carry a hash of their content: those of the last run must not join this one.
file(GLOB stale "${MDIR}/${PREFIX}*.cpp" "${MDIR}/${PREFIX}*.h")
if(stale)
  file(REMOVE ${stale})
endif()

execute_process(COMMAND "${VERILATOR}" -f "${MDIR}/args.vc" WORKING_DIRECTORY "${ROOT}"
                RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "Verilator failed; to run it again: "
                      "cd ${ROOT} && ${VERILATOR} -f ${MDIR}/args.vc")
endif()

file(GLOB generated "${MDIR}/${PREFIX}*.cpp")
set(slow_text "")
set(ranked)
foreach(file IN LISTS generated)
  get_filename_component(name "${file}" NAME)
  if(name MATCHES "__Slow\\.cpp$|__Syms\\.cpp$")
    string(APPEND slow_text "#include \"${name}\"\n")
  else()
    file(SIZE "${file}" size)
    string(LENGTH "${size}" digits)
    math(EXPR pad "12 - ${digits}")
    string(REPEAT "0" ${pad} zeros)
    list(APPEND ranked "${zeros}${size}:${name}")
  endif()
endforeach()
list(SORT ranked ORDER DESCENDING)

math(EXPR last "${UNITS} - 1")
foreach(index RANGE ${last})
  set(text_${index} "")
  set(load_${index} 0)
endforeach()
foreach(entry IN LISTS ranked)
  string(REGEX MATCH "^0*([0-9]+):(.*)$" _ "${entry}")
  set(size ${CMAKE_MATCH_1})
  set(name ${CMAKE_MATCH_2})
  set(best 0)
  foreach(index RANGE ${last})
    if(load_${index} LESS load_${best})
      set(best ${index})
    endif()
  endforeach()
  string(APPEND text_${best} "#include \"${name}\"\n")
  math(EXPR load_${best} "${load_${best}} + ${size}")
endforeach()
foreach(index RANGE ${last})
  file(WRITE "${MDIR}/unit_fast_${index}.cpp" "${text_${index}}")
endforeach()
file(WRITE "${MDIR}/unit_slow_0.cpp" "${slow_text}")

# "<outputs> : <inputs>" of Verilator becomes "unit_fast_0.cpp: <inputs>" with absolute paths.
file(READ "${MDIR}/${PREFIX}__ver.d" text)
string(REGEX REPLACE "^.* : " "" text "${text}")
string(REGEX MATCHALL "[^ \n\\]+" inputs "${text}")
set(rule "${MDIR}/unit_fast_0.cpp:")
foreach(input IN LISTS inputs)
  get_filename_component(path "${input}" ABSOLUTE BASE_DIR "${ROOT}")
  if(EXISTS "${path}")
    string(APPEND rule " \\\n  ${path}")
  endif()
endforeach()
file(WRITE "${MDIR}/model.d" "${rule}\n")
