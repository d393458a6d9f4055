# SPDX-License-Identifier: Apache-2.0
# `cmake --install`: the host and driver libraries with the devices of this build as one archive, the
# public headers, a package for find_package(tinium), and the command line.
#
# One archive, because what a device is made of (backends, Verilated models) is nobody else's business:
# a consumer links tinium::tinium and opens a URL.

include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# Appends to the list variable <out> the static libraries of this tree that <target> needs, each once.
function(_tinium_closure target out)
  set(found ${${out}})
  if(NOT target IN_LIST found)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      list(APPEND found ${target})
    endif()
    set(links "")
    foreach(property IN ITEMS LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
      get_target_property(values ${target} ${property})
      if(values)
        list(APPEND links ${values})
      endif()
    endforeach()
    list(TRANSFORM links REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1")
    list(REMOVE_DUPLICATES links)
    foreach(link IN LISTS links)
      if(TARGET "${link}")
        get_target_property(aliased ${link} ALIASED_TARGET)
        if(aliased)
          set(link ${aliased})
        endif()
        get_target_property(imported ${link} IMPORTED)
        if(NOT imported AND NOT link IN_LIST found)
          _tinium_closure(${link} found)
        endif()
      endif()
    endforeach()
  endif()
  set(${out} "${found}" PARENT_SCOPE)
endfunction()

set(_tinium_parts "")
_tinium_closure(tinium_host _tinium_parts)

set(_tinium_archive "${PROJECT_BINARY_DIR}/package/libtinium.a")
set(_tinium_script "CREATE ${_tinium_archive}\n")
foreach(_part IN LISTS _tinium_parts)
  string(APPEND _tinium_script "ADDLIB $<TARGET_FILE:${_part}>\n")
endforeach()
string(APPEND _tinium_script "SAVE\nEND\n")
file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/package/archive.mri" CONTENT "${_tinium_script}")
add_custom_command(
  OUTPUT "${_tinium_archive}"
  COMMAND "${CMAKE_COMMAND}" -E rm -f "${_tinium_archive}"
  COMMAND "${CMAKE_AR}" -M < "${PROJECT_BINARY_DIR}/package/archive.mri"
  DEPENDS ${_tinium_parts} "${PROJECT_BINARY_DIR}/package/archive.mri"
  COMMENT "Joining the libraries into libtinium.a"
  VERBATIM)
add_custom_target(tinium_package ALL DEPENDS "${_tinium_archive}")

set(TINIUM_PACKAGE_DEVICES emu)
if(TINIUM_SIM)
  list(APPEND TINIUM_PACKAGE_DEVICES sim)
endif()
set(_tinium_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/tinium")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/tiniumConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/package/tiniumConfig.cmake"
                              INSTALL_DESTINATION "${_tinium_package_dir}"
                              PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/tiniumConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)

install(FILES "${_tinium_archive}" DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT tinium)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/driver/include/" "${PROJECT_SOURCE_DIR}/host/include/"
                  "${TINIUM_GENERATED_DIR}/"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT tinium FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_BINARY_DIR}/package/tiniumConfig.cmake"
              "${PROJECT_BINARY_DIR}/package/tiniumConfigVersion.cmake"
        DESTINATION "${_tinium_package_dir}" COMPONENT tinium)
install(TARGETS tinium RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tinium)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/data/digits" DESTINATION "${CMAKE_INSTALL_DATADIR}/tinium"
        COMPONENT tinium)
