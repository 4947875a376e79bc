#!/usr/bin/env bats
# What bad input gets: one thing wrong with a publication or a credential, and
# what the scanner and the auditor say of it, each from the outside. The table
# in docs/vectors.md names these tests.

ID=52150100MJY000000J
OTHER=52150000MJ00000X1X

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en
	export D=$BATS_FILE_TMPDIR PATH=$TAMGA_BIN:$TAMGA_TESTS:$PATH
	cd "$D"
	echo 'correct horse' >pass
	tamga-keys authority init --home A --name 主管部门 --pass-file pass
	body B $ID S000015000123
	body C $OTHER S000015000999
	tamga-keys authority publish --home A --out good --pass-file pass
	issue B j 3
	issue C j 2
	publish B good
	publish C good
	tamga-scan --raw pdf-B-j >good.txt
	# two lives of one body after this: the log that shows others another
	cp -a B B-other
	cp -a good pub
	issue B k 2
	publish B pub
	tamga-keys authority publish --home A --out pub --pass-file pass
	mv pub newer
	cp -a good other
	issue B-other x 2
	publish B-other other
	export LOG=bodies/$ID/log
}

body() { # home, id, prefix
	tamga-keys body init --home $1 --name "机构 $1" --body-id $2 \
		--prefix $3 --pass-file pass
	printf '%s\n' '[body]' id=$2 prefix=$3 base=https://v.example/ \
		kinds=2,4 '[kind.2]' 'occupations=*' '[kind.4]' 'items=*' >$1.ini
	tamga-keys authority admit --home A --csr $1/body.csr --scope $1.ini \
		--out $1.pem --pass-file pass
	tamga-keys body install --home $1 --cert $1.pem
}

issue() { # home, batch, people
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people $3 \
		--seed $(printf %d "'$2") >$2.csv
	tamga-issuer issue --home $1 $2.csv --batch $2 --pdf pdf-$1-$2 \
		--pass-file pass
}

publish() { # home, publication
	tamga-issuer publish --home $1 --out $2 --pass-file pass
}

setup() {
	cd "$D"
	export TAMGA_HOME=$BATS_TEST_TMPDIR/verifier
	mkdir "$TAMGA_HOME"
	rm -rf pub
	cp -a good pub
}

# The scanner's status of the first text, and the check that did not pass.
scan() { # text file, options
	local text=$1
	shift
	head -n 1 "$text" >one.txt
	tamga-scan --pub pub --anchor A/anchor.pem --json "$@" one.txt >v.json ||
		true
	jq -r '.status + " " + ([.checks[] | select(.result == "fail" or .result == "unknown") | .check] | join(","))' v.json
}

# What the auditor finds wrong or missing: "check CODE", a line each.
audit() {
	tamga-audit pub --anchor A/anchor.pem --state "$TAMGA_HOME/audit.json" \
		--json "$@" >a.json && code=0 || code=$?
	jq -r 'select(.result != "pass") | .check + " " + .code' a.json |
		sort -u | paste -sd, -
}

is() { # what came out, what should
	echo "got: $1"
	echo "not: $2"
	[ "$1" = "$2" ]
}

leaf() { # entry in hex: RFC 6962
	printf '00%s' "$1" | xxd -r -p | sha256sum | cut -d' ' -f1
}

