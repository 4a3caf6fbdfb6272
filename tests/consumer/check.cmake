# cmake -P: see CMakeLists.txt. Stops with the output of the step that failed.
file(REMOVE_RECURSE ${WORK_DIR})
file(MAKE_DIRECTORY ${WORK_DIR})

function(step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGN}\n${output}")
  endif()
endfunction()

set(configure ${CMAKE_COMMAND} -G ${GENERATOR} -S ${CMAKE_CURRENT_LIST_DIR}/project
              -B ${WORK_DIR}/build -DCMAKE_CXX_COMPILER=${CXX})
if(SANITIZE)
  list(APPEND configure -DCMAKE_CXX_FLAGS=-fsanitize=${SANITIZE})
endif()
if(WAY STREQUAL "installed")
  step(${CMAKE_COMMAND} --install ${KILN_BINARY_DIR} --prefix ${WORK_DIR}/prefix)
  step(${configure} -DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix)
  step(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
  step(${WORK_DIR}/build/consumer)
else()
  # Building the library a second time would prove nothing new: that it configures, and brings none
  # of its tests, benches and install rules along, is what can break here.
  step(${configure} -DKILN_SOURCE_DIR=${KILN_SOURCE_DIR})
  foreach(foreign kiln/tests kiln/bench)
    if(EXISTS ${WORK_DIR}/build/${foreign})
      message(FATAL_ERROR "kiln as a part of another project brings its ${foreign} along")
    endif()
  endforeach()
endif()
file(REMOVE_RECURSE ${WORK_DIR})
