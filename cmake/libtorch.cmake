# LibTorch as the target afterimage::torch, from the folder Torch_DIR names (the share/cmake/Torch
# of a wheel, an unzipped LibTorch or a system package). Used by this build and, installed, by
# find_package(afterimage).
#
# Its own package file is left aside on purpose: for a CUDA build it stops without a CUDA compiler,
# which a program that only calls LibTorch has no use for.
include("${Torch_DIR}/TorchConfigVersion.cmake" OPTIONAL RESULT_VARIABLE torch_version_file)
get_filename_component(torch_prefix "${Torch_DIR}/../../.." ABSOLUTE)
if(NOT torch_version_file OR NOT EXISTS "${torch_prefix}/include/ATen/ATen.h")
  message(FATAL_ERROR "LibTorch: none at Torch_DIR='${Torch_DIR}'. Run scripts/setup, or set "
                      "Torch_DIR to the share/cmake/Torch folder of a LibTorch.")
endif()
set(torch_version "${PACKAGE_VERSION}")
unset(PACKAGE_VERSION)
if(torch_version VERSION_LESS 2.7)
  message(FATAL_ERROR "LibTorch ${torch_version} at ${torch_prefix}: 2.7 or later is needed.")
endif()
message(STATUS "Found LibTorch ${torch_version}: ${torch_prefix}")

if(NOT TARGET afterimage::torch)
  add_library(afterimage::torch INTERFACE IMPORTED GLOBAL)
  set_target_properties(afterimage::torch PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES
      "${torch_prefix}/include;${torch_prefix}/include/torch/csrc/api/include"
    # libtorch.so is empty but loads the CUDA backend where there is one: it has to stay linked.
    INTERFACE_LINK_LIBRARIES
      "-Wl,--push-state,--no-as-needed,${torch_prefix}/lib/libtorch.so,--pop-state;${torch_prefix}/lib/libtorch_cpu.so;${torch_prefix}/lib/libc10.so"
    # at::parallel_for is a template in a header: compiled without OpenMP it silently runs serially.
    INTERFACE_COMPILE_OPTIONS "$<$<NOT:$<BOOL:${AFTERIMAGE_FUZZERS}>>:-fopenmp>"
    INTERFACE_LINK_OPTIONS "$<$<NOT:$<BOOL:${AFTERIMAGE_FUZZERS}>>:-fopenmp>")
endif()
