# tamga-keys from the outside: what it makes, what it refuses, what openssl
# says of it.

ID=52150000MJ00000X1X
PREFIX=S000015000123

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en TAMGA_HOME=/dev/null/home
	export T="$BATS_FILE_TMPDIR" PATH="$TAMGA_BIN:$PATH"
	cd "$T"
	umask 022
	echo 'correct horse' > pass
	echo 'battery staple' > wrong
	cat > scope.ini <<-EOF
	[body]
	id = $ID
	name = 某某学校
	prefix = $PREFIX
	base = https://jd.example.cn/
	kinds = 2,4
	[kind.2]
	occupations = 6-31-01-03:3-5
	[kind.4]
	items = *
	EOF
	for alg in es256 ed25519 sm2; do
		tamga-keys authority init --home A-$alg --name 某某厅 --alg $alg \
			--pass-file pass > $alg.fingerprint
		tamga-keys body init --home B-$alg --name 某某学校 --body-id $ID \
			--prefix $PREFIX --alg $alg --pass-file pass
		tamga-keys authority admit --home A-$alg --csr B-$alg/body.csr \
			--scope scope.ini --out $alg.pem --pass-file pass
		tamga-keys body install --home B-$alg --cert $alg.pem
		tamga-keys authority publish --home A-$alg --out P-$alg \
			--pass-file pass
	done
}

setup() {
	cd "$T"
	# what one test's copy of an authority published is no memory of another's
	export XDG_CACHE_HOME="$BATS_TEST_TMPDIR/cache"
}

hex() {
	od -An -v -tx1 | tr -d ' \n'
}

# Every file with its content, for "changed nothing".
sums() {
	find "$@" -type f | sort | xargs md5sum
}

@test "every command has help in two languages, with exit codes" {
	for c in "authority init" "authority admit" "authority withdraw" \
	    "authority publish" "authority adopt" "body init" "body install" "body rotate" list show; do
		run tamga-keys $c --help
		[ "$status" -eq 0 ]
		[[ "$output" == *"Exit status"* ]]
		LANGUAGE=zh run tamga-keys $c --help
		[ "$status" -eq 0 ]
		[[ "$output" == *"退出码"* ]]
	done
	run tamga-keys --help
	[ "$status" -eq 0 ]
	run tamga-keys --version
	[[ "$output" == "tamga-keys "* ]]
}

@test "usage errors are exit 2" {
	for c in "" "frobnicate" "authority" "authority init" "body init" \
	    "authority admit" "authority withdraw" "authority publish" \
	    "authority adopt" "authority adopt --pub P" \
	    "body install" "show" "authority init --name x --alg rsa" \
	    "authority init --name x --valid-days 0" \
	    "authority withdraw --body-id x --reason nonsense --tree-size 1" \
	    "authority withdraw --body-id x --reason superseded --tree-size -1" \
	    "authority withdraw --body-id x --reason superseded --tree-size 1 --kid zz"; do
		run tamga-keys $c
		[ "$status" -eq 2 ] || { echo "$c: $status"; false; }
	done
}

@test "keys are 0600, encrypted with scrypt, certificates readable" {
	for f in A-es256/authority.key B-es256/body.key B-es256/log.key; do
		[ "$(stat -c %a $f)" = 600 ]
		grep -q 'BEGIN ENCRYPTED PRIVATE KEY' $f
		openssl asn1parse -in $f > text
		grep -q ':id-scrypt\|:scrypt' text
		grep -q ':aes-256-cbc' text
		grep -q 'INTEGER *:4000$' text # N = 16384
		grep -q 'INTEGER *:08$' text
		grep -q 'INTEGER *:05$' text
	done
	[ "$(stat -c %a A-es256)" = 700 ]
	[ "$(stat -c %a B-es256/body.pem)" = 644 ]
}

