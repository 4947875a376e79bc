#!/bin/bash
# crash.sh [all]: kill tamga-issuer in the middle of issuing two chunks, run it
# again, and count: nothing lost, nothing twice, nothing changed that was there.
#
# strace kills the process (SIGKILL) as it enters its n-th fdatasync, fsync,
# pwrite64, rename, linkat or write; the second run is not disturbed. The third
# part makes writes fail with ENOSPC and EIO: exit 2, and the next run is
# right. Every call of a smaller run: test_issue_fault. This one is of the
# program as it is, from the outside. Without "all", a few points of each kind.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C.UTF-8 LANGUAGE=en
. "$here/home.bash"
points=${TAMGA_CRASH_POINTS:-1}
[ "${1-}" = all ] && points=1000000
dir=$(mktemp -d "${TMPDIR:-/tmp}/tamga-crash.XXXXXX")
trap 'rm -rf "$dir"' EXIT
people=620 # two chunks
"$here/crash_home.sh" "$dir/made" $people
cp "$dir/made/b1.csv" "$dir/roster.csv"
runs=0
die() { echo "crash: $*" >&2; exit 1; }
issue() {
	"$@" "$TAMGA_BIN/tamga-issuer" issue --home "$dir/home" \
	    --pass-file "$dir/made/pass" --batch b --json "$dir/roster.csv"
}
fresh() {
	rm -rf "$dir/home"
	cp -r "$dir/made/body" "$dir/home"
}
# Entries of the log, 34 bytes each, in order. A full tile that was being
# written counts for nothing yet: the partial one still holds what was signed.
entries() {
	find "$dir/home/log/tile/entries" -type f 2>/dev/null | sort -V |
	    while read -r f; do
		case $f in
		*.p/*) is_full "${f%.p/*}" || echo "$f" ;;
		*) ! is_full "$f" || echo "$f" ;;
		esac
	    done | xargs -r cat 2>/dev/null
}
is_full() { [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -eq $((256 * 34)) ]; }

# After a disturbed run: what was acknowledged, then everything.
finish() { # what
	local what=$1 out size
	size=0
	[ -s "$dir/home/log/checkpoint" ] &&
	    size=$(sed -n 2p "$dir/home/log/checkpoint")
	entries | head -c $((size * 34)) >"$dir/before"
	out=$(issue env) || die "$what: the second run ended with $?"
	out=$(tail -n 1 <<<"$out")
	[ "$(jq '.issued + .already' <<<"$out")" -eq $people ] ||
	    die "$what: $out"
	[ "$(jq .refused <<<"$out")" -eq 0 ] || die "$what: $out"
	entries | head -c $((size * 34)) | cmp -s - "$dir/before" ||
	    die "$what: entries changed that were in a signed checkpoint"
	"$TAMGA_BIN/tamga-issuer" verify --home "$dir/home" -q >"$dir/verify" ||
	    die "$what: verify: $(cat "$dir/verify")"
	"$TAMGA_BIN/tamga-issuer" list --home "$dir/home" --json >"$dir/list"
	[ "$(wc -l <"$dir/list")" -eq $people ] || die "$what: wrong count"
	[ "$(jq -r .row "$dir/list" | sort -u | wc -l)" -eq $people ] ||
	    die "$what: a row twice"
	[ "$(jq -r .index "$dir/list" | sort -u | wc -l)" -eq $people ] ||
	    die "$what: an index twice"
	[ "$(jq -r '.number // empty' "$dir/list" | sort | uniq -d | wc -l)" -eq 0 ] ||
	    die "$what: a number twice"
	[ "$(sed -n 2p "$dir/home/log/checkpoint")" -eq $people ] ||
	    die "$what: gaps in the log"
	out=$(issue env | tail -n 1)
	[ "$(jq .already <<<"$out")" -eq $people ] || die "$what: again: $out"
	runs=$((runs + 1))
}

# How often does an undisturbed run make each call? Of its first thread: strace
# counts for each by itself.
fresh
issue strace -qq -c -S name -o "$dir/counts" >/dev/null
calls() { awk -v c="$1" '$NF == c { print $4 }' "$dir/counts"; }

spread() { # total: some of 1..total
	local total=$1 step
	step=$((total / points))
	[ $step -gt 0 ] || step=1
	seq $((1 + step / 2)) $step "$total"
}

for call in fdatasync fsync pwrite64 rename linkat write; do
	total=$(calls $call)
	[ -n "$total" ] || continue
	for n in $(spread "$total"); do
		fresh
		s=0
		issue strace -qq -e trace=$call -o /dev/null \
		    -e inject=$call:signal=KILL:when="$n" >/dev/null 2>&1 || s=$?
		[ $s -eq 137 ] || die "$call $n of $total: not killed, but $s"
		finish "killed at $call $n of $total"
	done
done

for error in ENOSPC EIO; do
	for call in fdatasync fsync pwrite64 rename; do
		total=$(calls $call)
		[ -n "$total" ] || continue
		for n in $(spread "$total" | head -n $points); do
			fresh
			s=0
			issue strace -qq -e trace=$call -o "$dir/trace" \
			    -e inject=$call:error=$error:when="$n" \
			    >/dev/null 2>"$dir/err" || s=$?
			grep -q INJECTED "$dir/trace" ||
			    die "$error at $call $n: it did not fail"
			[ $s -eq 2 ] || [ $s -eq 0 ] ||
			    die "$error at $call $n: exit $s: $(cat "$dir/err")"
			[ $s -eq 0 ] || [ -s "$dir/err" ] ||
			    die "$error at $call $n: no message"
			finish "$error at $call $n of $total"
		done
	done
done
[ $runs -gt 0 ] || die "nothing was run"
echo "crash: $runs disturbed runs; lost 0, twice 0, changed 0"
