# What every folder's CMakeLists.txt uses: one static library a folder, one
# program a test, the same warnings everywhere.
option(TAMGA_WERROR "Warnings are errors" OFF)
option(TAMGA_FUZZ "Build the fuzz targets with libFuzzer" OFF)
set(TAMGA_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
find_package(PkgConfig REQUIRED)

# Under sanitizers "all" is what the unit tests and the fuzz targets are made of;
# programs, and tests that run them, are built when named.
set(TAMGA_WHEN_NAMED "")
if(TAMGA_SANITIZE)
	set(TAMGA_WHEN_NAMED EXCLUDE_FROM_ALL)
endif()

add_library(tamga_flags INTERFACE)
target_include_directories(tamga_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_compile_definitions(tamga_flags INTERFACE
	_GNU_SOURCE OPENSSL_NO_DEPRECATED OPENSSL_API_COMPAT=30000
	TAMGA_VERSION="${PROJECT_VERSION}")
target_compile_options(tamga_flags INTERFACE
	-Wall -Wextra -Wshadow -Wpointer-arith -Wwrite-strings -Wcast-qual
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla
	-Wformat=2 -Wundef -Wno-missing-field-initializers
	-fstack-protector-strong -fno-common -fPIE)
target_link_options(tamga_flags INTERFACE -pie -Wl,-z,relro,-z,now)
if(TAMGA_WERROR)
	target_compile_options(tamga_flags INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" AND NOT TAMGA_SANITIZE)
	target_compile_options(tamga_flags INTERFACE -D_FORTIFY_SOURCE=2)
endif()
# Checks written with assert() hold in every build.
string(REPLACE "-DNDEBUG" "" CMAKE_C_FLAGS_RELWITHDEBINFO "${CMAKE_C_FLAGS_RELWITHDEBINFO}")
if(TAMGA_SANITIZE)
	target_compile_options(tamga_flags INTERFACE
		-fsanitize=${TAMGA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	target_link_options(tamga_flags INTERFACE -fsanitize=${TAMGA_SANITIZE}
		-fuse-ld=gold)
endif()
if(TAMGA_FUZZ)
	target_compile_options(tamga_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# tamga_pkg(NAME pkg-config-name): an imported target PkgConfig::NAME, once.
macro(tamga_pkg name module)
	if(NOT TARGET PkgConfig::${name})
		pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${module})
	endif()
endmacro()

# tamga_library(NAME SOURCES a.c b.c [LINK libs…]): libtamga_NAME.a
function(tamga_library name)
	cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
	add_library(tamga_${name} STATIC ${A_SOURCES})
	target_link_libraries(tamga_${name} PUBLIC tamga_flags ${A_LINK})
endfunction()

# tamga_program(tamga-scan SOURCES main.c LINK libs…): bin/tamga-scan
function(tamga_program name)
	cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
	add_executable(${name} ${TAMGA_WHEN_NAMED} ${A_SOURCES})
	target_link_libraries(${name} PRIVATE tamga_flags ${A_LINK})
endfunction()

# How long it takes, in seconds, where that is long: those start first, so that
# none is left alone at the end, and those that wait beside those that compute.
function(tamga_costs)
	foreach(pair IN LISTS ARGN)
		string(REPLACE "=" ";" pair ${pair})
		list(GET pair 0 name)
		list(GET pair 1 cost)
		set_tests_properties(${name} PROPERTIES COST ${cost})
	endforeach()
endfunction()

# tamga_test(test_cbor SOURCES test_cbor.c LINK tamga_credential
#            [LABEL unit] [ARGS …] [TIMEOUT s]): a cmocka program and its ctest.
function(tamga_test name)
	cmake_parse_arguments(A "" "LABEL;TIMEOUT" "SOURCES;LINK;ARGS" ${ARGN})
	if(NOT A_LABEL)
		set(A_LABEL unit)
	endif()
	if(NOT A_TIMEOUT)
		set(A_TIMEOUT 600)
	endif()
	tamga_pkg(CMOCKA cmocka)
	if(A_LABEL STREQUAL unit)
		add_executable(${name} ${A_SOURCES})
	else()
		add_executable(${name} ${TAMGA_WHEN_NAMED} ${A_SOURCES})
	endif()
	set_target_properties(${name} PROPERTIES
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
	target_link_libraries(${name} PRIVATE tamga_flags ${A_LINK} PkgConfig::CMOCKA)
	# Three times as fast as bfd, which links the programs people get.
	target_link_options(${name} PRIVATE -fuse-ld=gold)
	target_compile_definitions(${name} PRIVATE
		TAMGA_SOURCE_DIR="${CMAKE_SOURCE_DIR}" TAMGA_BINARY_DIR="${CMAKE_BINARY_DIR}"
		TAMGA_SHARED_DIR="${CMAKE_SOURCE_DIR}/../shared")
	add_test(NAME ${name} COMMAND ${name} ${A_ARGS})
	set_tests_properties(${name} PROPERTIES LABELS ${A_LABEL} TIMEOUT ${A_TIMEOUT}
		ENVIRONMENT "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/lsan.supp:print_suppressions=0")
endfunction()

# tamga_script_test(cli_scan LABEL cli COMMAND bats file.bats): any command;
# it finds the programs in $TAMGA_BIN and the source in $TAMGA_SOURCE.
function(tamga_script_test name)
	cmake_parse_arguments(A "" "LABEL;TIMEOUT" "COMMAND" ${ARGN})
	if(NOT A_TIMEOUT)
		set(A_TIMEOUT 900)
	endif()
	add_test(NAME ${name} COMMAND ${A_COMMAND} WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
	set_tests_properties(${name} PROPERTIES LABELS ${A_LABEL} TIMEOUT ${A_TIMEOUT}
		ENVIRONMENT "TAMGA_BIN=${CMAKE_BINARY_DIR}/bin;TAMGA_SOURCE=${CMAKE_SOURCE_DIR};TAMGA_SHARED=${CMAKE_SOURCE_DIR}/../shared;TAMGA_TESTS=${CMAKE_BINARY_DIR}/tests;TAMGA_WEB_HOME=${CMAKE_BINARY_DIR}/tests/web-home")
endfunction()

# tamga_fuzz(cbor SOURCES fuzz_cbor.c LINK tamga_credential): a libFuzzer
# target fuzz_cbor in the asan preset, with the seeds in tests/fuzz/seeds/cbor.
function(tamga_fuzz name)
	if(NOT TAMGA_FUZZ)
		return()
	endif()
	cmake_parse_arguments(A "" "" "SOURCES;LINK" ${ARGN})
	add_executable(fuzz_${name} ${A_SOURCES})
	set_target_properties(fuzz_${name} PROPERTIES
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
	target_link_libraries(fuzz_${name} PRIVATE tamga_flags ${A_LINK} -fsanitize=fuzzer)
endfunction()
