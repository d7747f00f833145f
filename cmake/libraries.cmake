# The libraries beside LibTorch: found by this build and again, for static linking, by
# find_package(afterimage).
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(MATIO REQUIRED IMPORTED_TARGET matio)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(ICU REQUIRED IMPORTED_TARGET icu-uc)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(LIBAV REQUIRED IMPORTED_TARGET libavformat libavcodec libswscale libavutil)

# Libraries without a usable package file of their own: Debian's NIFTIConfig.cmake names files that
# no package of Debian has.
function(afterimage_find name header suffix)
  if(TARGET afterimage::${name})
    return()
  endif()
  find_path(${name}_include_dir ${header} PATH_SUFFIXES ${suffix} REQUIRED)
  add_library(afterimage::${name} INTERFACE IMPORTED GLOBAL)
  set_target_properties(afterimage::${name} PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${${name}_include_dir}")
  foreach(library ${ARGN})
    find_library(${library}_library ${library} REQUIRED)
    set_property(TARGET afterimage::${name} APPEND PROPERTY
      INTERFACE_LINK_LIBRARIES "${${library}_library}")
  endforeach()
endfunction()
afterimage_find(nifti nifti2_io.h nifti nifti2 znz)
afterimage_find(csv csv.h "" csv)
