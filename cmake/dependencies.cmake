# What the project stands on; docs/dependencies.md says why each is there.
#
# LibTorch: Torch_DIR where given, else the wheel that scripts/setup puts into .deps/.
if(NOT Torch_DIR)
  file(GLOB torch_wheel
       "${CMAKE_SOURCE_DIR}/.deps/python/lib/python3*/site-packages/torch/share/cmake/Torch")
  if(torch_wheel)
    list(GET torch_wheel 0 Torch_DIR)
  endif()
endif()
if(NOT Torch_DIR)  # a build by pip: the torch of the Python that runs it
  find_package(Python3 COMPONENTS Interpreter)
  if(Python3_FOUND)
    execute_process(COMMAND ${Python3_EXECUTABLE} -c
                            "import torch; print(torch.utils.cmake_prefix_path)"
                    OUTPUT_VARIABLE torch_cmake OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(torch_cmake)
      set(Torch_DIR ${torch_cmake}/Torch)
    endif()
  endif()
endif()
include(libtorch)

# The installed program finds the libraries where the build found them. CMake itself leaves out
# folders inside the project, such as .deps/.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
set(CMAKE_INSTALL_RPATH "${torch_prefix}/lib")

# ATen, parsed once for every target: 1 s a file instead of 5, for 12 s once. With torch/nn in it,
# each file that uses no torch/nn would cost a second more and the files that do only 2 s less.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/pch.cpp CONTENT "")
add_library(afterimage_pch STATIC ${CMAKE_BINARY_DIR}/pch.cpp)
target_link_libraries(afterimage_pch PRIVATE afterimage::torch)
target_compile_options(afterimage_pch PRIVATE ${AFTERIMAGE_WARNINGS})
target_precompile_headers(afterimage_pch PRIVATE
  <ATen/ATen.h> <algorithm> <cmath> <filesystem> <functional> <map> <memory> <optional> <string>
  <vector>)

include(libraries)
find_path(CLI11_INCLUDE_DIR CLI/CLI.hpp REQUIRED)

if(AFTERIMAGE_TESTS)
  find_package(GTest REQUIRED)
endif()
if(AFTERIMAGE_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