write_hex() { # file, offset, hex
	printf %s "$3" | xxd -r -p |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "nothing is wrong: what the others differ from" {
	is "$(scan good.txt)" "valid "
	is "$(audit)" ""
	[ "$code" = 0 ] || audit
}

@test "split view" {
	rm -rf pub && cp -a newer pub
	is "$(scan good.txt)" "valid "
	is "$(audit)" ""
	rm -rf pub/$LOG && cp -a other/$LOG pub/$LOG
	sleep 1
	is "$(scan good.txt)" "status_unknown log"
	jq -e '.reason' v.json
	is "$(audit)" "consistency CHECKPOINT_SPLIT"
}

@test "rolled back log" {
	rm -rf pub && cp -a newer pub
	is "$(scan good.txt)" "valid "
	is "$(audit)" ""
	rm -rf pub/$LOG && cp -a good/$LOG pub/$LOG
	is "$(scan good.txt)" "status_unknown log"
	is "$(audit)" "consistency CHECKPOINT_OLDER"
}

@test "changed entry" {
	write_hex pub/$LOG/tile/entries/000.p/3 10 00ff00
	is "$(scan good.txt)" "status_unknown log"
	is "$(audit)" "entries TLOG_OTHER"
}

@test "changed tile" {
	write_hex pub/$LOG/tile/0/000.p/3 10 00ff00
	is "$(scan good.txt)" "status_unknown log"
	is "$(audit)" "tiles TLOG_TILE"
}

@test "consistently forged entry and tile" {
	local entry=$(printf 'f0%.0s' $(seq 32))
	write_hex pub/$LOG/tile/entries/000.p/3 2 $entry
	write_hex pub/$LOG/tile/0/000.p/3 0 $(leaf $entry)
	is "$(scan good.txt)" "status_unknown log"
	is "$(audit)" "entries TLOG_PROOF"
}

@test "missing tile" {
	rm pub/$LOG/tile/0/000.p/3
	is "$(scan good.txt)" "status_unknown log"
	is "$(audit)" "tiles TLOG_MISSING"
}

@test "edited size" {
	sed -i '2s/3/2/' pub/$LOG/checkpoint
	is "$(scan good.txt)" "status_unknown log"
	is "$(audit)" "checkpoint NOTE_KEY"
}

@test "wrong checkpoint key" {
	cp pub/bodies/$OTHER/log/checkpoint pub/$LOG/checkpoint
	is "$(scan good.txt)" "status_unknown log"
	is "$(audit)" "checkpoint NOTE_KEY"
}

@test "status list of another body" {
	cp pub/bodies/$OTHER/status/0 pub/bodies/$ID/status/0
	is "$(scan good.txt)" "status_unknown status"
	is "$(audit)" "status SIGNATURE"
}

@test "list shorter than an index" {
	# 256 statuses a step: a log of more, and the list from before
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people 300 --seed 9 >many.csv
	cp -a B B-many
	tamga-issuer issue --home B-many many.csv --batch many --pass-file pass
	publish B-many pub
	cp good/bodies/$ID/status/0 pub/bodies/$ID/status/0
	thief B pass 299 >late.txt
	scan late.txt
	jq -e '.checks[] | select(.check == "status" and .result == "unknown")' v.json
	is "$(audit)" "status STATUS_INDEX"
}

@test "list whose exp passed" {
	is "$(scan good.txt --at "$(date -u -d '+8 days' +%FT%TZ)")" \
		"status_unknown status"
	is "$(audit --at "$(date -u -d '+8 days' +%FT%TZ)")" \
		"status STATUS_EXPIRED"
}

@test "CRL older than seen" {
	rm -rf pub && cp -a newer pub
	is "$(scan good.txt)" "valid "
	is "$(audit)" ""
	cp good/trust/authority.crl pub/trust/authority.crl
	is "$(scan good.txt)" "status_unknown withdrawal"
	is "$(audit)" "crl CRL_OLDER"
}

# A certificate by the authority's own key, over the body's key.
certificate() { # extensions, a line each
	printf '%s\n' basicConstraints=critical,CA:FALSE \
		keyUsage=critical,digitalSignature "$@" >ext.cnf
	openssl x509 -req -in B/body.csr -CA A/anchor.pem -CAkey A/authority.key \
		-passin file:pass -set_serial 0x$(openssl rand -hex 12) -days 30 \
		-copy_extensions ${copy:-none} -extfile ext.cnf \
		-out crafted.pem
	cat crafted.pem C.pem >pub/trust/bodies.pem
}

@test "body certificate without the critical extension" {
	certificate
	is "$(scan good.txt)" "unknown_issuer issuer"
	[[ "$(audit)" == *"certificate X509_NO_SCOPE"* ]]
}

@test "body certificate with an unknown critical extension" {
	copy=copyall certificate '2.25.4711=critical,ASN1:UTF8String:new'
	openssl x509 -in crafted.pem -noout -text | grep -q 2.25.4711
	is "$(scan good.txt)" "unknown_issuer issuer"
	[[ "$(audit)" == *"certificate X509_CRITICAL"* ]]
}

@test "log index beyond the tree" {
	thief B pass 77 >beyond.txt
	is "$(scan beyond.txt)" "status_unknown log"
}

@test "trust.json that says otherwise" {
	sed -i 's/"schema": 1/"schema": 2/' pub/trust/trust.json
	is "$(audit)" "trust_json TRUST_DIFFERS"
}
