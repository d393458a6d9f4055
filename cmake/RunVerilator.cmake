# SPDX-License-Identifier: Apache-2.0
# Build step of tinium_verilate: runs Verilator with the arguments in MDIR/args.vc and gathers the
# generated files, whose names cannot be known before, into UNITS compilations of about equal size
# (unit_fast_<i>.cpp), and as many for the code that runs once or only writes waveforms
# (unit_slow_<i>.cpp). Writes MDIR/model.d, so that a change of any SystemVerilog file read runs it again.
# HIERARCHY asks for MDIR/model.xml as well: which module each instance is, for the coverage report.
# In: VERILATOR, ROOT (working folder), MDIR, PREFIX, UNITS, HIERARCHY.
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

if(HIERARCHY)
  execute_process(COMMAND "${VERILATOR}" -f "${MDIR}/args.vc" --xml-only --xml-output "${MDIR}/model.xml"
                  WORKING_DIRECTORY "${ROOT}" RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "Verilator wrote no ${MDIR}/model.xml")
  endif()
endif()

# Writes MDIR/unit_<kind>_<0..UNITS-1>.cpp, each including some of the files, largest first to the unit with the
# least so far. Arguments after the kind: names of generated files.
function(write_units kind)
  set(ranked)
  foreach(name IN LISTS ARGN)
    file(SIZE "${MDIR}/${name}" size)
    string(LENGTH "${size}" digits)
    math(EXPR pad "12 - ${digits}")
    string(REPEAT "0" ${pad} zeros)
    list(APPEND ranked "${zeros}${size}:${name}")
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
    file(WRITE "${MDIR}/unit_${kind}_${index}.cpp" "${text_${index}}")
  endforeach()
endfunction()

file(GLOB generated RELATIVE "${MDIR}" "${MDIR}/${PREFIX}*.cpp")
set(slow ${generated})
list(FILTER slow INCLUDE REGEX "__Slow\\.cpp$|__Syms\\.cpp$|__Trace__[0-9]+\\.cpp$")
set(fast ${generated})
list(REMOVE_ITEM fast ${slow})
write_units(fast ${fast})
write_units(slow ${slow})

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
