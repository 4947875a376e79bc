#!/usr/bin/env bats
# tamga-issuer void: indexes that a dead issuer reserved are given up.

bats_require_minimum_version 1.5.0
load home

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en
	local d=$BATS_FILE_TMPDIR n
	"$TAMGA_SOURCE/tests/issuer/crash_home.sh" "$d/made" 2 3
	issue "$d/made/body" "$d/made" 1
	# Killed between the reservation and the signatures: where that is, is
	# looked for. An entry that is reserved is what a dry run finds.
	for ((n = 1; n < 40; n++)); do
		rm -rf "$d/dead"
		cp -r "$d/made/body" "$d/dead"
		issue "$d/dead" "$d/made" 2 strace -qq \
		    -e trace=fdatasync -o /dev/null -e inject=fdatasync:signal=KILL:when=$n \
		    2>/dev/null || true
		[ "$(reserved "$d/dead" 2100-01-01)" -eq 3 ] && return 0
	done
	echo "no such moment" >&2
	return 1
}

issue() { # home, made, batch [strace …]
	local home=$1 made=$2 b=$3
	shift 3
	"$@" "$TAMGA_BIN/tamga-issuer" issue --home "$home" --json \
	    --pass-file "$made/pass" --batch "b$b" "$made/b$b.csv"
}

reserved() { # home, before
	"$TAMGA_BIN/tamga-issuer" void --home "$1" --reserved-before "$2" \
	    --reason test --dry-run --json | wc -l
}

setup() {
	M=$BATS_FILE_TMPDIR/made
	H=$BATS_TEST_TMPDIR/home
	cp -r "$BATS_FILE_TMPDIR/dead" "$H"
	cd "$BATS_TEST_TMPDIR"
}

issuer() {
	local c=$1
	shift
	"$TAMGA_BIN/tamga-issuer" "$c" --home "$H" "$@"
}

give_up() {
	issuer void --pass-file "$M/pass" --reason "issuer died" "$@"
}

@test "a dry run names them, by age, and changes nothing" {
	[ "$(reserved "$H" 2020-01-01)" -eq 0 ]
	run --separate-stderr issuer void --reserved-before 2100-01-01 \
	    --reason "issuer died" --dry-run --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.index,.action,.changed,.dry_run,.batch,.row]' \
	    <<<"${lines[0]}")" = '[2,"void",false,true,"b2",2]' ]
	[ "$(reserved "$H" 2100-01-01)" -eq 3 ]
}

@test "given up: void entries for good; the batch gets new indexes and numbers" {
	issuer list --json >before
	run --separate-stderr give_up --reserved-before 2100-01-01 --yes --json
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 3 ]
	[ "$(jq -c '[.index,.changed,.dry_run]' <<<"${lines[2]}")" = '[4,true,false]' ]
	[ "$(sed -n 2p "$H/log/checkpoint")" -eq 5 ]
	# No certificates: the list is of those.
	[ "$(issuer list --json | jq -r .index | xargs)" = "0 1" ]
	run issuer show --index 3
	[ "$status" -eq 0 ]
	[[ "$output" == *void* ]]
	[[ "$output" == *"issuer died"* ]]

	run --separate-stderr issue "$H" "$M" 2
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = '{"schema":1,"batch":"b2","issued":3,"already":0,"refused":0}' ]
	issuer list --json >again
	[ "$(jq -r 'select(.batch == "b2" and .status == "valid") | .index' \
	    again | xargs)" = "5 6 7" ]
	# No number of a void entry comes again.
	jq -r 'select(.index > 1) | .number // empty' before | sort >reserved
	jq -r 'select(.index > 4) | .number // empty' again | sort >new
	[ -s reserved ]
	[ "$(wc -l <new)" -eq "$(wc -l <reserved)" ]
	[ -z "$(comm -12 reserved new)" ]
	run --separate-stderr issuer verify --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.entries,.void,.log_size,.wrong]' <<<"$output")" = "[8,3,8,0]" ]
	run --separate-stderr issue "$H" "$M" 2
	[ "${lines[-1]}" = '{"schema":1,"batch":"b2","issued":0,"already":3,"refused":0}' ]
}

@test "an auditor finds void entries, revoked" {
	give_up --reserved-before 2100-01-01 --yes -q
	issuer publish --pass-file "$M/pass" --out pub -q >/dev/null
	"$TAMGA_BIN/tamga-keys" authority publish --home "$M/authority" \
	    --out pub --pass-file "$M/pass" -q >/dev/null
	run "$TAMGA_BIN/tamga-audit" pub --anchor "$M/authority/anchor.pem"
	[ "$status" -eq 0 ]
	# Three entries of 32 zero bytes, each after its length.
	zero=0020$(printf '0%.0s' {1..64})
	[[ "$(od -An -v -tx1 pub/bodies/$BODY_ID/log/tile/entries/000.p/5 |
	    tr -d ' \n')" == *"$zero$zero$zero" ]]
}

@test "those reserved later are finished; twice is once" {
	run --separate-stderr give_up --reserved-before 2020-01-01 --yes
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "0 void" ]
	[[ "$stderr" == *"finished 3 entries"* ]]
	run --separate-stderr give_up --reserved-before 2100-01-01 --yes
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "0 void" ]
	run --separate-stderr issue "$H" "$M" 2
	[ "${lines[-1]}" = '{"schema":1,"batch":"b2","issued":0,"already":3,"refused":0}' ]
}

@test "not without --yes, a reason, a time, the pass phrase: 2, and nothing is done" {
	run give_up --reserved-before 2100-01-01 </dev/null
	[ "$status" -eq 2 ]
	run issuer void --reserved-before 2100-01-01 --yes --pass-file "$M/pass"
	[ "$status" -eq 2 ]
	run give_up --yes
	[ "$status" -eq 2 ]
	[[ "$output" == *"--reserved-before"* ]]
	run give_up --yes --reserved-before yesterday
	[ "$status" -eq 2 ]
	[[ "$output" == *"not a time"* ]]
	echo wrong >wrong
	run issuer void --reserved-before 2100-01-01 --reason x --yes \
	    --pass-file wrong
	[ "$status" -eq 2 ]
	[ "$(reserved "$H" 2100-01-01)" -eq 3 ]
}