@test "openssl opens our keys" {
	openssl pkey -in B-es256/body.key -passin file:pass -noout -check
	openssl pkey -in B-ed25519/body.key -passin file:pass -noout
	openssl pkey -in B-sm2/body.key -passin file:pass -noout
	run openssl pkey -in B-es256/body.key -passin file:wrong -noout
	[ "$status" -ne 0 ]
}

distid() {
	[ "$1" = sm2 ] && echo "-vfyopt distid:1234567812345678" || true
}

@test "openssl verifies what was issued, and refuses the critical extension" {
	for alg in es256 ed25519 sm2; do
		# the tool sets no identifier for a trusted certificate
		[ $alg = sm2 ] || openssl verify -check_ss_sig \
			-CAfile A-$alg/anchor.pem A-$alg/anchor.pem
		openssl verify -CAfile A-$alg/anchor.pem $(distid $alg) \
			-ignore_critical $alg.pem
		run openssl verify -CAfile A-$alg/anchor.pem $(distid $alg) \
			$alg.pem
		[ "$status" -ne 0 ]
		[[ "$output" == *"error 34"* ]]
		openssl req -in B-$alg/body.csr -noout -verify $(distid $alg)
		openssl x509 -in $alg.pem -noout -text | grep -q \
			2.25.229266598173587866347848835432874979833.1
	done
}

@test "SM2 under another identifier does not verify" {
	run openssl verify -CAfile A-sm2/anchor.pem -ignore_critical sm2.pem
	[ "$status" -ne 0 ]
	run openssl verify -CAfile A-sm2/anchor.pem -ignore_critical \
		-vfyopt distid:8765432187654321 sm2.pem
	[ "$status" -ne 0 ]
}

@test "openssl verifies the CRL; SM2's over its to-be-signed bytes" {
	for alg in es256 ed25519; do
		openssl crl -in P-$alg/trust/authority.crl -noout \
			-CAfile A-$alg/anchor.pem
	done
	openssl crl -in P-sm2/trust/authority.crl -outform DER -out sm2.crl
	# SEQUENCE { tbs, alg, BIT STRING }: by their offsets
	openssl asn1parse -inform DER -in sm2.crl -strparse 4 -noout -out tbs ||
		openssl asn1parse -inform DER -in sm2.crl -strparse 3 -noout -out tbs
	at=$(openssl asn1parse -inform DER -in sm2.crl |
		awk -F: '/BIT STRING/ { print $1 + 0 }' | tail -1)
	openssl asn1parse -inform DER -in sm2.crl -strparse "$at" -noout -out sig
	openssl x509 -in A-sm2/anchor.pem -pubkey -noout > sm2.pub
	openssl dgst -sm3 -verify sm2.pub -sigopt distid:1234567812345678 \
		-signature sig tbs
}

@test "the fingerprint is the anchor's" {
	want=$(openssl x509 -in A-es256/anchor.pem -outform DER | sha256sum | cut -d' ' -f1)
	[ "$(cat es256.fingerprint)" = "SHA256 $want" ]
	tamga-keys show A-es256/anchor.pem | grep -q "$want"
}

