#!/bin/bash
# Who may include whom, and that the pure libraries have no effect.
#
# usage: check_layers.sh SOURCE_DIR [LIBRARY.a…]      the check
#        check_layers.sh --self-test                  finds what it should find
#
# 1. Every #include "folder/…" stands in the table below (docs/architecture.md);
#    a header NAME_int.h is for its own folder; pure folders take only the C
#    library's headers that have no effect.
# 2. The pure libraries refer to no function outside themselves but those of
#    memory and strings, and have no variable that could change.
# 3. Programs that verify hold no code that signs.
set -u

table='
credential
domain      credential
subsidy     credential domain
edge        credential
table       credential edge
keys        credential edge
registry    credential edge
log         credential edge
qr          credential edge
render      credential edge qr
web         credential edge
issuer      credential domain subsidy edge table keys registry log qr render web
verifier    credential domain subsidy edge table keys registry log qr render web
'
pure=' credential domain subsidy '
pure_headers=' stdbool.h stddef.h stdint.h stdio.h string.h limits.h inttypes.h assert.h '
# Of keys/, a verifier takes the reading of trust and nothing that signs.
verifier_keys=' keys/trust.h keys/verify.h '

# memory, strings, formatting into a buffer; what the compiler adds of itself
libc_ok='^(mem(chr|cmp|cpy|move|set)|str(len|nlen|cmp|ncmp|chr|rchr|spn|cspn|str)|v?snprintf|bsearch|qsort|__(mem(cpy|move|set)|v?snprintf|str(cpy|ncpy|cat|ncat))_chk|__stack_chk_(fail|guard)|__assert_fail|abort|_GLOBAL_OFFSET_TABLE_)$'
sanitizer='^_*(asan|ubsan|tsan|msan|lsan|sancov|sanitizer|start___sanc|stop___sanc|start_asan|stop_asan)|^__sanitizer'

bad=0
complain() {
	echo "$*" >&2
	bad=$((bad + 1))
}

declare -A may
while read -r folder rest; do
	[ -z "$folder" ] || may[$folder]=" $folder $rest "
done <<<"$table"

check_include() { # file line folder target-folder header
	if [[ ${may[$3]} != *" $4 "* ]]; then
		complain "$1:$2: $3/ may not include $5"
		return
	fi
	if [ "$3" != "$4" ] && [[ $5 == *_int.h ]]; then
		complain "$1:$2: $5 is for $4/ alone"
	fi
	if [ "$3" = verifier ] && [ "$4" = keys ] &&
	    [[ $verifier_keys != *" $5 "* ]]; then
		complain "$1:$2: of keys/ a verifier takes only$verifier_keys"
	fi
}

