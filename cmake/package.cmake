# The folder of data as the program expects it (base/data_dir.h), beside bin/ of the build, and what
# `cmake --install` installs: program, data, libraries, headers and the package for find_package.
include(CMakePackageConfigHelpers)

file(GLOB asset_folders CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} assets/*)
foreach(folder configs ${asset_folders})
  if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/${folder})
    get_filename_component(name ${folder} NAME)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/share/afterimage)
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder} ${CMAKE_BINARY_DIR}/share/afterimage/${name}
         SYMBOLIC)
    install(DIRECTORY ${folder} DESTINATION share/afterimage)
  endif()
endforeach()
install(FILES LICENSE DESTINATION share/afterimage)
install(DIRECTORY src/afterimage DESTINATION include FILES_MATCHING PATTERN "*.h")

# afterimage::afterimage is all rooms at once.
get_property(rooms GLOBAL PROPERTY afterimage_rooms)
add_library(afterimage_all INTERFACE)
add_library(afterimage::afterimage ALIAS afterimage_all)
set_target_properties(afterimage_all PROPERTIES EXPORT_NAME afterimage)
target_link_libraries(afterimage_all INTERFACE ${rooms})
install(TARGETS afterimage_all EXPORT afterimage)

set(package_dir lib/cmake/afterimage)
install(EXPORT afterimage NAMESPACE afterimage:: FILE afterimageTargets.cmake
        DESTINATION ${package_dir})
configure_package_config_file(cmake/afterimageConfig.cmake.in
  ${CMAKE_BINARY_DIR}/afterimageConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/afterimageConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/afterimageConfig.cmake
              ${CMAKE_BINARY_DIR}/afterimageConfigVersion.cmake
              cmake/libtorch.cmake cmake/libraries.cmake
        DESTINATION ${package_dir})
