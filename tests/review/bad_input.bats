#!/usr/bin/env bats
# What bad input and bad luck get from tamga-review: the right answer with its
# code, nothing booked twice, nothing lost.
bats_require_minimum_version 1.5.0
load ../issuer/home

N=150

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en D=$BATS_FILE_TMPDIR
	export PATH=$TAMGA_BIN:$TAMGA_TESTS:$PATH
	make_homes "$D" '*'
	cd "$D"
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people $N --kinds 2 --seed 5 >roster.csv
	tamga-issuer issue --home body roster.csv --batch y --pass-file pass -q
	tamga-issuer publish --home body --out pub --pass-file pass -q
	tamga-keys authority publish --home authority --out pub --pass-file pass -q
	review-entries sqlite:body/registry.db https://verify.tamga.example/ >entries
	"$TAMGA_SOURCE/tests/data/make_claims.py" <entries >claims.csv
	"$TAMGA_SOURCE/tests/data/make_claims.py" --rules >rules.ini
}

setup() {
	cd "$D"
	H=$BATS_TEST_TMPDIR
}

review() { # command and its arguments
	tamga-review "$@" --home "$H" --pub pub --anchor authority/anchor.pem \
	    --rules rules.ini
}

# The same as the process itself, to be killed.
review_in_place() {
	exec tamga-review "$@" --home "$H" --pub pub \
	    --anchor authority/anchor.pem --rules rules.ini
}

# "fail C03" of a row, by its place in the table.
of() { jq -r "select(.row == $1) | [.verdict] + .codes | join(\" \")" <<<"$output"; }

# Claims in the ledger, and how many of them are there once.
in_ledger() { tamga-review list --home "$H" --json | jq -r .claim | sort | uniq -c |
	awk '{ n++; once += $1 == 1 } END { print n + 0, once + 0 }'; }

@test "wrong columns: which is missing, which stands twice, and none at all" {
	sed '1s/金额/钱/' claims.csv >"$H/c.csv"
	run --separate-stderr review check "$H/c.csv"
	[ "$status" = 2 ]
	[[ "$stderr" == *"row 1: the column 金额 is missing"* ]]
	sed '1s/手机号/证件号/' claims.csv >"$H/c.csv"
	run --separate-stderr review check "$H/c.csv"
	[ "$status" = 2 ]
	[[ "$stderr" == *"two columns mean 证件号码"* ]]
	sed 1d claims.csv >"$H/c.csv"
	run --separate-stderr review check "$H/c.csv"
	[ "$status" = 2 ]
	[[ "$stderr" == *"no header row with 姓名 and 申领编号"* ]]
	: >"$H/c.csv"
	run --separate-stderr review book "$H/c.csv" --yes
	[ "$status" = 2 ]
	[[ "$stderr" == *"c.csv"* ]]
	[ "$(in_ledger)" = "0 0" ]
}

@test "GB18030 and UTF-16 are read like UTF-8; a mixture is refused, naming the row" {
	head -6 claims.csv >"$H/c.csv"
	run --separate-stderr review check "$H/c.csv" --json
	want=$output
	for to in GB18030 UTF-16; do
		iconv -t $to "$H/c.csv" >"$H/other.csv"
		run --separate-stderr review check "$H/other.csv" --json
		[ "$output" = "$want" ]
	done
	{ head -4 "$H/c.csv"; sed -n 5,6p "$H/c.csv" | iconv -t GB18030; } >"$H/mixed.csv"
	run --separate-stderr review check "$H/mixed.csv" --json
	[ "$status" = 2 ]
	echo "$stderr"
	[[ "$stderr" == *"mixed.csv"*"row 5"* ]]
	run --separate-stderr review book "$H/mixed.csv" --yes
	[ "$status" = 2 ]
}

@test "another person's certificate, a number of two people, one ID with two names" {
	head -4 claims.csv >"$H/c.csv"
	/usr/bin/python3 - "$H/c.csv" <<-'END'
	import csv, sys
	rows = list(csv.DictReader(open(sys.argv[1])))
	theirs = dict(rows[0], 申领编号="X1", 姓名=rows[1]["姓名"], 证件号码=rows[1]["证件号码"])
	number = dict(rows[1], 申领编号="X2", 姓名="某某", 证件号码="11010519491231002X", 二维码="")
	name = dict(rows[2], 申领编号="X3", 姓名="另一人", 二维码="", 证书编号="")
	with open(sys.argv[1], "a", newline="") as f:
	    csv.DictWriter(f, rows[0].keys()).writerows([theirs, number, name])
	END
	run --separate-stderr review check "$H/c.csv" --json
	[ "$status" = 1 ]
	[[ "$(of 5)" == "fail C03"* ]]
	[[ "$(of 6)" == "fail "*C11* ]]
	[[ "$(of 7)" == "fail "*C11* ]]
	# those whose certificates they are do not pay for it
	for row in 2 3 4; do [[ "$(of $row)" =~ ^(pass|warn) ]]; done
	run --separate-stderr review book "$H/c.csv" --yes --with-warnings --json
	[ "$status" = 1 ]
	[ "$(tail -1 <<<"$output" | jq -c '[.booked,.refused,.left]')" = "[3,0,3]" ]
}

