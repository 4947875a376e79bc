#!/usr/bin/env bats
# The story of a stolen key, played from the outside with the programs alone.
# The chapters follow each other; each says what everybody knows by then.

ID=52150100MJY000000J

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en
	export D=$BATS_FILE_TMPDIR PATH=$TAMGA_BIN:$TAMGA_TESTS:$PATH
	export TAMGA_HOME=$D/verifier
	cd "$D"
	head -c 18 /dev/urandom | base64 >pass
	tamga-keys authority init --home authority --name 主管部门 --pass-file pass
	tamga-keys body init --home body --name 评价中心 --body-id $ID \
		--prefix S000015000123 --pass-file pass
	printf '%s\n' '[body]' id=$ID prefix=S000015000123 \
		base=https://verify.tamga.example/ kinds=2,4 '[kind.2]' \
		'occupations=*' '[kind.4]' 'items=*' >scope.ini
	tamga-keys authority admit --home authority --csr body/body.csr \
		--scope scope.ini --out body.pem --pass-file pass
	tamga-keys body install --home body --cert body.pem
	authority_publishes
}

setup() {
	cd "$D"
}

authority_publishes() {
	tamga-keys authority publish --home authority --out pub --pass-file pass
}

# batch, people: issued, printed into pdf-BATCH, published
issue() {
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people $2 \
		--seed $(printf %d "'$1") >$1.csv
	tamga-issuer issue --home body $1.csv --batch $1 --pdf pdf-$1 \
		--pass-file pass
	tamga-scan --raw pdf-$1 >$1.txt
	[ "$(wc -l <$1.txt)" = $2 ]
	tamga-issuer publish --home body --out pub --pass-file pass
}

# What a verifier says of each text in a file, counted: "valid 12".
verdicts() {
	tamga-scan --pub pub --anchor authority/anchor.pem --json "$@" |
		jq -r .status | sort | uniq -c | awk '{ print $2, $1 }' |
		paste -sd' '
}

# Verifiers that know nothing from before must see the same.
says() { # file, verdict
	local v
	v=$(verdicts $1)
	echo "$1: $v, wanted $2"
	[ "$v" = "$2" ]
	v=$(TAMGA_HOME=$D/new-$BATS_TEST_NUMBER-$RANDOM verdicts $1)
	echo "$1, for a new verifier: $v, wanted $2"
	[ "$v" = "$2" ]
}

audit() {
	run tamga-audit pub --anchor authority/anchor.pem --state audit.json "$@"
	echo "$output"
}

@test "1. a body issues honestly; the auditor finds all good" {
	issue a 12
	says a.txt "valid 12"
	audit
	[ "$status" = 0 ]
	[[ "$output" == *"12 entries and all tiles lead to the signed root"* ]]
}

@test "2. a thief copies its key; nobody knows, and it goes on issuing" {
	mkdir loot
	cp body/body.key body/body.pem loot/
	cp pass loot/pass
	issue b 8
	says b.txt "valid 8"
	cp -a pub old
	# the signature alone is good: what the thief made is no forgery of form
	thief loot loot/pass 3 >taken.txt
	thief loot loot/pass 5000 >beyond.txt
	thief loot loot/pass 20 >next.txt
}

@test "3. before anyone knows, a scan says not_logged" {
	says taken.txt "not_logged 1"
	# past the end of the log he gains nothing either: not valid
	says beyond.txt "status_unknown 1"
	says next.txt "status_unknown 1"
	run tamga-scan --pub pub --anchor authority/anchor.pem taken.txt
	echo "$output"
	[ "$status" = 1 ]
	[[ "$output" == *"key may have been misused"* ]]
	# dated five years back, and the log does not care
	[ "$(tamga-scan --pub pub --anchor authority/anchor.pem --json \
		taken.txt | jq -r .certificate.issued)" = 2020-06-30 ]
	audit
	[ "$status" = 0 ]
	[[ "$output" == *"contains the 12 entries seen last; 8 more"* ]]
}

