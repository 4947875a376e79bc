#!/usr/bin/env bats
# tamga-issuer verify against what is published and printed; many at once.

bats_require_minimum_version 1.5.0
load home

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en
	make_homes "$BATS_FILE_TMPDIR/made"
	cd "$BATS_FILE_TMPDIR/made"
	good_roster >good.csv
	"$TAMGA_BIN/tamga-issuer" issue --home body --pass-file pass good.csv \
	    --batch b1 -q >/dev/null
	"$TAMGA_BIN/tamga-issuer" publish --home body --pass-file pass \
	    --out pub -q >/dev/null
	"$TAMGA_BIN/tamga-issuer" render --home body --batch b1 --pdf pdf -q
}

setup() {
	D=$BATS_TEST_TMPDIR
	cp -r "$BATS_FILE_TMPDIR/made/." "$D"
	cd "$D"
	P="--pass-file $D/pass"
	H="--home $D/body"
	PUB=pub/bodies/$BODY_ID
	N0=${PREFIX}204000001
}

issuer() {
	"$TAMGA_BIN/tamga-issuer" "$@"
}

verify() { # status, options: last line's [wrong, behind] must be $2
	local want=$1 sum=$2
	shift 2
	run --separate-stderr issuer verify $H --json "$@"
	[ "$status" -eq "$want" ] || return 1
	[ "$(jq -c '[.wrong,.behind]' <<<"${lines[-1]}")" = "$sum" ]
}

@test "all agrees" {
	find pub pdf body | sort >before
	verify 0 "[0,0]" --pub pub --pdf pdf
	find pub pdf body | sort | cmp - before
}

@test "behind: what is not published yet, in words" {
	issuer revoke $H --index 1 --reason fraud --yes -q >/dev/null
	issuer replace $H $P --index 0 --reason lost --yes -q >/dev/null
	verify 0 "[0,2]" --pub pub
	[[ "$output" == *"1 certificates are not published: run publish"* ]]
	[[ "$output" == *"2 changes of status are not published"* ]]
	issuer publish $H $P --out pub -q >/dev/null
	verify 0 "[0,0]" --pub pub
}

@test "an old copy of the home: published lists and log are ahead" {
	cp -r body old
	issuer revoke $H --index 1 --reason fraud --yes -q >/dev/null
	issuer replace $H $P --index 0 --reason lost --yes -q >/dev/null
	issuer publish $H $P --out pub -q >/dev/null
	H="--home $D/old"
	# longer log, newer list, two final statuses taken back
	verify 1 "[4,0]" --pub pub
	[[ "$output" == *"restore the newest backup"* ]]
	[[ "$output" == *"which is final"* ]]
}

@test "nothing, something foreign, something damaged published" {
	verify 1 "[2,0]" --pub nowhere
	[[ "$output" == *"run publish"* ]]
	printf '\377' | dd of=$PUB/log/tile/entries/000.p/5 bs=1 seek=10 \
	    conv=notrunc status=none
	verify 1 "[1,0]" --pub pub
	echo x >$PUB/status/0
	verify 1 "[2,0]" --pub pub
	sed -i 's/^5$/4/' $PUB/log/checkpoint
	verify 1 "[2,0]" --pub pub
	[[ "$output" == *"no checkpoint of this log"* ]]
}

@test "PDFs: changed, missing, foreign, superseded" {
	cp pdf/index-00000003.pdf pdf/index-00000004.pdf
	verify 1 "[1,0]" --pdf pdf
	[ "$(jq -c 'select(.check == "pdf") | .index' <<<"$output")" = 4 ]
	cp pdf/index-00000003.pdf pdf/other.pdf
	rm pdf/index-00000004.pdf pdf/$N0.pdf
	verify 1 "[1,1]" --pdf pdf
	[[ "$output" == *"other.pdf"*"where is it from"* ]]
	[[ "$output" == *"2 certificates have no PDF"* ]]
	rm pdf/other.pdf
	issuer revoke $H --index 3 --reason fraud --yes -q >/dev/null
	verify 1 "[1,1]" --pdf pdf
	[[ "$output" == *"destroy it"* ]]
	rm pdf/index-00000003.pdf
	issuer render $H --batch b1 --pdf pdf -q
	verify 0 "[0,0]" --pdf pdf --batch b1
	# The old paper of a replaced one reads as another.
	issuer replace $H $P --index 0 --reason lost --yes -q >/dev/null
	verify 1 "[1,0]" --pdf pdf
	run issuer verify $H --pdf nowhere
	[ "$status" -eq 2 ]
}

@test "many at once take --yes, whatever was typed" {
	printf '[status]\nmass = 2\n' >body/tamga.conf
	printf '0\n1\n2\n' >list
	run --separate-stderr issuer revoke $H --file list --reason x </dev/null
	[ "$status" -eq 2 ]
	run --separate-stderr script -qec "'$TAMGA_BIN/tamga-issuer' revoke $H \
	    --file list --reason x" /dev/null <<<"yes"
	[ "$status" -eq 2 ]
	[[ "$output" == *"more than 2 at once"* ]]
	run script -qec "'$TAMGA_BIN/tamga-issuer' revoke $H --yes \
	    --file list --reason x" /dev/null <<<"2"
	[ "$status" -eq 2 ]
	[ "$(issuer list $H --json | jq -r .status | sort -u)" = valid ]
	run script -qec "'$TAMGA_BIN/tamga-issuer' revoke $H --yes \
	    --file list --reason x" /dev/null <<<"3"
	[ "$status" -eq 0 ]
	[ "$(issuer list $H --json --status revoked | wc -l)" -eq 3 ]
	# Few are as before; without a terminal --yes is enough.
	run --separate-stderr issuer suspend $H --index 3 --index 4 \
	    --reason x --yes
	[ "$status" -eq 0 ]
}
