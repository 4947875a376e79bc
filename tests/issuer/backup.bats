#!/usr/bin/env bats
# Backup and restore: a home comes back whole, and never behind what is public.

bats_require_minimum_version 1.5.0
load home

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en
	make_homes "$BATS_FILE_TMPDIR/made" '*'
	cd "$BATS_FILE_TMPDIR/made"
	good_roster >good.csv
	P="--pass-file pass"
	"$TAMGA_BIN/tamga-issuer" issue --home body $P good.csv --batch b1 -q >/dev/null
	"$TAMGA_BIN/tamga-issuer" publish --home body $P --out pub -q >/dev/null
	"$TAMGA_BIN/tamga-issuer" backup --home body --out saved -q
}

setup() {
	D=$BATS_TEST_TMPDIR
	cp -r "$BATS_FILE_TMPDIR/made/." "$D"
	cd "$D"
	P="--pass-file $D/pass"
	H="--home $D/body"
}

issuer() {
	"$TAMGA_BIN/tamga-issuer" "$@"
}

roster() { # people seed
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people $1 --seed $2 --kinds 2
}

tree() { # everything below a folder, by content
	(cd "$1" && find . -type f ! -name '*-shm' ! -name '*-wal' ! -name issuer.lock \
	    -exec sha256sum {} + | sort -k2)
}

@test "a backup has what the home has but the log; it says what it holds" {
	[ "$(head -1 saved/manifest)" = "tamga-backup 1" ]
	grep -q '^size 5$' saved/manifest
	for f in body.key log.key body.pem body.csr tamga.conf registry.db; do
		[ -s saved/$f ]
		[ $f = registry.db ] || cmp saved/$f body/$f
	done
	[ ! -e saved/log ]
	[ "$(stat -c %a saved saved/body.key saved/registry.db | xargs)" = "700 600 600" ]
	# sha256sum can check it too.
	(cd saved && sed -n 's/^file \([0-9a-f]*\) [0-9]* [0-7]* /\1  /p' manifest | sha256sum -c --quiet)
	run issuer backup $H --out saved
	[ "$status" -eq 2 ]
	run issuer backup $H --out unmounted/today
	[ "$status" -eq 2 ]
	[[ "$output" == *"unmounted is not there: mount the disk"* ]]
	[ ! -e unmounted ]
	run issuer backup $H --out body/inside
	[ "$status" -eq 2 ]
	[[ "$output" == *"in the home itself"* ]]
	ln -s /etc/passwd body/link
	run issuer backup $H --out other
	[ "$status" -eq 2 ]
	[[ "$output" == *"body/link"* ]]
	[ -z "$(ls -d other* 2>/dev/null)" ]
}

@test "a lost home comes back, and issuing goes on: no index and no number twice" {
	roster 6 1 >more.csv
	tree body/log >before
	rm -rf body
	run --separate-stderr issuer restore $H --from saved --pub pub
	[ "$status" -eq 0 ]
	[[ "$output" == "restored the backup of "*"log of 5 entries" ]]
	tree body/log | cmp - before
	[ -z "$(ls -d body/restoring* 2>/dev/null)" ]
	run issuer verify $H --pub pub
	[ "$status" -eq 0 ]
	issuer issue $H $P more.csv --batch b2 -q >/dev/null
	issuer issue $H $P good.csv --batch b1 --json >again
	grep -q '"issued":0,"already":5' again
	[ "$(issuer list $H --json | jq .index | sort -n | xargs)" = "$(seq -s' ' 0 10)" ]
	[ -z "$(issuer list $H --json | jq -r 'select(.number).number' | sort | uniq -d)" ]
	issuer publish $H $P --out pub -q >/dev/null
	run issuer verify $H --pub pub
	[ "$status" -eq 0 ]
	[[ "$(issuer audit $H -q)" == *"  restore  registry  backup of "*", log of 5, published 5"* ]]
}

