# One folder of src/afterimage = one room = one static library. A room names the rooms it uses;
# rooms further down the list in src/afterimage/CMakeLists.txt are out of its reach.
#
#   afterimage_room(networks TORCH USES base formats)
#
# takes every *.cpp of the folder, builds *_test.cpp into <room>_test, and precompiles the LibTorch
# headers once (TORCH) for all rooms that use them.
function(afterimage_room name)
  cmake_parse_arguments(ROOM "TORCH" "" "USES;LINKS;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp */*.cpp)
  file(GLOB test_sources CONFIGURE_DEPENDS *_test.cpp */*_test.cpp)
  if(test_sources)
    list(REMOVE_ITEM sources ${test_sources})
  endif()

  set(target afterimage_${name})
  add_library(${target} STATIC ${sources})
  add_library(afterimage::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/src> $<INSTALL_INTERFACE:include>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_options(${target} PRIVATE ${AFTERIMAGE_WARNINGS})
  list(TRANSFORM ROOM_USES PREPEND afterimage_)
  target_link_libraries(${target} PUBLIC ${ROOM_USES} ${ROOM_LINKS} PRIVATE ${ROOM_PRIVATE})
  if(ROOM_TORCH)
    target_link_libraries(${target} PUBLIC afterimage::torch)
    target_precompile_headers(${target} REUSE_FROM afterimage_pch)
  endif()
  install(TARGETS ${target} EXPORT afterimage ARCHIVE DESTINATION lib)
  set_property(GLOBAL APPEND PROPERTY afterimage_rooms ${target})

  if(test_sources AND AFTERIMAGE_TESTS)
    add_executable(${name}_test ${test_sources})
    target_link_libraries(${name}_test PRIVATE ${target} GTest::gtest_main)
    target_include_directories(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    target_compile_options(${name}_test PRIVATE ${AFTERIMAGE_WARNINGS})
    target_compile_definitions(${name}_test PRIVATE
      AFTERIMAGE_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/reference"
      AFTERIMAGE_ASSETS="${CMAKE_SOURCE_DIR}/assets")
    if(ROOM_TORCH)
      target_precompile_headers(${name}_test REUSE_FROM afterimage_pch)
    endif()
    add_test(NAME unit.${name} COMMAND ${name}_test)
    # Threads that spin while they wait take ten times as long where others use the machine too.
    set_tests_properties(unit.${name} PROPERTIES
      ENVIRONMENT "OMP_NUM_THREADS=2;OMP_WAIT_POLICY=PASSIVE")
  endif()
endfunction()
