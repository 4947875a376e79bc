#!/usr/bin/env bats
# Implementations that are not ours audit our log, read our status lists and
# verify our SM2.

ID=52150100MJY000000J
ORIGIN=verify.tamga.example/bodies/$ID/log

# home, algorithm, people
body() {
	local h=$D/$1 p=(--pass-file "$D/pass")
	tamga-keys authority init --home "$h/authority" --name judge --alg $2 "${p[@]}"
	tamga-keys body init --home "$h/body" --name judge --alg $2 \
	    --body-id $ID --prefix S000015000123 "${p[@]}"
	printf '%s\n' '[body]' id=$ID prefix=S000015000123 \
	    base=https://verify.tamga.example/ kinds=2,4 '[kind.2]' \
	    'occupations=*' '[kind.4]' 'items=*' >"$h/scope.ini"
	tamga-keys authority admit --home "$h/authority" --csr "$h/body/body.csr" \
	    --scope "$h/scope.ini" --out "$h/body.pem" "${p[@]}"
	tamga-keys body install --home "$h/body" --cert "$h/body.pem"
	tamga-keys authority publish --home "$h/authority" --out "$h/pub" "${p[@]}"
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people $3 --seed 5 >"$h/roster.csv"
}

publish() { # home
	tamga-issuer publish --home "$D/$1/body" --out "$D/$1/pub" --pass-file "$D/pass"
}

setup_file() {
	export D=$BATS_FILE_TMPDIR PATH=$TAMGA_BIN:$PATH LC_ALL=C.UTF-8
	head -c 18 /dev/urandom | base64 >"$D/pass"
	body log es256 700
	tamga-issuer issue --home "$D/log/body" "$D/log/roster.csv" --batch j \
	    --pass-file "$D/pass"
	local n
	for n in 0 5 255 256 511 600; do
		tamga-issuer revoke --home "$D/log/body" --reason judge --yes --index $n
	done
	for n in 1 6 254 257 512 699; do
		tamga-issuer suspend --home "$D/log/body" --reason judge --yes --index $n
	done
	publish log
	body sm2 sm2 12
	tamga-issuer issue --home "$D/sm2/body" "$D/sm2/roster.csv" --batch j \
	    --pdf "$D/sm2/pdf" --pass-file "$D/pass"
	publish sm2
	tamga-scan --raw "$D/sm2/pdf" >"$D/sm2/texts"
	[ "$(wc -l <"$D/sm2/texts")" = 12 ]

	# Debian's sources, no module, no network.
	export GO111MODULE=off GOPATH=/usr/share/gocode GOFLAGS= GOPROXY=off
	export GOCACHE=$D/gocache
	go build -o "$D/judge_log" "$TAMGA_SOURCE/tests/judges/judge_log.go"
	export LOGKEY=$(jq -r '.bodies[0].scope.log_key' "$D/log/pub/trust/trust.json")
	export LOG=$D/log/pub/bodies/$ID/log
}

@test "x/mod audits our log" {
	run "$D/judge_log" "$LOG" $ORIGIN "$LOGKEY"
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = "700 entries and 4 tiles audited by x/mod" ]
}

@test "x/mod refuses a changed entry, a changed tile, another size or key" {
	local tamper
	for tamper in tile/entries/001 tile/0/001 tile/1/000.p/2 tile/entries/002.p/188; do
		rm -rf "$D/bad"
		cp -r "$LOG" "$D/bad"
		printf x | dd of="$D/bad/$tamper" bs=1 seek=40 conv=notrunc status=none
		run "$D/judge_log" "$D/bad" $ORIGIN "$LOGKEY"
		[ "$status" = 1 ]
	done
	rm -rf "$D/bad"
	cp -r "$LOG" "$D/bad"
	sed -i 's/^700$/512/' "$D/bad/checkpoint"
	run "$D/judge_log" "$D/bad" $ORIGIN "$LOGKEY"
	[ "$status" = 1 ]
	run "$D/judge_log" "$LOG" $ORIGIN \
	    "$(jq -r '.bodies[0].scope.log_key' "$D/sm2/pub/trust/trust.json")"
	[ "$status" = 1 ]
	run "$D/judge_log" "$LOG" other.example/log "$LOGKEY"
	[ "$status" = 1 ]
}

@test "@sigstore/verify checks inclusion proofs of every entry" {
	cd "$TAMGA_SOURCE/tests/judges"
	"$TAMGA_TESTS/inclusion_proof" "$LOG" >"$D/proofs"
	run node judge_inclusion.mjs <"$D/proofs"
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = "700 proofs hold for @sigstore/verify" ]
	# and not those of another tree
	jq -c '.root = "'"$(head -c 32 /dev/urandom | base64)"'"' "$D/proofs" >"$D/forged"
	run node judge_inclusion.mjs <"$D/forged"
	[ "$status" != 0 ]
}

@test "@sd-jwt/jwt-status-list reads our status lists" {
	cd "$TAMGA_SOURCE/tests/judges"
	tamga-issuer list --home "$D/log/body" --json >"$D/list"
	run node judge_status.mjs "$D/log/pub/bodies/$ID/status/0" <"$D/list"
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = "700 statuses of 3 kinds read by @sd-jwt/jwt-status-list" ]
	sed 's/"status":"suspended"/"status":"revoked"/' "$D/list" >"$D/other"
	run node judge_status.mjs "$D/log/pub/bodies/$ID/status/0" <"$D/other"
	[ "$status" != 0 ]
}

@test "sm-crypto verifies SM2 certificates and status lists" {
	cd "$TAMGA_SOURCE/tests/judges"
	key=$(jq -r '.bodies[0].key' "$D/sm2/pub/trust/trust.json" | base64 -d |
	    od -An -v -tx1 | tr -d ' \n')
	run node judge_sm2.mjs "$key" "$D/sm2/texts" "$D/sm2/pub/bodies/$ID/status/0"
	echo "$output"
	[ "$status" = 0 ]
	[ "$output" = "13 verified by sm-crypto" ]
}
