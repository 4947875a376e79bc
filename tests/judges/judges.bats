#!/usr/bin/env bats
# Implementations that are not ours verify what we make.

setup_file() {
	export D=$BATS_FILE_TMPDIR PATH=$TAMGA_BIN:$PATH
	head -c 18 /dev/urandom | base64 >"$D/pass"
	for alg in es256 ed25519; do
		local h=$D/$alg p=(--pass-file "$D/pass")
		tamga-keys authority init --home "$h/authority" --name judge --alg $alg "${p[@]}"
		tamga-keys body init --home "$h/body" --name judge --alg $alg \
		    --body-id 52150100MJY000000J --prefix S000015000123 "${p[@]}"
		printf '%s\n' '[body]' id=52150100MJY000000J prefix=S000015000123 \
		    base=https://verify.tamga.example/ kinds=2,4 '[kind.2]' \
		    'occupations=*' '[kind.4]' 'items=*' >"$h/scope.ini"
		tamga-keys authority admit --home "$h/authority" --csr "$h/body/body.csr" \
		    --scope "$h/scope.ini" --out "$h/body.pem" "${p[@]}"
		openssl x509 -in "$h/body.pem" -outform DER -out "$h/body.der"
		openssl x509 -in "$h/body.pem" -pubkey -noout >"$h/public.pem"
		tamga-keys body install --home "$h/body" --cert "$h/body.pem"
		tamga-keys authority publish --home "$h/authority" --out "$h/pub" "${p[@]}"
		"$TAMGA_SOURCE/tests/data/make_roster.py" --people 30 --seed 5 >"$h/roster.csv"
		tamga-issuer issue --home "$h/body" "$h/roster.csv" --batch j \
		    --pdf "$h/pdf" "${p[@]}"
		tamga-issuer publish --home "$h/body" --out "$h/pub" "${p[@]}"
		tamga-scan --raw "$h/pdf" >"$h/texts"
		[ "$(wc -l <"$h/texts")" = 30 ]
	done
}

status_lists() { ls "$1"/pub/bodies/*/status/*; }

@test "cbor2 and cryptography verify ES256 certificates and status lists" {
	h=$D/es256
	/usr/bin/python3 "$TAMGA_SOURCE/tests/judges/judge.py" "$h/body.der" "$h/public.pem" \
	    "$h/texts" $(status_lists "$h") >"$h/hex"
	[ "$(wc -l <"$h/hex")" = 31 ]
}

@test "cbor2 and cryptography verify Ed25519 certificates and status lists" {
	h=$D/ed25519
	/usr/bin/python3 "$TAMGA_SOURCE/tests/judges/judge.py" "$h/body.der" "$h/public.pem" \
	    "$h/texts" $(status_lists "$h") >"$h/hex"
	[ "$(wc -l <"$h/hex")" = 31 ]
}

@test "@auth0/cose verifies ES256" {
	cd "$TAMGA_SOURCE/tests/judges"
	run node judge_cose.mjs "$D/es256/public.pem" $(cat "$D/es256/hex")
	[ "$status" = 0 ]
	[ "${lines[-1]}" = "31 verified by @auth0/cose" ]
}

@test "@auth0/cose verifies Ed25519" {
	cd "$TAMGA_SOURCE/tests/judges"
	run node judge_cose.mjs "$D/ed25519/public.pem" $(cat "$D/ed25519/hex")
	[ "$status" = 0 ]
	[ "${lines[-1]}" = "31 verified by @auth0/cose" ]
}
