# Compiler settings every target shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
# Programs share the libraries' precompiled header, so they are built with the same flag.
add_compile_options(-fPIC)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The precompiled header is part of the hash only with this sloppiness (ccache manual,
  # "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  add_compile_options(-fpch-preprocess)
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# g++ 12 sees overlaps and overflows in std::string's operator+ that are not there (GCC bug 105651).
set(AFTERIMAGE_WARNINGS -Wall -Wextra -Wpedantic -Werror -Wshadow -Wno-unknown-pragmas
                        -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
if(AFTERIMAGE_SANITIZE)
  add_compile_options(-fsanitize=${AFTERIMAGE_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${AFTERIMAGE_SANITIZE})
  # LibTorch is built without run-time type information for some of its own classes, which the
  # vptr check then cannot see through.
  if(AFTERIMAGE_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize=vptr)
  endif()
  # It does not understand std::atomic_thread_fence, which libstdc++ has in its shared_ptr.
  if(AFTERIMAGE_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(AFTERIMAGE_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "AFTERIMAGE_FUZZERS: libFuzzer comes with clang; configure another build "
                        "folder with -DCMAKE_CXX_COMPILER=clang++-14")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=vptr
                      -fno-sanitize-recover=all -fno-omit-frame-pointer)
  set(AFTERIMAGE_WARNINGS -Wall)  # g++ is the compiler whose warnings are heeded
endif()
