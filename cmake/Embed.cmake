# cmake -DOUT=x.c -DNAME=verifier_assets -DFILES=a,b -P Embed.cmake
# Writes the files as C arrays and a table of struct asset (web/static.h). A
# page x.html becomes /x.zh.html and /x.en.html: in it [[中文||English]] stands
# for the one or the other.
file(MAKE_DIRECTORY ${OUT}.d)
set(arrays "")
set(hashes "")
set(table "")
set(count 0)
string(REPLACE "," ";" FILES "${FILES}")
set(all "")
foreach(file IN LISTS FILES)
	if(NOT file MATCHES "\\.html$")
		list(APPEND all ${file})
		continue()
	endif()
	file(READ ${file} page)
	get_filename_component(base ${file} NAME_WE)
	set(pair "\\[\\[([^]|]*)\\|\\|([^]|]*)\\]\\]")
	string(REGEX REPLACE "${pair}" "\\1" zh "${page}")
	string(REGEX REPLACE "${pair}" "\\2" en "${page}")
	file(WRITE ${OUT}.d/${base}.zh.html "${zh}")
	file(WRITE ${OUT}.d/${base}.en.html "${en}")
	list(APPEND all ${OUT}.d/${base}.zh.html ${OUT}.d/${base}.en.html)
endforeach()
foreach(file IN LISTS all)
	file(READ ${file} hex HEX)
	file(SHA256 ${file} hash)
	string(SUBSTRING ${hash} 0 32 hash)
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
	string(REGEX REPLACE "((0x..,){16})" "\\1\n" bytes "${bytes}")
	if(file MATCHES "\\.html$")
		set(type "text/html; charset=utf-8")
	elseif(file MATCHES "\\.js$")
		set(type "text/javascript; charset=utf-8")
	elseif(file MATCHES "\\.css$")
		set(type "text/css; charset=utf-8")
	elseif(file MATCHES "\\.svg$")
		set(type "image/svg+xml")
	elseif(file MATCHES "\\.wasm$")
		set(type "application/wasm")
	elseif(file MATCHES "\\.webmanifest$")
		set(type "application/manifest+json")
	elseif(file MATCHES "\\.json$")
		set(type "application/json")
	else()
		message(FATAL_ERROR "no media type for ${file}")
	endif()
	get_filename_component(name ${file} NAME)
	set(path "/${name}")
	# gzip -n: no name, no time, so that builds are alike
	set(packed ${OUT}.d/${name}.gz)
	execute_process(COMMAND gzip -9nc ${file} OUTPUT_FILE ${packed}
		COMMAND_ERROR_IS_FATAL ANY)
	file(READ ${packed} zhex HEX)
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," zbytes "${zhex}")
	string(REGEX REPLACE "((0x..,){16})" "\\1\n" zbytes "${zbytes}")
	# The terminating NUL keeps an empty file a legal array.
	string(APPEND arrays "static const uint8_t a${count}[] = {\n${bytes}0};\n")
	string(APPEND arrays "static const uint8_t z${count}[] = {\n${zbytes}0};\n")
	string(APPEND hashes ${hash})
	string(APPEND table "\t{\"${path}\", \"${type}\", \"\\\"${hash}\\\"\", a${count}, sizeof a${count} - 1, z${count}, sizeof z${count} - 1},\n")
	math(EXPR count "${count} + 1")
endforeach()
string(SHA256 version "${hashes}")
string(SUBSTRING ${version} 0 16 version)
file(WRITE ${OUT} "/* written by cmake/Embed.cmake */
#include \"web/static.h\"
extern const struct asset ${NAME}[];
extern const size_t n_${NAME};
${arrays}const struct asset ${NAME}[] = {\n${table}};
const size_t n_${NAME} = ${count};
extern const char ${NAME}_version[];
const char ${NAME}_version[] = \"${version}\";\n")