check_file() { # path relative to the source
	local file=$1 folder=${1%%/*} line quote header
	while IFS=' ' read -r line quote header; do
		if [ "$quote" = '"' ]; then
			case "$header" in
			*..*) complain "$file:$line: include from the root, not $header" ;;
			*/*) check_include "$file" "$line" "$folder" "${header%%/*}" "$header" ;;
			esac
		elif [[ $pure == *" $folder "* ]] &&
		    [[ $pure_headers != *" $header "* ]]; then
			complain "$file:$line: $folder/ is pure and may not include <$header>"
		elif [[ $header == */* ]] && [ -n "${may[${header%%/*}]-}" ]; then
			complain "$file:$line: \"$header\", not <$header>"
		fi
	done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*(["<])([^">]+)[">].*/\1 \2/;T;=;p' "$file" | paste -d' ' - -)
}

check_sources() {
	local file n=0
	while read -r file; do
		check_file "$file"
		n=$((n + 1))
	done < <(
		for folder in "${!may[@]}"; do
			[ ! -d "$folder" ] ||
			    find "$folder" -name '*.[ch]' -o -name '*.inc'
		done | sort
	)
	[ $n -gt 0 ] || complain "no source found in $PWD"
	echo "$n files: includes go one way only"
}

check_libraries() { # the pure libraries, together
	local own undefined name row
	own=$(nm --defined-only --extern-only -j "$@" 2>/dev/null | sort -u)
	undefined=$(nm --undefined-only -j "$@" 2>/dev/null |
	    grep -vE '^$|:$' | sort -u)
	[ -n "$own" ] || complain "no symbols in $*"
	while read -r name; do
		[ -z "$name" ] || [[ $name =~ $libc_ok ]] ||
		    [[ $name =~ $sanitizer ]] ||
		    complain "a pure library calls $name: $(basename -a "$@" | xargs)"
	done < <(comm -23 <(echo "$undefined") <(echo "$own"))
	# Sanitizers keep records of their own among the data.
	if ! grep -qE "$sanitizer" <<<"$undefined"; then
		while read -r row; do
			complain "a pure library has variables: $row"
		done < <(size -A "$@" | awk '
			$2 == ":" || / :$/ { member = $1 }
			/^\.(data|bss|tdata|tbss|data\.rel(\.local)?)([ .]|$)/ &&
			    $1 !~ /^\.data\.rel\.ro/ && $2 > 0 { print member, $1, $2 }')
	fi
	echo "$# pure libraries: $(wc -l <<<"$own") functions, none with an effect"
}

check_programs() {
	local program signing
	for program in tamga-scan tamga-verifier; do
		[ -f "${TAMGA_BIN:-}/$program" ] || continue
		signing=$(nm --defined-only -j "$TAMGA_BIN/$program" |
		    grep -E '^(signer|logkey)_' | head -n 3 | xargs)
		[ -z "$signing" ] || complain "$program can sign: $signing …"
		echo "$program: holds no signing code"
	done
}

expect() { # what must be said, for a tree made by the caller
	local said
	said=$("$self" "$work" ${2:+"$2"} 2>&1)
	if [ $? -eq 0 ] || [[ $said != *"$1"* ]]; then
		complain "self-test: expected '$1', got: $said"
	fi
}

self_test() {
	self=$(realpath "$0")
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mkdir "$work"/{credential,keys,issuer,verifier,edge}
	local ok='#include "credential/a.h"'
	echo '#include <string.h>' >"$work/credential/a.h"
	echo "$ok" >"$work/keys/trust.h"
	{ echo "$ok"; echo '# include "keys/trust.h"'; } >"$work/verifier/v.c"
	"$self" "$work" >/dev/null || complain "self-test: a good tree is refused"

	one() { # file, line in it, what must be said
		local keep
		keep=$(cat "$work/$1" 2>/dev/null)
		echo "$2" >>"$work/$1"
		expect "$3"
		if [ -n "$keep" ]; then echo "$keep" >"$work/$1"; else rm "$work/$1"; fi
	}
	one credential/a.h '#include "keys/trust.h"' 'credential/a.h:2: credential/ may not include keys/trust.h'
	one credential/a.h ' #  include "edge/why.h"' 'may not include edge/why.h'
	one credential/a.h '#include <unistd.h>' 'credential/ is pure and may not include <unistd.h>'
	one credential/a.h '#include <time.h>' '<time.h>'
	one credential/a.h '#include <openssl/evp.h>' '<openssl/evp.h>'
	one credential/a.h '#include "../keys/trust.h"' 'include from the root'
	one keys/trust.h '#include "registry/registry.h"' 'keys/ may not include registry/registry.h'
	one keys/trust.h '#include <credential/a.h>' '"credential/a.h", not'
	one keys/trust.h '#include "unknown/x.h"' 'may not include unknown/x.h'
	one verifier/v.c '#include "issuer/batch.h"' 'verifier/ may not include issuer/batch.h'
	one verifier/v.c '#include "keys/signer.h"' 'a verifier takes only'
	one verifier/v.c '#include "edge/file_int.h"' 'is for edge/ alone'
	one issuer/i.c '#include "verifier/v.h"' 'issuer/ may not include verifier/v.h'
	one issuer/i.inc '#include "verifier/v.h"' 'issuer/ may not include verifier/v.h'

	library() { # C text, what must be said; nothing: it is fine
		echo "$1" | gcc -O0 -w -fPIE -x c -c -o "$work/x.o" - || return
		rm -f "$work/x.a"
		ar rcs "$work/x.a" "$work/x.o"
		if [ -n "$2" ]; then
			expect "$2" "$work/x.a"
		else
			"$self" "$work" "$work/x.a" >/dev/null ||
			    complain "self-test: a good library is refused"
		fi
	}
	library 'int memcmp(); int f(void){return memcmp("a","b",1);} const char *const t[]={"a"};' ''
	library 'void *malloc(); void *f(void){return malloc(1);}' 'calls malloc'
	library 'int time(); int f(void){return time(0);}' 'calls time'
	library 'char *getenv(); char *f(void){return getenv("A");}' 'calls getenv'
	library 'int printf(); int f(void){return printf("a%d", 1);}' 'calls printf'
	library 'static int n; int f(void){return n++;}' 'has variables'
	library 'int n = 1; int f(void){return n++;}' 'has variables'
	library '_Thread_local int n; int f(void){return n++;}' 'has variables'
	[ $bad -eq 0 ] && echo "self-test: finds what it should"
}

if [ "${1-}" = --self-test ]; then
	self_test
else
	cd "${1:?usage: check_layers.sh SOURCE_DIR [LIBRARY.a…]}" || exit 2
	shift
	check_sources
	[ $# -eq 0 ] || check_libraries "$@"
	check_programs
fi
if [ $bad -gt 0 ]; then
	echo "check_layers: $bad faults" >&2
	exit 1
fi