@test "behind a newer publication: refused with what to do, and nothing is changed" {
	issuer issue $H $P <(roster 3 2) --batch b2 -q >/dev/null
	issuer publish $H $P --out pub -q >/dev/null
	rm -rf body
	for pub in pub "http://127.0.0.1:$((20000 + RANDOM % 20000))/"; do
		if [[ $pub == http* ]]; then
			port=${pub//[^0-9]/}; port=${port#127001}
			/usr/bin/python3 -m http.server -b 127.0.0.1 -d pub $port >/dev/null 2>&1 3>&- &
			server=$!
			for _ in $(seq 100); do curl -fs "$pub" >/dev/null && break; sleep 0.1; done
		fi
		run issuer restore $H --from saved --pub $pub
		[ "$status" -eq 1 ]
		[[ "$output" == *"has 8 entries, this backup 5: it is older."*"newer backup"*"docs/operations.md"* ]]
		[ ! -e body/registry.db ]
		[ -z "$(ls -A body | grep -v issuer.lock)" ]
	done
	kill $server
	run issuer restore $H --from saved --pub http://127.0.0.1:1/
	[ "$status" -eq 2 ]
	mkdir empty
	run issuer restore $H --from saved --pub empty
	[ "$status" -eq 2 ]
	[[ "$output" == *"right publication"* ]]
	for bad in "" "--pub pub --unpublished" "--from nowhere --unpublished"; do
		run issuer restore $H --from saved $bad
		[ "$status" -ne 0 ]
	done
	[ ! -e body/registry.db ]
}

@test "a revocation published after the backup: refused; a list that says the same: not" {
	sleep 1
	issuer publish $H $P --out pub -q >/dev/null
	mv body lost
	issuer restore $H --from saved --pub pub --dry-run -q
	[ ! -e body ]
	run issuer restore $H --from saved --pub nowhere
	[ "$status" -eq 2 ]
	[ ! -e body ]
	issuer restore $H --from saved --pub pub -q
	issuer publish $H $P --out pub -q >/dev/null
	run issuer verify $H --pub pub
	[ "$status" -eq 0 ]
	rm -rf body
	mv lost body
	issuer revoke $H --index 2 --reason fraud --yes -q >/dev/null
	sleep 1
	issuer publish $H $P --out pub2 -q >/dev/null
	rm -rf body
	run issuer restore $H --from saved --pub pub2
	[ "$status" -eq 1 ]
	[[ "$output" == *"certificate 2 was changed and published after"* ]]
	[ ! -e body/registry.db ]
}

@test "a restore that is stopped half-way says where the old home is" {
	cp -r body copy
	strace -f -qq -e trace=rename -o renames \
	    "$TAMGA_BIN/tamga-issuer" restore --home copy --from saved --pub pub -f -q
	# The last one brings the registry.
	run strace -f -qq -e trace=rename -o /dev/null \
	    -e inject=rename:error=EIO:when="$(grep -c rename renames)" \
	    "$TAMGA_BIN/tamga-issuer" restore $H --from saved --pub pub -f -q
	[ "$status" -eq 2 ]
	[[ "$output" == *"cannot rename to"*"what stood here is in "*"/body/replaced-"*"-f"* ]]
	[ ! -e body/registry.db ]
	[ -s body/replaced-*/registry.db ]
	run issuer restore $H --from saved --pub pub -f
	[ "$status" -eq 0 ]
	run issuer verify $H --pub pub
	[ "$status" -eq 0 ]
}

@test "what stands in the home: not overwritten; -f moves it aside, if it is not newer" {
	tree body >before
	run issuer restore $H --from saved --pub pub
	[ "$status" -eq 2 ]
	[[ "$output" == *"registry.db exists already"* ]]
	tree body | cmp - before
	# Newer in the registry alone: suspended, not published.
	cp -r body kept
	issuer suspend $H --index 1 --reason x --yes -q >/dev/null
	tree body >before
	run issuer restore $H --from saved --pub pub -f
	[ "$status" -eq 1 ]
	[[ "$output" == *"it is older"* ]]
	tree body | cmp - before
	# The log alone is left, and it is newer.
	issuer issue $H $P <(roster 2 3) --batch b2 -q >/dev/null
	rm body/registry.db*
	run issuer restore $H --from saved --pub pub -f
	[ "$status" -eq 1 ]
	[[ "$output" == *"body has 7 entries"* ]]
	# Damaged: cannot be compared, and is kept.
	rm -rf body
	mv kept body
	printf 'rubbish rubbish' | dd of=body/registry.db conv=notrunc status=none
	run issuer restore $H --from saved --pub pub -f
	[ "$status" -eq 0 ]
	[[ "$output" == *"cannot be read"* ]]
	[ -s body/replaced-*/registry.db ]
	[ -s body/replaced-*/log/checkpoint ]
	run issuer verify $H --pub pub
	[ "$status" -eq 0 ]
}

@test "who restored while this one waited for the lock: not overwritten" {
	mv body first
	mkdir body
	exec 9>body/issuer.lock
	flock 9
	issuer restore $H --from saved --pub pub 2>err 9>&- &
	local job=$!
	until grep -q wait err; do sleep 0.1; kill -0 $job; done
	cp first/registry.db body/
	exec 9>&-
	local status=0
	wait $job || status=$?
	[ $status -eq 2 ]
	grep -q "registry.db exists already" err
	cmp first/registry.db body/registry.db
	[ -z "$(ls body | grep -v -e registry.db -e issuer.lock)" ]
}

@test "another log under the same key is told apart" {
	mv body first
	issuer restore $H --from saved --pub pub -q
	issuer issue $H $P <(roster 2 4) --batch x -q >/dev/null
	issuer backup $H --out forked -q
	# The first home went on as well, and published.
	issuer issue --home first $P <(roster 2 5) --batch y -q >/dev/null
	issuer publish --home first $P --out pub -q >/dev/null
	rm -rf body
	run issuer restore $H --from forked --pub pub
	[ "$status" -eq 1 ]
	[[ "$output" == *"at 7 entries, another than the backup's"* ]]
}

@test "a damaged backup is refused, whatever is damaged" {
	rm -rf body
	check() { # backup, expected
		run issuer restore $H --from $1 --pub pub
		[ "$status" -eq 1 ] || { echo "$1: $status $output"; false; }
		[[ "$output" == *"$2"* ]] || { echo "$1: $output"; false; }
		[ ! -e body/registry.db ]
		rm -rf bad
	}
	for f in registry.db body.key body.pem tamga.conf; do
		cp -r saved bad
		/usr/bin/python3 - bad/$f <<-'END'
		import sys
		with open(sys.argv[1], "r+b") as f:
		    f.seek(10)
		    b = f.read(1)
		    f.seek(10)
		    f.write(bytes([b[0] ^ 1]))
		END
		check bad "bad/$f is not what the manifest says"
	done
	cp -r saved bad; rm bad/log.key; check bad "bad/log.key is missing"
	cp -r saved bad; rm bad/manifest; check bad "no backup"
	cp -r saved bad; sed -i '$d' bad/manifest; check bad "manifest is damaged"
	cp -r saved bad; sed -i 's/^size 5$/size 4/' bad/manifest; check bad "manifest is damaged"
	# One that was written so on purpose: an entry is gone, all hashes fit.
	cp -r saved bad
	/usr/bin/python3 - <<-'END'
	import hashlib, re, sqlite3
	db = sqlite3.connect("bad/registry.db")
	db.execute("PRAGMA foreign_keys = OFF")
	db.execute("UPDATE credential SET bytes = zeroblob(200) WHERE idx = 3")
	db.commit()
	db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
	db.close()
	data = open("bad/registry.db", "rb").read()
	m = open("bad/manifest").read()
	m = re.sub(r"file \w+ \d+ 0600 registry.db",
	           f"file {hashlib.sha256(data).hexdigest()} {len(data)} 0600 registry.db", m)
	m = m[:m.index("end ")]
	m += f"end {hashlib.sha256(m.encode()).hexdigest()}\n"
	open("bad/manifest", "w").write(m)
	END
	rm -f bad/registry.db-*
	check bad "does not lead to the root"
}

@test "a backup made while others issue is one moment, and restores" {
	issuer issue $H $P <(roster 400 6) --batch big -q >/dev/null 2>issue.err &
	pid=$!
	n=0
	while kill -0 $pid 2>/dev/null; do
		issuer backup $H --out while-$n -q
		n=$((n + 1))
	done
	wait $pid
	issuer backup $H --out while-$n -q
	[ "$n" -ge 1 ]
	for k in 0 $n; do
		issuer restore --home body-$k --from while-$k --pub pub -q
		# What was begun is finished, and the whole batch comes to be.
		issuer issue --home body-$k $P <(roster 400 6) --batch big -q >/dev/null
		run issuer verify --home body-$k --json
		[ "$status" -eq 0 ]
		[ "$(jq -c '[.entries,.log_size,.wrong]' <<<"$output")" = "[405,405,0]" ]
	done
}
