#!/usr/bin/env bats
# Several issuers of one body, each with a home of its own (another machine), on
# one PostgreSQL: at the same time, one killed, no number or index given twice.

bats_require_minimum_version 1.5.0
load ../issuer/home

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en
	make_homes "$BATS_FILE_TMPDIR/made" '*'
	mkfifo "$BATS_FILE_TMPDIR/ask"
	"$TAMGA_PG_SERVER" <"$BATS_FILE_TMPDIR/ask" \
	    >"$BATS_FILE_TMPDIR/specs" 2>&1 3>&- &
	exec 8>"$BATS_FILE_TMPDIR/ask"
	echo spec >&8
	echo spec >&8
	for _ in $(seq 300); do
		[ "$(wc -l <"$BATS_FILE_TMPDIR/specs")" -lt 2 ] || return 0
		sleep 0.1
	done
	cat "$BATS_FILE_TMPDIR/specs" >&2
	return 1
}

teardown_file() {
	exec 8>&-
	wait
}

setup() {
	cp -r "$BATS_FILE_TMPDIR/made/." "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR"
	cp -r body body2
	for i in 1 2; do
		"$TAMGA_SOURCE/tests/data/make_roster.py" --people 1300 --seed $i --kinds 2 >r$i.csv
	done
	R="--registry $(sed -n "${BATS_TEST_NUMBER}p" "$BATS_FILE_TMPDIR/specs")"
	P="--pass-file pass"
}

issuer() {
	"$TAMGA_BIN/tamga-issuer" "$@"
}

all_once() { # expected
	issuer list --home body $R --json >all
	[ "$(wc -l <all)" = "$1" ]
	[ "$(jq -r .number all | sort | uniq -d | wc -l)" = 0 ]
	[ "$(jq -r .index all | sort -n | tail -1)" = $(($1 - 1)) ]
	[ "$(jq -r '.batch + " " + (.row | tostring)' all | sort -u | wc -l)" = "$1" ]
	issuer verify --home body $R -q
	issuer verify --home body2 $R -q
	cmp body/log/checkpoint body2/log/checkpoint
}

@test "two issue different rosters at the same time" {
	issuer issue --home body $P $R r1.csv --batch b1 --json >o1 2>e1 3>&- &
	local first=$! second
	issuer issue --home body2 $P $R r2.csv --batch b2 --json >o2 2>e2 3>&- &
	second=$!
	wait $first || { cat e1; false; }
	wait $second || { cat e2; false; }
	grep -q '"batch":"b1","issued":1300,"already":0,"refused":0' o1
	grep -q '"batch":"b2","issued":1300,"already":0,"refused":0' o2
	# Whoever was first to end has not seen the rest of the log yet.
	issuer publish --home body $P $R --out pub -q
	issuer publish --home body2 $P $R --out pub -q
	all_once 2600
	"$TAMGA_BIN/tamga-keys" authority publish --home authority $P --out pub -q
	"$TAMGA_BIN/tamga-audit" pub --anchor authority/anchor.pem -q
}

@test "one is killed: the other is not held up, and its rest comes again" {
	issuer issue --home body $P $R r1.csv --batch b1 -q >/dev/null 2>&1 3>&- &
	killed=$!
	issuer issue --home body2 $P $R r2.csv --batch b2 --json >o2 2>e2 3>&- &
	other=$!
	for _ in $(seq 200); do
		n=$(issuer list --home body2 $R --json --batch b1 2>/dev/null | wc -l)
		[ "$n" = 0 ] || break
		sleep 0.05
	done
	kill -KILL $killed 2>/dev/null || true
	wait $other
	grep -q '"batch":"b2","issued":1300,"already":0,"refused":0' o2
	issuer issue --home body $P $R r1.csv --batch b1 --json >o1
	[ "$(tail -1 o1 | jq '.issued + .already')" = 1300 ]
	issuer publish --home body2 $P $R --out pub -q
	all_once 2600
}
