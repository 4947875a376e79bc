#!/bin/bash
# crash_replace.sh [all]: kill tamga-issuer in the middle of a replacement,
# give the same command again, and look: one replacement, the old one
# superseded, both linked, the log whole.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C.UTF-8 LANGUAGE=en
. "$here/home.bash"
points=${TAMGA_CRASH_POINTS:-3}
[ "${1-}" = all ] && points=1000000
dir=$(mktemp -d "${TMPDIR:-/tmp}/tamga-crash.XXXXXX")
trap 'rm -rf "$dir"' EXIT
issuer=$TAMGA_BIN/tamga-issuer
die() { echo "crash_replace: $*" >&2; exit 1; }
"$here/crash_home.sh" "$dir/made" 1
good_roster >"$dir/good.csv"
"$issuer" issue --home "$dir/made/body" --pass-file "$dir/made/pass" \
    --batch b -q "$dir/good.csv" >/dev/null
number=${PREFIX}204000001
fresh() {
	rm -rf "$dir/home"
	cp -r "$dir/made/body" "$dir/home"
}
replace() { # -q: no hint
	"$@" "$issuer" replace --home "$dir/home" --pass-file "$dir/made/pass" \
	    --number $number --reason lost --yes --json -q
}
field() { # index field
	"$issuer" show --home "$dir/home" --index "$1" --json | jq -r ".$2"
}
runs=0
finish() { # what
	local what=$1 out
	# Before it is finished: superseded only by one that is in the log.
	if [ "$(field 0 status)" = superseded ]; then
		[ "$(sed -n 2p "$dir/home/log/checkpoint")" -eq 6 ] ||
		    die "$what: superseded by one that is not in the log"
	fi
	out=$(replace env) || die "$what: the second run ended with $?"
	[ "$(jq -c '[.index,.by]' <<<"$out")" = "[0,5]" ] || die "$what: $out"
	[ "$(field 0 status)" = superseded ] || die "$what: not superseded"
	[ "$(field 5 status)" = valid ] || die "$what: not valid"
	[ "$(field 0 replaced_by)" = 5 ] || die "$what: no link"
	[ "$(field 5 replaces)" = 0 ] || die "$what: no link back"
	[ "$(field 5 number)" = $number ] || die "$what: number"
	[ "$(sed -n 2p "$dir/home/log/checkpoint")" -eq 6 ] ||
	    die "$what: log of another size"
	"$issuer" verify --home "$dir/home" -q >"$dir/verify" ||
	    die "$what: verify: $(cat "$dir/verify")"
	runs=$((runs + 1))
}

fresh
replace strace -qq -c -S name -o "$dir/counts" >/dev/null
for call in fdatasync fsync pwrite64 rename linkat; do
	total=$(awk -v c=$call '$NF == c { print $4 }' "$dir/counts")
	[ -n "$total" ] || continue
	step=$((total / points))
	[ $step -gt 0 ] || step=1
	for n in $(seq $((1 + step / 2)) $step "$total"); do
		fresh
		s=0
		replace strace -qq -e trace=$call -o /dev/null \
		    -e inject=$call:signal=KILL:when="$n" \
		    >/dev/null 2>&1 || s=$?
		[ $s -eq 137 ] || die "$call $n of $total: not killed, but $s"
		finish "killed at $call $n of $total"
	done
done
[ $runs -gt 0 ] || die "nothing was run"
echo "crash_replace: $runs disturbed runs; replaced once each"
