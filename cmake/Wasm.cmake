# tamga_wasm(OUT SOURCES…): a WebAssembly module of pure C, without any import.
find_program(TAMGA_WASM_CC clang-14 REQUIRED)
function(tamga_wasm out)
	add_custom_command(OUTPUT ${out}
		COMMAND ${TAMGA_WASM_CC} --target=wasm32-wasi -std=c2x -Oz
			-mexec-model=reactor -I${CMAKE_SOURCE_DIR}
			-Wall -Wextra -Werror -ffunction-sections -fdata-sections
			-Wl,--gc-sections -Wl,--strip-all
			-Wl,-z,stack-size=131072 -o ${out} ${ARGN}
		DEPENDS ${ARGN} ${TAMGA_PAGE_HEADERS} COMMAND_EXPAND_LISTS)
endfunction()
