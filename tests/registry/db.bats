#!/usr/bin/env bats
# The programs on PostgreSQL: issue, move from SQLite, back up, be refused.

bats_require_minimum_version 1.5.0
load ../issuer/home

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en
	make_homes "$BATS_FILE_TMPDIR/made" '*'
	mkfifo "$BATS_FILE_TMPDIR/ask"
	"$TAMGA_PG_SERVER" <"$BATS_FILE_TMPDIR/ask" \
	    >"$BATS_FILE_TMPDIR/specs" 2>&1 3>&- &
	exec 8>"$BATS_FILE_TMPDIR/ask"
	for _ in 1 2 3; do echo spec >&8; done
	for _ in $(seq 300); do
		[ "$(wc -l <"$BATS_FILE_TMPDIR/specs")" -lt 3 ] || return 0
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
	P="--pass-file pass"
	H="--home body"
	good_roster >good.csv
}

spec() {
	sed -n "${1}p" "$BATS_FILE_TMPDIR/specs"
}

issuer() {
	"$TAMGA_BIN/tamga-issuer" "$@"
}

@test "a body on SQLite moves to PostgreSQL and goes on" {
	issuer issue $H $P good.csv --batch b1 -q >/dev/null
	run --separate-stderr -0 issuer db copy sqlite:body/registry.db "$(spec 1)"
	[[ $output == *" 5 certificates and "*"all the same" ]]
	R="--registry $(spec 1)"
	# The same rows are there already, the same bytes are shown.
	run --separate-stderr -0 issuer issue $H $P $R good.csv --batch b1 --json
	[[ $output == *'"issued":0,"already":5,"refused":0'* ]]
	diff <(issuer list $H --json) <(issuer list $H $R --json)
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people 20 --seed 5 --kinds 2 >more.csv
	run --separate-stderr -0 issuer issue $H $P $R more.csv --batch b2 --json
	[[ $output == *'"issued":20,"already":0,"refused":0'* ]]
	run --separate-stderr -0 issuer verify $H $R
	run --separate-stderr -0 issuer publish $H $P $R --out pub -q
	# Into what is not empty: never.
	run --separate-stderr -2 issuer db copy sqlite:body/registry.db "$(spec 1)"
	[[ $stderr == *"not empty"* ]]
}

@test "a backup of PostgreSQL is a registry of SQLite" {
	R="--registry $(spec 2)"
	issuer issue $H $P $R good.csv --batch b1 -q >/dev/null
	run --separate-stderr -0 issuer backup $H $R --out saved
	diff <(issuer list $H $R --json) \
	    <(issuer list $H --registry sqlite:saved/registry.db --json)
	run --separate-stderr -0 issuer db status $H $R --json
	[[ $output == *'"engine":"postgresql"'*'"version":1,"epoch":1,"standby":false,"behind_s":0,"standbys":0,"next_index":5,"log_size":5}' ]]
	[[ $output != *tamga@* ]]
}

# The first one may have been left without a standby's word.
@test "what is so already is written and waited for all the same" {
	R="--registry $(spec 2)"
	turn() { psql -AtX "$(spec 2)" -c 'SELECT turn FROM writer'; }
	issuer issue $H $P $R good.csv --batch b1 -q >/dev/null
	issuer revoke $H $R --index 1 --reason fraud --yes -q
	had=$(turn)
	run --separate-stderr -0 issuer revoke $H $R --index 1 --reason fraud --yes --json
	[[ $output == *'"index":1,"action":"revoke","changed":false'* ]]
	[ "$(turn)" -eq $((had + 1)) ]
	# And only then.
	run --separate-stderr -0 issuer revoke $H $R --index 1 --reason fraud --dry-run
	[ "$(turn)" -eq $((had + 1)) ]
}

@test "what is wrong is named, with exit 2" {
	run --separate-stderr -2 issuer list $H --registry "$(spec 3)"
	[[ $stderr == *"there is no registry"* ]]
	run --separate-stderr -0 issuer db migrate $H --registry "$(spec 3)"
	[[ $output == *"schema version 1"* ]]
	run --separate-stderr -2 issuer issue $H $P good.csv \
	    --registry postgresql://u:geheim@127.0.0.1/x
	[[ $stderr == *PGPASSFILE* && $stderr != *geheim* ]]
	run --separate-stderr -2 issuer issue $H $P good.csv \
	    --registry postgresql://127.0.0.1:1/x
	[[ $stderr == *"127.0.0.1:1/x: no connection"* ]]
	LANGUAGE=zh run --separate-stderr -2 issuer issue $H $P good.csv \
	    --registry postgresql://127.0.0.1:1/x
	[[ $stderr == *无法连接* ]]
	run --separate-stderr -2 issuer db copy sqlite:body/none.db "$(spec 3)"
	[[ $stderr == *"no registry at body/none.db"* ]]
	run --separate-stderr -2 issuer db copy sqlite:body/registry.db
	[[ $stderr == *"FROM and TO"* ]]
}
