# SPDX-License-Identifier: Apache-2.0
# TINIUM_PYTHON: the interpreter of .venv, which has the pinned packages (scripts/setup makes it), else
# the system's. Only tests and generators use it; the libraries and the command line need no Python.
if(EXISTS "${PROJECT_SOURCE_DIR}/.venv/bin/python3")
  set(TINIUM_PYTHON "${PROJECT_SOURCE_DIR}/.venv/bin/python3")
else()
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set(TINIUM_PYTHON "${Python3_EXECUTABLE}")
  message(STATUS "Python: ${TINIUM_PYTHON} (no .venv; scripts/setup makes one with NumPy and PyYAML)")
endif()
