# SPDX-License-Identifier: Apache-2.0
# Given to CMake as CMAKE_PROJECT_INCLUDE by scripts/mutation: the run-time library of every Verilated
# model of the mutated tree learns which mutant is active. The build files of the tree stay as they are.
cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL target_sources tinium_verilated PRIVATE
               "${CMAKE_SOURCE_DIR}/testbench/mutation/selected_mutant.cpp")
