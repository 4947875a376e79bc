#!/usr/bin/env bats
# What tamga-issuer says about the body itself.

bats_require_minimum_version 1.5.0
load home

@test "a body's code with a wrong check character is said, and stops nothing" {
	export LC_ALL=C.UTF-8 LANGUAGE=en
	cd "$BATS_TEST_TMPDIR"
	good_roster >good.csv
	make_homes good
	BODY_ID=91350203M0001QAY9B # a real one: domain.md 4.4
	make_homes real
	for made in good real; do
		run --separate-stderr "$TAMGA_BIN/tamga-issuer" check \
		    --home $made/body good.csv
		[ "$status" -eq 0 ]
		[ $made = good ] || [[ "$stderr" == *"$BODY_ID is no unified"* ]]
		[ $made = real ] || [[ "$stderr" != *unified* ]]
	done
	run --separate-stderr "$TAMGA_BIN/tamga-issuer" issue \
	    --home real/body --pass-file real/pass good.csv
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"$BODY_ID is no unified"* ]]
}
