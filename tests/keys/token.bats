# Keys in a token, from the outside: authority and body, SoftHSM.

ID=52150000MJ00000X1X
PREFIX=S000015000123

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en TAMGA_HOME=/nonexistent
	export T="$BATS_FILE_TMPDIR" PATH="$TAMGA_BIN:$PATH"
	cd "$T"
	MODULE=$(find /usr/lib -name libsofthsm2.so | head -n 1)
	[ -n "$MODULE" ]
	export MODULE SOFTHSM2_CONF="$T/softhsm2.conf"
	mkdir tokens
	echo "directories.tokendir = $T/tokens" > softhsm2.conf
	for t in authority body; do
		softhsm2-util --init-token --free --label $t --so-pin 87654321 \
			--pin 12345678
	done
	echo 12345678 > pin
	echo 99999999 > wrong
	cat > scope.ini <<-EOF
	[body]
	id = $ID
	name = 某某学校
	prefix = $PREFIX
	base = https://jd.example.cn/
	kinds = 2
	[kind.2]
	occupations = *
	EOF
}

setup() {
	cd "$T"
}

@test "authority and body live in tokens; all that they sign verifies" {
	for alg in es256 ed25519; do
		tamga-keys authority init --home A-$alg --name 某某厅 --alg $alg \
			--key "pkcs11:token=authority;object=root-$alg;type=private" \
			--pkcs11-module "$MODULE" --pass-file pin
		[ "$(cat A-$alg/authority.key)" = "pkcs11:token=authority;object=root-$alg;type=private?module-path=$MODULE" ]
		tamga-keys body init --home B-$alg --name 某某学校 --body-id $ID \
			--prefix $PREFIX --alg $alg --pass-file pin \
			--key "pkcs11:token=body;object=key-$alg?module-path=$MODULE"
		tamga-keys authority admit --home A-$alg --csr B-$alg/body.csr \
			--scope scope.ini --out $alg.pem --pass-file pin
		tamga-keys body install --home B-$alg --cert $alg.pem
		tamga-keys authority publish --home A-$alg --out P-$alg --pass-file pin
		openssl verify -CAfile A-$alg/anchor.pem -ignore_critical $alg.pem
		openssl crl -in P-$alg/trust/authority.crl -noout \
			-CAfile A-$alg/anchor.pem
		openssl req -in B-$alg/body.csr -noout -verify
		printf '%s\n' '姓名,证件号码,职业名称,职业编码,等级,发证日期' \
			'巴特尔,150102199001010019,电工,6-31-01-03,4,2020-06-30' > one.csv
		tamga-issuer issue --home B-$alg one.csv --kind 2 --batch one \
			--pdf pdf-$alg --pass-file pin
		tamga-issuer publish --home B-$alg --out P-$alg --pass-file pin
		run tamga-scan --pub P-$alg --anchor A-$alg/anchor.pem --json pdf-$alg/*.pdf
		[ "$status" -eq 0 ] || { echo "$output"; false; }
		[ "$(jq -r .status <<< "$output")" = valid ]
	done
	# nothing secret is on disk beside the token
	! grep -l 'PRIVATE KEY' A-*/* B-*/body.key
}

@test "a body changes its key for another in the token" {
	tamga-keys body rotate --home B-es256 --pass-file pin \
		--key "pkcs11:token=body;object=second?module-path=$MODULE"
	tamga-keys authority admit --home A-es256 --csr B-es256/next.csr \
		--scope scope.ini --out second.pem --pass-file pin
	tamga-keys body install --home B-es256 --cert second.pem
	tamga-issuer publish --home B-es256 --out P-es256 --pass-file pin
}

@test "a wrong PIN is exit 2, is tried once and is not named" {
	sum=$(md5sum A-es256/*.* | md5sum)
	run tamga-keys authority publish --home A-es256 --out P-x --pass-file wrong
	[ "$status" -eq 2 ]
	[[ "$output" == *"wrong PIN"* ]]
	[[ "$output" != *9999* ]]
	[ "$(md5sum A-es256/*.* | md5sum)" = "$sum" ]
	run tamga-issuer publish --home B-es256 --out P-x --pass-file wrong
	[ "$status" -eq 2 ]
	tamga-keys authority publish --home A-es256 --out P-es256 --pass-file pin
}

@test "what cannot be a key's place is exit 2 and writes nothing" {
	for key in "pkcs11:token=body;object=x" \
	    "pkcs11:token=body;object=x?module-path=/nonexistent.so" \
	    "pkcs11:token=nobody;object=x?module-path=$MODULE" \
	    "pkcs11:token=body;object=x?module-path=$MODULE&pin-value=12345678"; do
		run tamga-keys authority init --home A-no --name x --key "$key" \
			--pass-file pin
		[ "$status" -eq 2 ] || { echo "$key"; false; }
		[[ "$output" != *12345678* ]]
		[ ! -e A-no ]
	done
	run tamga-keys authority init --home A-no --name x --pass-file pin \
		--pkcs11-module "$MODULE"
	[ "$status" -eq 2 ]
	run tamga-keys authority init --home A-no --name x --alg sm2 \
		--key "pkcs11:token=authority;object=sm?module-path=$MODULE" \
		--pass-file pin
	[ "$status" -eq 2 ]
	[ ! -e A-no ]
}