@test "the publication holds the same facts in PEM and JSON" {
	cd P-sm2/trust
	[ "$(ls)" = "anchor.pem
authority.crl
bodies.pem
trust.json" ]
	cmp anchor.pem "$T/A-sm2/anchor.pem"
	kid=$(openssl x509 -in bodies.pem -outform DER | sha256sum | cut -c1-16)
	[ "$(jq -r '.bodies[0].kid' trust.json)" = "$kid" ]
	[ "$(jq -r '.bodies[0].alg' trust.json)" = -65537 ]
	[ "$(jq -r '.bodies[0].scope.body_id' trust.json)" = $ID ]
	[ "$(jq -r '.bodies[0].withdrawn' trust.json)" = null ]
	[ "$(jq -r '.bodies[0].scope.kinds[0].items[0].high' trust.json)" = 3 ]
	[ "$(jq -r '.crl.number' trust.json)" = 2 ]
	key=$(jq -r '.bodies[0].key' trust.json | base64 -d | hex)
	openssl x509 -in bodies.pem -pubkey -noout | openssl pkey -pubin -outform DER |
		hex | grep -q "$key"
}

@test "list and show, for people and machines" {
	run tamga-keys list --home A-es256
	[ "$status" -eq 0 ]
	[[ "${lines[0]}" == *"$ID  $PREFIX  es256"*"某某学校" ]]
	[ "$(tamga-keys list --home A-es256 --json | jq -r .scope.prefix)" = $PREFIX ]
	[ "$(tamga-keys list --home B-es256 --json | jq -r .name)" = 某某学校 ]
	[ "$(tamga-keys show es256.pem --json | jq -r .what)" = body ]
	[ "$(tamga-keys show B-es256/body.csr --json | jq -r .what)" = request ]
	[ "$(tamga-keys show A-es256/anchor.pem --json | jq -r .what)" = anchor ]
	[ "$(tamga-keys show A-es256/authority.crl --json | jq -r .what)" = crl ]
	tamga-keys show es256.pem | grep -q '6-31-01-03:3-5'
	LANGUAGE=zh tamga-keys show es256.pem | grep -q 评价机构证书
	run tamga-keys show pass
	[ "$status" -eq 1 ]
	run tamga-keys show /dev/null/x
	[ "$status" -eq 2 ]
	run tamga-keys show B-es256/body.key
	[ "$status" -eq 1 ]
	run tamga-keys list --home /dev/null/home
	[ "$status" -eq 2 ]
}

@test "a wrong pass phrase is exit 2 and changes nothing" {
	cp -a A-es256 A-wrong
	before=$(sums A-wrong)
	run tamga-keys authority publish --home A-wrong --out P-wrong --pass-file wrong
	[ "$status" -eq 2 ]
	[[ "$output" == *"pass phrase"* ]]
	[[ "$output" != *battery* ]]
	run tamga-keys authority admit --home A-wrong --csr B-es256/body.csr \
		--scope scope.ini --out no.pem --pass-file wrong
	[ "$status" -eq 2 ]
	run tamga-keys authority withdraw --home A-wrong --body-id $ID \
		--reason superseded --tree-size 0 --pass-file wrong
	[ "$status" -eq 2 ]
	[ "$(sums A-wrong)" = "$before" ]
	[ ! -e no.pem ]
	[ -z "$(find P-wrong -type f 2>/dev/null)" ]
}

@test "pass phrase by descriptor; none at all is exit 2" {
	tamga-keys authority init --home A-fd --name x --pass-fd 7 7< pass
	tamga-keys authority publish --home A-fd --out P-fd --pass-fd 7 7< pass
	run setsid tamga-keys authority publish --home A-fd --out P-fd < /dev/null
	[ "$status" -eq 2 ]
	[[ "$output" == *--pass-file* ]]
	run tamga-keys authority publish --home A-fd --out P-fd --pass-fd 77
	[ "$status" -eq 2 ]
	run tamga-keys authority publish --home A-fd --out P-fd --pass-file /dev/null/pass
	[ "$status" -eq 2 ]
	: > empty
	run tamga-keys authority publish --home A-fd --out P-fd --pass-file empty
	[ "$status" -eq 2 ]
}

@test "nothing is overwritten" {
	sum=$(sums A-es256 B-es256 es256.pem)
	run tamga-keys authority init --home A-es256 --name y --pass-file pass
	[ "$status" -eq 2 ]
	[[ "$output" == *"not overwritten"* ]]
	run tamga-keys body init --home B-es256 --name y --body-id $ID \
		--prefix $PREFIX --pass-file pass
	[ "$status" -eq 2 ]
	run tamga-keys authority admit --home A-es256 --csr B-es256/body.csr \
		--scope scope.ini --out es256.pem --pass-file pass
	[ "$status" -eq 2 ]
	[ "$(sums A-es256 B-es256 es256.pem)" = "$sum" ]
	[ "$(ls A-es256/bodies | wc -l)" = 1 ]
}

@test "what the scope file and the request disagree on is refused" {
	sed "s/^prefix.*/prefix = S000015000999/" scope.ini > other.ini
	run tamga-keys authority admit --home A-es256 --csr B-es256/body.csr \
		--scope other.ini --out other.pem --pass-file pass
	[ "$status" -eq 1 ]
	[ ! -e other.pem ]
	sed "s/^kinds.*/kinds = 7/" scope.ini > other.ini
	run tamga-keys authority admit --home A-es256 --csr B-es256/body.csr \
		--scope other.ini --out other.pem --pass-file pass
	[ "$status" -eq 2 ]
	[[ "$output" == *kinds* ]]
	run tamga-keys authority admit --home A-es256 --csr scope.ini \
		--scope scope.ini --out other.pem --pass-file pass
	[ "$status" -eq 1 ]
	run tamga-keys body init --home B-x --name y --body-id 123 \
		--prefix $PREFIX --pass-file pass
	[ "$status" -eq 1 ]
	[ ! -e B-x ]
}

@test "another body's certificate is not installed" {
	run tamga-keys body install --home B-es256 --cert sm2.pem
	[ "$status" -eq 2 ]
	run tamga-keys body install --home B-es256 --cert A-es256/anchor.pem
	[ "$status" -eq 1 ]
	cmp B-es256/body.pem es256.pem
	# a renewal is, and the old one stays
	tamga-keys authority admit --home A-es256 --csr B-es256/body.csr \
		--scope scope.ini --out renewed.pem --pass-file pass
	tamga-keys body install --home B-es256 --cert renewed.pem
	cmp B-es256/body.pem renewed.pem
	kid=$(openssl x509 -in es256.pem -outform DER | sha256sum | cut -c1-16)
	cmp B-es256/body-$kid.pem es256.pem
}

@test "a body changes its key and keeps its log" {
	cp -a B-sm2 B-rot
	cp -a A-sm2 A-rot
	run tamga-keys body rotate --home B-rot --pass-file wrong
	[ "$status" -eq 2 ]
	[ ! -e B-rot/next.key ]
	tamga-keys body rotate --home B-rot --alg es256 --pass-file pass
	[ "$(stat -c %a B-rot/next.key)" = 600 ]
	tamga-keys authority admit --home A-rot --csr B-rot/next.csr \
		--scope scope.ini --out rot.pem --pass-file pass
	tamga-keys body install --home B-rot --cert rot.pem
	cmp B-rot/body.pem rot.pem
	[ ! -e B-rot/next.key ] && [ ! -e B-rot/next.csr ]
	[ "$(ls B-rot/body-*.key | wc -l)" = 1 ]
	[ "$(tamga-keys list --home A-rot --json | jq -r .scope.log_key | sort -u | wc -l)" = 1 ]
	# a new log for the same body is refused
	tamga-keys body init --home B-new --name 某某学校 --body-id $ID \
		--prefix $PREFIX --pass-file pass
	run tamga-keys authority admit --home A-rot --csr B-new/body.csr \
		--scope scope.ini --out new.pem --pass-file pass
	[ "$status" -eq 1 ]
	[[ "$output" == *rotate* ]]
}

@test "withdrawal reaches the CRL and the page's list" {
	tamga-keys authority withdraw --home A-ed25519 --body-id $ID \
		--reason keyCompromise --tree-size 266 --at 2026-01-02 --pass-file pass
	openssl crl -in A-ed25519/authority.crl -noout -text > text
	grep -q 'Key Compromise' text
	grep -q 'Jan  1 16:00:00 2026' text # midnight in Asia/Shanghai
	grep -q '2.25.229266598173587866347848835432874979833.2' text
	grep -q "$(openssl x509 -in ed25519.pem -noout -serial | cut -d= -f2)" text
	[ "$(jq -r '.bodies[0].withdrawn' P-ed25519/trust/trust.json)" = null ]
	tamga-keys authority publish --home A-ed25519 --out P-ed25519 --pass-file pass
	[ "$(jq -r '.bodies[0].withdrawn.tree_size' P-ed25519/trust/trust.json)" = 266 ]
	tamga-keys list --home A-ed25519 | grep -q 'withdrawn at 266 (keyCompromise)'
	run tamga-keys authority withdraw --home A-ed25519 --body-id $ID \
		--reason keyCompromise --tree-size 300 --pass-file pass
	[ "$status" -eq 1 ]
	run tamga-keys authority withdraw --home A-ed25519 --body-id 52150000MJ00000X9X \
		--reason keyCompromise --tree-size 300 --pass-file pass
	[ "$status" -eq 1 ]
}

@test "the authority takes over the lists of a withdrawn body" {
	cp -a A-es256 A-ad
	cp -a B-es256 B-ad
	tamga-keys authority publish --home A-ad --out P-ad --pass-file pass
	printf '%s\n' '姓名,证件号码,职业名称,职业编码,等级,发证日期' \
		'巴特尔,150102199001010019,电工,6-31-01-03,4,2020-06-30' > one.csv
	tamga-issuer issue --home B-ad one.csv --kind 2 --batch one \
		--pdf pdf-ad --pass-file pass
	tamga-issuer publish --home B-ad --out P-ad --pass-file pass
	adopt() {
		run tamga-keys authority adopt --home A-ad --pub P-ad \
			--body-id "$1" --pass-file pass
	}
	sum=$(sums P-ad)
	adopt $ID # not withdrawn
	[ "$status" -eq 1 ]
	adopt 52150000MJ00000X9X
	[ "$status" -eq 1 ]
	adopt ../../etc
	[ "$status" -eq 1 ]
	[ "$(sums P-ad)" = "$sum" ]
	tamga-keys authority withdraw --home A-ad --body-id $ID \
		--reason keyCompromise --tree-size 1 --pass-file pass
	tamga-keys authority publish --home A-ad --out P-ad --pass-file pass
	scan() {
		tamga-scan --pub P-ad --anchor A-ad/anchor.pem --json pdf-ad/*.pdf |
			jq -r .status
	}
	[ "$(scan)" = status_unknown ]
	before=$(md5sum < P-ad/bodies/$ID/status/0)
	adopt $ID
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	[ "$(md5sum < P-ad/bodies/$ID/status/0)" != "$before" ]
	[ "$(scan)" = valid ]
	adopt $ID # and again, before it expires
	[ "$status" -eq 0 ]
	rm P-ad/bodies/$ID/status/0
	adopt $ID
	[ "$status" -eq 1 ]
	[[ "$output" == *status/0* ]]
}

@test "a new authority follows the old one" {
	cp -a A-es256 A-one
	cp -a B-es256 B-two
	printf '%s\n' '姓名,证件号码,职业名称,职业编码,等级,发证日期' \
		'巴特尔,150102199001010019,电工,6-31-01-03,4,2020-06-30' > one.csv
	tamga-issuer issue --home B-two one.csv --kind 2 --batch one \
		--pdf pdf-one --pass-file pass
	tamga-keys authority init --home A-two --name 某某新厅 --pass-file pass
	tamga-keys authority admit --home A-two --csr B-two/body.csr \
		--scope scope.ini --out two.pem --pass-file pass
	tamga-keys body install --home B-two --cert two.pem
	sleep 1
	tamga-keys authority publish --home A-one --out P-last --crl-days 3000 \
		--pass-file pass
	mkdir A-two/retired
	cp P-last/trust/bodies.pem P-last/trust/authority.crl A-two/retired
	(echo "# retired: 2099-01-01"; cat A-one/anchor.pem) > A-two/retired/anchor.pem
	tamga-keys authority publish --home A-two --out P-two --pass-file pass
	sed 's/,4,/,3,/' one.csv > two.csv
	tamga-issuer issue --home B-two two.csv --kind 2 --batch two \
		--pdf pdf-two --pass-file pass
	tamga-issuer publish --home B-two --out P-two --pass-file pass
	[ "$(jq '.anchors | length' P-two/trust/trust.json)" = 2 ]
	[ "$(jq '.bodies | length' P-two/trust/trust.json)" -ge 2 ]
	cat A-two/retired/anchor.pem A-two/anchor.pem > anchors.pem
	scan() {
		tamga-scan --pub P-two --anchor "$1" --json "$2"/*.pdf | jq -r .status
	}
	[ "$(scan anchors.pem pdf-one)" = valid ]
	[ "$(scan anchors.pem pdf-two)" = valid ]
	[ "$(scan A-two/anchor.pem pdf-one)" = unknown_issuer ]
	[ "$(scan A-two/anchor.pem pdf-two)" = valid ]
	sed -i 's/2099-01-01/2020-01-01/' anchors.pem
	[ "$(scan anchors.pem pdf-one)" = unknown_issuer ] # admitted later
	[ "$(scan anchors.pem pdf-two)" = valid ]
	sed -i 's/# retired: 2020-01-01/# retired soon/' anchors.pem
	run tamga-scan --pub P-two --anchor anchors.pem pdf-two/*.pdf
	[ "$status" -eq 2 ]
}

@test "an old copy of the home does not publish" {
	cp -a A-sm2 A-old
	tamga-keys authority publish --home A-sm2 --out P-sm2 --pass-file pass
	sum=$(md5sum P-sm2/trust/*)
	run tamga-keys authority publish --home A-old --out P-sm2 --pass-file pass
	[ "$status" -eq 2 ]
	[[ "$output" == *"old copy"* ]]
	[ "$(md5sum P-sm2/trust/*)" = "$sum" ]
}

@test "an existing key can be used" {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 |
		openssl pkcs8 -topk8 -scrypt -passout file:pass -out mine.key
	tamga-keys authority init --home A-mine --name x --key mine.key --pass-file pass
	grep -q '^file:/' A-mine/authority.key
	tamga-keys authority publish --home A-mine --out P-mine --pass-file pass
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 |
		openssl pkcs8 -topk8 -scrypt -passout file:pass -out rsa.key
	run tamga-keys authority init --home A-rsa --name x --key rsa.key --pass-file pass
	[ "$status" -eq 2 ]
	[ ! -e A-rsa ]
}

@test "a full disk leaves nothing half-written" {
	[ "$(id -u)" = 0 ] || skip "needs root for a small tmpfs"
	mkdir -p small
	mount -t tmpfs -o size=4k,nr_inodes=8 tmpfs small 2>/dev/null || skip "no tmpfs here"
	run tamga-keys authority init --home small/A --name x --pass-file pass
	left=$(find small -type f | wc -l)
	umount small
	[ "$status" -eq 2 ]
	[ "$left" = 0 ]
}

@test "a mistyped home is named, and nothing is written into it" {
	mkdir bare
	for no in "$T/none" "$T/bare"; do
		for args in "list" "authority publish --out P-none --pass-file pass" \
		    "authority withdraw --body-id $ID --reason superseded --tree-size 1 --pass-file pass" \
		    "authority admit --csr B-es256/body.csr --scope scope.ini --out none.pem --pass-file pass" \
		    "body install --cert B-es256/body.pem" "body rotate --pass-file pass"; do
			run tamga-keys $args --home "$no"
			[ "$status" -eq 2 ]
			[[ "$output" == *"$no/"*"is not there. Is --home right? Else make it with: tamga-keys "*" init"* ]]
			[ -z "$(ls -A "$no" 2>/dev/null)" ]
		done
	done
	[ ! -e none ] && [ ! -e P-none ] && [ ! -e none.pem ]
}
