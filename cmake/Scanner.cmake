# cmake -DFROM=web/scanner -DOUT=DIR -P Scanner.cmake
# zxing.js, zxing.wasm and licences.txt of the npm package that
# FROM/package-lock.json pins by its hash. Where it cannot be had the rest is
# built all the same: the page then says that it has no scanner.
get_filename_component(top ${FROM}/../.. ABSOLUTE)
file(MAKE_DIRECTORY ${OUT})
file(COPY ${FROM}/package.json ${FROM}/package-lock.json DESTINATION ${OUT})
execute_process(COMMAND npm ci --ignore-scripts --no-audit --no-fund
	WORKING_DIRECTORY ${OUT} RESULT_VARIABLE failed
	OUTPUT_VARIABLE said ERROR_VARIABLE said)
set(package ${OUT}/node_modules/zxing-wasm)
if(failed OR NOT EXISTS ${package}/dist/iife/reader/index.js)
	message(WARNING "the page will have no scanner for the camera: npm ci "
		"in ${FROM} failed. To try again remove ${OUT} and build.\n${said}")
	file(WRITE ${OUT}/zxing.js "throw new Error('built without a scanner');\n")
	file(WRITE ${OUT}/zxing.wasm "")
	file(WRITE ${OUT}/licences.txt "Built without parts of others.\n")
	return()
endif()
configure_file(${package}/dist/iife/reader/index.js ${OUT}/zxing.js COPYONLY)
configure_file(${package}/dist/reader/zxing_reader.wasm ${OUT}/zxing.wasm
	COPYONLY)
file(READ ${package}/LICENSE mit)
file(READ ${top}/LICENSE apache)
file(WRITE ${OUT}/licences.txt "zxing.js and zxing.wasm are of zxing-wasm:

${mit}
They contain ZXing-C++, Copyright The ZXing-C++ Authors, under this licence:

${apache}")
