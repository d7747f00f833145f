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
find_package(Torch 2.6 REQUIRED)

# The wheel's targets carry its whole header tree and flags; one interface target hides them as
# system headers, so that our warnings stay ours.
add_library(afterimage_torch INTERFACE)
add_library(afterimage::torch ALIAS afterimage_torch)
set_target_properties(afterimage_torch PROPERTIES EXPORT_NAME torch)
target_link_libraries(afterimage_torch INTERFACE ${TORCH_LIBRARIES})
install(TARGETS afterimage_torch EXPORT afterimage)

# The LibTorch headers that nearly every file needs, parsed once.
file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "")
add_library(afterimage_pch STATIC ${CMAKE_BINARY_DIR}/pch.cpp)
target_link_libraries(afterimage_pch PRIVATE afterimage_torch)
target_compile_options(afterimage_pch PRIVATE ${AFTERIMAGE_WARNINGS})
target_precompile_headers(afterimage_pch PRIVATE
  <ATen/ATen.h> <torch/types.h> <torch/nn/module.h> <torch/nn/modules/conv.h>
  <torch/nn/modules/batchnorm.h> <torch/nn/modules/linear.h> <torch/nn/modules/container/sequential.h>
  <algorithm> <cmath> <filesystem> <functional> <map> <memory> <optional> <string> <vector>)

find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(MATIO REQUIRED IMPORTED_TARGET matio)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(LIBAV REQUIRED IMPORTED_TARGET libavformat libavcodec libswscale libavutil)
find_path(CLI11_INCLUDE_DIR CLI/CLI.hpp REQUIRED)

if(AFTERIMAGE_TESTS)
  find_package(GTest REQUIRED)
endif()
if(AFTERIMAGE_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
