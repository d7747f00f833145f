# Installs BUILD into a folder of its own, builds CONSUMER against that and runs it, and the
# installed program too. Run by ctest: cmake -D BUILD= -D CONSUMER= -D COMPILER= -D FLAGS= -P ...
set(work ${BUILD}/package_test)
file(REMOVE_RECURSE ${work})

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${ARGN}: ${code}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${work}/prefix)
run(${CMAKE_COMMAND} -G Ninja -S ${CONSUMER} -B ${work}/build -D CMAKE_PREFIX_PATH=${work}/prefix
    -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_FLAGS=${FLAGS})
run(${CMAKE_COMMAND} --build ${work}/build)
set(ENV{AFTERIMAGE_DATA} ${work}/prefix/share/afterimage)
run(${work}/build/consumer)
message(STATUS "${output}")
unset(ENV{AFTERIMAGE_DATA})
run(${work}/prefix/bin/afterimage --version)
message(STATUS "${output}")
file(REMOVE_RECURSE ${work})
