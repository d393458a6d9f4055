# SPDX-License-Identifier: Apache-2.0
# Third-party libraries. All of them are distribution packages (scripts/versions.env lists them);
# nothing is downloaded by the build. Only the benches need GTest, yaml-cpp and MPFR.

find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)  # FST waveforms, and the gzip-compressed data sets
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)

if(TINIUM_TESTS)
  find_package(GTest REQUIRED)
  find_package(yaml-cpp QUIET)

  # MPFR ships no CMake package. The exact judge of the number formats is the only user.
  find_path(MPFR_INCLUDE_DIR mpfr.h)
  find_library(MPFR_LIBRARY mpfr)
  find_library(GMP_LIBRARY gmp)
  mark_as_advanced(MPFR_INCLUDE_DIR MPFR_LIBRARY GMP_LIBRARY)
  if(NOT MPFR_INCLUDE_DIR OR NOT MPFR_LIBRARY OR NOT GMP_LIBRARY)
    message(FATAL_ERROR "MPFR or GMP not found: install libmpfr-dev and libgmp-dev "
                        "(scripts/setup does), or build without tests: -DTINIUM_TESTS=OFF")
  endif()
  add_library(MPFR::MPFR INTERFACE IMPORTED GLOBAL)
  target_include_directories(MPFR::MPFR INTERFACE "${MPFR_INCLUDE_DIR}")
  target_link_libraries(MPFR::MPFR INTERFACE "${MPFR_LIBRARY}" "${GMP_LIBRARY}")
endif()