@test "a table uploaded twice, under new claim numbers too" {
	run --separate-stderr review book claims.csv --yes --with-warnings --json
	[ "$(tail -1 <<<"$output" | jq -c '[.booked,.already,.refused,.left]')" = "[$N,0,0,0]" ]
	run --separate-stderr review book claims.csv --yes --with-warnings --json
	[ "$status" = 0 ]
	[ "$(tail -1 <<<"$output" | jq -c '[.booked,.already,.refused,.left]')" = "[0,$N,0,0]" ]
	sed 's/^2020-/2021-/' claims.csv >"$H/c.csv"
	run --separate-stderr review book "$H/c.csv" --yes --with-warnings --json
	[ "$status" = 1 ]
	[ "$(tail -1 <<<"$output" | jq -c '[.booked,.already,.refused,.left]')" = "[0,0,0,$N]" ]
	[[ "$(of 2)" == "fail "*C06* ]]
	# the same number with another content
	sed 's/,138/,139/' claims.csv >"$H/c.csv"
	run --separate-stderr review book "$H/c.csv" --yes --with-warnings --json
	[ "$status" = 1 ]
	[[ "$(of 2)" == "fail "*C17* ]]
	[ "$(in_ledger)" = "$N $N" ]
}

@test "two reviewers at once: each claim booked by one of them" {
	# both review before either has booked all
	for who in li wang; do
		review book claims.csv --yes --with-warnings --actor $who --json \
		    >"$H/$who" 2>"$H/$who.err" &
	done
	wait
	li=$(tail -1 "$H/li" | jq '.booked')
	wang=$(tail -1 "$H/wang" | jq '.booked')
	echo "$li $wang"
	[ $((li + wang)) = $N ]
	[ "$(in_ledger)" = "$N $N" ]
	[ "$(sqlite3 "$H/registry.db" "SELECT count(*), count(DISTINCT subject) FROM audit WHERE action = 'booked'")" = "$N|$N" ]
}

@test "killed while it books: nothing twice, nothing lost, the trail is whole" {
	kills=0
	for round in 1 2 3 4 5 6; do
		review_in_place book claims.csv --yes --with-warnings --json \
		    >"$H/out.$round" 2>/dev/null &
		pid=$!
		for _ in $(seq 600); do
			n=$(sqlite3 "file:$H/registry.db?mode=ro" 'SELECT count(*) FROM claim' 2>/dev/null || echo 0)
			[ "${n:-0}" -ge $((round * 20)) ] && break
			sleep 0.01
		done
		if kill -9 $pid 2>/dev/null; then kills=$((kills + 1)); fi
		wait $pid || true
		# what it said was booked is there
		jq -r 'select(.ledger == "done") | .row' "$H/out.$round" 2>/dev/null >"$H/said" || true
		[ "$(wc -l <"$H/said")" -le "$(in_ledger | cut -d' ' -f1)" ]
	done
	[ $kills -gt 0 ]
	before=$(in_ledger)
	[ "${before% *}" = "${before#* }" ]
	run --separate-stderr review book claims.csv --yes --with-warnings --json
	[ "$status" = 0 ]
	[ "$(tail -1 <<<"$output" | jq -c '[.booked + .already, .already]')" = "[$N,${before% *}]" ]
	[ "$(in_ledger)" = "$N $N" ]
	# each claim has its places, its line in the trail, and no other
	[ "$(sqlite3 "$H/registry.db" "SELECT (SELECT count(*) FROM claim_half), (SELECT count(*) FROM claim_year),
	    (SELECT count(*) FROM audit WHERE action = 'booked'), (SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok')")" \
	    = "$((2 * N))|$N|$N|0" ]
	run tamga-issuer audit --home body --registry "sqlite:$H/registry.db" -q
	echo "$output"
	[ "$status" = 0 ]
}

@test "a certificate revoked after it was paid for: what must be reclaimed" {
	cp -a body pub "$H"
	review book claims.csv --yes --with-warnings -q
	run tamga-review list --home "$H" --json
	ids=$(jq -r .claim <<<"$output" | head -3)
	tamga-review approve --home "$H" $ids --actor wang -q
	tamga-review pay --home "$H" $ids --actor zhao -q
	tamga-issuer revoke --home "$H/body" --index 1 --reason fraud --yes -q
	tamga-issuer publish --home "$H/body" --out "$H/pub" --pass-file pass -q
	run --separate-stderr tamga-review report --home "$H" --pub "$H/pub" \
	    --anchor authority/anchor.pem --json
	[ "$status" = 1 ]
	[ "$(jq -r '[.claim, .state, .certificate] | join(" ")' <<<"$output")" = \
	    "2020-000001 paid revoked" ]
	amount=$(jq -r .amount <<<"$output")
	[[ "$stderr" == *"1 no longer good, $amount yuan"* ]]
}
