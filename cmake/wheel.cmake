# What a wheel holds besides the Python files: the module and the program out of the build tree
# `built`, and the data. The program is started with torch's folder in its path of libraries
# (python/afterimage_launcher), and torch is imported before the module: no path of this machine is
# needed to find them.
function(install_wheel built)
  file(GLOB folders RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/configs
       ${CMAKE_SOURCE_DIR}/assets/*)
  foreach(folder ${folders})
    if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/${folder})
      install(DIRECTORY ${CMAKE_SOURCE_DIR}/${folder} DESTINATION afterimage/share/afterimage
              COMPONENT python EXCLUDE_FROM_ALL)
    endif()
  endforeach()
  install(PROGRAMS ${built}/bin/afterimage DESTINATION afterimage/bin
          COMPONENT python EXCLUDE_FROM_ALL)
  install(DIRECTORY ${built}/python/afterimage/ DESTINATION afterimage
          COMPONENT python EXCLUDE_FROM_ALL
          FILES_MATCHING PATTERN "_core*.so" PATTERN "_torch.py" PATTERN "commands.json"
          PATTERN "__init__.pyi"
          PATTERN "bin" EXCLUDE PATTERN "share" EXCLUDE PATTERN "__pycache__" EXCLUDE)
endfunction()
