#!/usr/bin/env bats
# The bash completion knows what the program knows.

setup() {
	file=$TAMGA_SOURCE/deploy/completion/tamga-scan.bash
	cd "$BATS_TEST_TMPDIR"
	mkdir 'a folder'
	: >'照片 1.jpg'
}

complete_line() { # WORD...: the last one is being typed
	bash -c '
		source "$0"
		COMP_WORDS=(tamga-scan "$@") COMP_CWORD=$#
		_tamga_scan
		printf "%s\n" "${COMPREPLY[@]}"' "$file" "$@"
}

@test "its syntax is right" {
	bash -n "$file"
}

@test "it offers every option of --help, and no other" {
	want=$("$TAMGA_BIN/tamga-scan" --help | grep -oE '^ +(-., +)?--[a-z-]+' |
	    grep -oE -- '--[a-z-]+' | sort)
	[ "$(complete_line --x)" = --xlsx ]
	got=$(complete_line - | grep -v '^$' | sort)
	diff <(echo "$want") <(echo "$got")
}

@test "files, folders and words where they belong" {
	[ "$(complete_line 照)" = '照片 1.jpg' ]
	[ "$(complete_line --home '')" = 'a folder' ]
	[ "$(complete_line --home = a)" = 'a folder' ]
	[ "$(complete_line --effort q)" = quick ]
	[ "$(complete_line --effort = h)" = hard ]
	[ "$(complete_line --csv 照)" = '照片 1.jpg' ]
	[ -z "$(complete_line --id '')" ]
	: >--x
	[ "$(complete_line -- --)" = --x ]
}

@test "bash asks it" {
	[[ $(bash -c 'source "$0"; complete -p tamga-scan' "$file") == *"-F _tamga_scan tamga-scan" ]]
}
