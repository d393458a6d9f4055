# SPDX-License-Identifier: Apache-2.0
# cmake -DBUILD= -DDEVICES= -DGENERATOR= -DCXX= -DFLAGS= -DCONSUMER= -DPLACE= -P install_test.cmake
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " line)
    message(FATAL_ERROR "${line}\nstatus ${status}\n${text}")
  endif()
  set(text "${text}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${PLACE}")
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${PLACE}/moved/from" --component tinium)
# The package may be moved after it was installed.
file(RENAME "${PLACE}/moved/from" "${PLACE}/prefix")
run("${CMAKE_COMMAND}" -S "${CONSUMER}" -B "${PLACE}/build" -G "${GENERATOR}"
    "-DCMAKE_PREFIX_PATH=${PLACE}/prefix" "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_CXX_FLAGS=${FLAGS}"
    -DCMAKE_BUILD_TYPE=Release)
run("${CMAKE_COMMAND}" --build "${PLACE}/build")
string(REPLACE "," ";" devices "${DEVICES}")
foreach(device IN LISTS devices)
  run("${PLACE}/build/consumer" "${device}")
  if(NOT text MATCHES "3 x 4 = 12")
    message(FATAL_ERROR "${device}: ${text}")
  endif()
endforeach()
run("${PLACE}/prefix/bin/tinium" info --device emu:tiny)
file(REMOVE_RECURSE "${PLACE}")