@test "4. the body itself sees no trace: its own books are whole" {
	run tamga-issuer verify --home body
	echo "$output"
	[ "$status" = 0 ]
}

@test "5. the authority withdraws the body at the tree size last trusted" {
	tamga-keys authority withdraw --home authority --body-id $ID \
		--reason keyCompromise --tree-size 12 --pass-file pass
	authority_publishes
	tamga-keys authority adopt --home authority --pub pub --body-id $ID \
		--pass-file pass
	says a.txt "valid 12"
	says b.txt "issuer_withdrawn 8"
	says taken.txt "not_logged 1"
	says beyond.txt "issuer_withdrawn 1"
	run tamga-scan --pub pub --anchor authority/anchor.pem -q b.txt
	[ "$status" = 1 ]
}

@test "6. the auditor's report shows it" {
	audit
	[ "$status" = 0 ]
	[[ "$output" == *"trust/authority.crl, index 12: this certificate is withdrawn"* ]]
	[[ "$output" == *"contains the 20 entries seen last; 0 more"* ]]
	tamga-audit pub --anchor authority/anchor.pem --json |
		jq -se 'any(.[]; .check == "withdrawal" and .index == 12 and .body == "'$ID'")'
}

@test "7. without its log, an old certificate of a withdrawn body is not valid" {
	cp -a pub silent
	rm -r silent/bodies/$ID/log
	v=$(TAMGA_HOME=$D/silent-home tamga-scan --pub silent \
		--anchor authority/anchor.pem --json a.txt | jq -r .status | sort -u)
	[ "$v" = status_unknown ]
	run tamga-audit silent --anchor authority/anchor.pem --state audit.json
	[ "$status" = 4 ]
	[[ "$output" == *CHECKPOINT_MISSING* ]]
}

@test "8. the thief can no longer sign anything that counts" {
	thief loot loot/pass 21 >late.txt
	says late.txt "issuer_withdrawn 1"
}

@test "9. the body gets a new key, same log, and goes on" {
	tamga-keys body rotate --home body --pass-file pass
	tamga-keys authority admit --home authority --csr body/next.csr \
		--scope scope.ini --out new.pem --pass-file pass
	tamga-keys body install --home body --cert new.pem
	authority_publishes
	issue c 5
	says c.txt "valid 5"
	says a.txt "valid 12"
	says b.txt "issuer_withdrawn 8"
	says taken.txt "not_logged 1"
	says beyond.txt "issuer_withdrawn 1"
	says next.txt "not_logged 1"
	says late.txt "not_logged 1"
}

@test "10. those whose certificates fell with the key get new ones" {
	tamga-issuer list --home body --json |
		jq -r 'select(.batch == "b") | .index' >again
	tamga-issuer revoke --home body --file again --reason 密钥更换 --yes
	tamga-issuer issue --home body b.csv --batch d --pdf pdf-d \
		--pass-file pass
	tamga-scan --raw pdf-d >d.txt
	tamga-issuer publish --home body --out pub --pass-file pass
	says d.txt "valid 8"
	says a.txt "valid 12"
	says b.txt "issuer_withdrawn 8"
}

@test "11. one log from the first day to the last, for everyone" {
	audit
	[ "$status" = 0 ]
	[[ "$output" == *"0 wrong, 0 not known"* ]]
	[[ "$output" == *"contains the 20 entries seen last; "* ]]
	run tamga-issuer verify --home body
	echo "$output"
	[ "$status" = 0 ]
	# the log of before the theft, put back, is refused by who has seen more
	cp -a old before
	cp pub/trust/* before/trust/
	run tamga-audit before --anchor authority/anchor.pem --state audit.json
	echo "$output"
	[ "$status" = 1 ]
	[[ "$output" == *CHECKPOINT_OLDER* ]]
}
