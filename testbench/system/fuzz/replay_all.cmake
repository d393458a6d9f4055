# SPDX-License-Identifier: Apache-2.0
# Replays every saved case of FOLDER with the command line TINIUM.
file(GLOB cases "${FOLDER}/*.case")
set(arguments)
foreach(case IN LISTS cases)
  list(APPEND arguments --replay "${case}")
endforeach()
if(NOT arguments)
  message(FATAL_ERROR "no cases in ${FOLDER}")
endif()
execute_process(COMMAND "${TINIUM}" fuzz --device sim:tiny ${arguments} RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "a saved case fails again")
endif()
