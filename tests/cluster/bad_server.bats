#!/usr/bin/env bats
# What a server in trouble gets from the programs: a named message and exit 2, or
# attempts that are counted aloud; nothing half done.

bats_require_minimum_version 1.5.0
load ../issuer/home

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en
	make_homes "$BATS_FILE_TMPDIR/made" '*'
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people 1300 --seed 7 --kinds 2 \
	    >"$BATS_FILE_TMPDIR/made/r.csv"
}

setup() {
	cp -r "$BATS_FILE_TMPDIR/made/." "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR"
	P="--pass-file pass"
	H="--home body"
	SPEC=
}

teardown() {
	exec 8>&-
	[ -z "${SERVER-}" ] || wait "$SERVER" || true
	[ -z "${FULL-}" ] || { umount "$FULL"; rmdir "$FULL"; }
}

start_server() {
	mkfifo ask
	: >said # read before the server is there
	"$TAMGA_PG_SERVER" <ask >said 2>&1 3>&- &
	SERVER=$!
	exec 8>ask
	server spec
	SPEC=$(tail -1 said)
}

server() { # command: until it is done
	local n
	n=$(wc -l <said)
	echo "$1" >&8
	for _ in $(seq 1200); do
		[ "$(wc -l <said)" = "$n" ] || return 0
		sleep 0.1
	done
	cat said
	return 1
}

signal_server() { # STOP or CONT, all of its processes
	local pid
	server pid
	pid=$(tail -1 said)
	kill -"$1" "$pid" $(cat "/proc/$pid/task/$pid/children")
}

issuer() {
	timeout 300 "$TAMGA_BIN/tamga-issuer" "$@" 8>&-
}

sql() { # statement; as the administrator
	psql -XAtq "$(sed 's/&options.*//' <<<"$SPEC")" \
	    -c "SET search_path = ${SPEC##*%3D}" -c "$1" 8>&-
}

# Until some rows are there.
under_way() {
	for _ in $(seq 1200); do
		n=$(sql 'SELECT count(*) FROM entry' 2>/dev/null || echo 0)
		[ "${n:-0}" = 0 ] || return 0
		sleep 0.1
	done
	return 1
}

whole() { # all of r.csv is there, once
	[ "$(issuer list $H --registry "$SPEC" --json | jq -r .number | sort -u | wc -l)" = 1300 ]
	[ "$(issuer list $H --registry "$SPEC" --json | wc -l)" = 1300 ]
	issuer verify $H --registry "$SPEC" -q
}

@test "a wrong address, a schema too new or too old, no right to write" {
	start_server
	for wrong in "${SPEC/\/postgres?/\/nosuch?}" "${SPEC/tamga@/nobody@}" \
	    "${SPEC/port=/port=1}"; do
		run --separate-stderr -2 issuer db migrate --registry "$wrong"
		[[ $stderr == *": no connection: "* ]]
	done
	run --separate-stderr -2 issuer db migrate --registry 'postgresql://[::1/x'
	[[ $stderr == *"no address of PostgreSQL"* ]]
	issuer db migrate --registry "$SPEC" -q
	sql 'UPDATE tamga_schema SET version = 2'
	run --separate-stderr -2 issuer issue $H $P r.csv --registry "$SPEC"
	[[ $stderr == *"schema version 2, this program knows up to 1"* ]]
	run --separate-stderr -2 "$TAMGA_BIN/tamga-review" list --home desk --registry "$SPEC"
	[[ $stderr == *"made by a newer Tamga"* ]]
	sql 'UPDATE tamga_schema SET version = 0'
	run --separate-stderr -2 issuer issue $H $P r.csv --registry "$SPEC"
	[[ $stderr == *"schema version 0, older than 1"* ]]
	sql 'UPDATE tamga_schema SET version = 1'
	run --separate-stderr -2 issuer issue $H $P r.csv \
	    --registry "$SPEC%20-cdefault_transaction_read_only%3Don"
	[[ $stderr == *"only a standby answers"* ]]
	[ "$(sql 'SELECT count(*) FROM entry')" = 0 ]
}

@test "somebody holds the turn for longer than the limit" {
	start_server
	issuer db migrate --registry "$SPEC" -q
	sql 'BEGIN; SELECT turn FROM writer FOR UPDATE; SELECT pg_sleep(600)' &
	local holder=$!
	for _ in $(seq 600); do
		[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")" = 1 ] && break
		sleep 0.1
	done
	run --separate-stderr -2 issuer issue $H $P r.csv \
	    --registry "$SPEC%20-cstatement_timeout%3D700"
	[[ $stderr == *"no answer within the time limit"* ]]
	kill $holder
	sql "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'PgSleep'" >/dev/null
}

@test "the server dies in the middle and comes back: it goes on, saying so" {
	start_server
	issuer issue $H $P r.csv --batch b --registry "$SPEC" --json >out 2>err 3>&- &
	local job=$!
	under_way
	server kill
	server start
	wait $job || { cat err; false; }
	grep -q '^attempt 1: registry .*; trying again$' err
	grep -q '"issued":1300,"already":0,"refused":0' out
	whole
}

@test "a server that hangs: an end at the start, attempts in the middle" {
	start_server
	signal_server STOP
	run --separate-stderr -2 timeout -s KILL 120 \
	    "$TAMGA_BIN/tamga-issuer" db migrate --registry "$SPEC"
	signal_server CONT
	[[ $stderr == *"no connection: "*timeout* ]]
	issuer issue $H $P r.csv --batch b --json \
	    --registry "$SPEC%20-cstatement_timeout%3D1500" >out 2>err 3>&- &
	local job=$!
	under_way
	signal_server STOP
	for _ in $(seq 600); do
		! grep -q '^attempt 1:' err || break
		sleep 0.1
	done
	signal_server CONT
	wait $job || { cat err; false; }
	grep -q '^attempt 1: registry .*; trying again$' err
	grep -q '"issued":1300,"already":0,"refused":0' out
	whole
}

@test "the server's disk is full: exit 2, and all of it once there is room" {
	FULL=$(mktemp -d /tmp/tamga-full.XXXXXX)
	mount -t tmpfs -o size=160m,mode=755 tmpfs "$FULL"
	export TMPDIR=$FULL
	start_server
	issuer db migrate --registry "$SPEC" -q
	sql CHECKPOINT
	# All but a little; the log has its own room already.
	dd if=/dev/zero of="$FULL/fill" bs=64k 2>/dev/null || true
	truncate -s -192k "$FULL/fill"
	run --separate-stderr -2 issuer issue $H $P r.csv --batch b --registry "$SPEC" --json
	echo "$stderr"
	[[ $stderr == *"no space left on the server's disk"* ]]
	rm "$FULL/fill"
	run --separate-stderr -0 issuer issue $H $P r.csv --batch b --registry "$SPEC" --json
	[ "$(tail -1 <<<"$output" | jq '.issued + .already')" = 1300 ]
	whole
	server kill
}
