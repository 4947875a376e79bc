#!/bin/bash
# credential/ compiles to WebAssembly as it stands, and asks nothing of the
# world around it: the module made of all of it imports no function.
# usage: wasm.sh SOURCE_DIR WORK_DIR
set -eu
source=$1
work=$2
rm -rf "$work"
mkdir -p "$work"

objects=()
for file in "$source"/credential/*.c; do
	object=$work/$(basename "$file" .c).o
	clang-14 --target=wasm32-wasi -std=c2x -O2 -Wall -Wextra -Werror \
	    -I "$source" -c "$file" -o "$object"
	objects+=("$object")
done
[ ${#objects[@]} -ge 10 ]

exports=()
for name in $(llvm-nm-14 --defined-only --extern-only --just-symbol-name \
    "${objects[@]}" | grep -E '^[a-z_0-9]+$'); do
	exports+=("-Wl,--export=$name")
done
[ ${#exports[@]} -ge 50 ]

clang-14 --target=wasm32-wasi -mexec-model=reactor -O2 "${objects[@]}" \
    "${exports[@]}" -o "$work/credential.wasm"
imports=$(node -e '
const module = new WebAssembly.Module(require("fs").readFileSync(process.argv[1]));
for (const i of WebAssembly.Module.imports(module))
	console.log(i.module + "." + i.name);
' "$work/credential.wasm")
if [ -n "$imports" ]; then
	echo "credential.wasm imports:" $imports >&2
	exit 1
fi
echo "${#objects[@]} files, $(stat -c %s "$work/credential.wasm") bytes"
