#!/usr/bin/env bats
# tamga-audit from the outside: what it says, and its exit status.

ID=52150100MJY000000J
OTHER=52150000MJ00000X1X

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en TAMGA_HOME=/dev/null/none
	export D=$BATS_FILE_TMPDIR PATH=$TAMGA_BIN:$PATH
	cd "$D"
	echo 'correct horse' >pass
	tamga-keys authority init --home A --name 某某厅 --pass-file pass >/dev/null
	body B $ID S000015000123 40
	body C $OTHER S000015000999 5
	tamga-keys authority publish --home A --out good --pass-file pass
	export LOG=bodies/$ID/log
}

# home, id, prefix, people
body() {
	tamga-keys body init --home $1 --name "机构 $1" --body-id $2 --prefix $3 \
		--pass-file pass
	printf '%s\n' '[body]' id=$2 prefix=$3 base=https://v.example/ \
		kinds=2,4 '[kind.2]' 'occupations=*' '[kind.4]' 'items=*' >$1.ini
	tamga-keys authority admit --home A --csr $1/body.csr --scope $1.ini \
		--out $1.pem --pass-file pass
	tamga-keys body install --home $1 --cert $1.pem
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people $4 --seed 5 >$1.csv
	tamga-issuer issue --home $1 $1.csv --batch j --pass-file pass
	tamga-issuer publish --home $1 --out good --pass-file pass
}

setup() {
	cd "$D"
	rm -rf pub
	cp -a good pub
}

audit() {
	run tamga-audit pub --anchor A/anchor.pem "$@"
	echo "$output"
}

flip() { # file, offset
	local c
	c=$(dd if="$1" bs=1 skip="$2" count=1 status=none | od -An -tu1)
	printf "\\x$(printf %x $((c ^ 1)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "help in two languages; usage errors are exit 2" {
	run tamga-audit --help
	[ "$status" = 0 ]
	[[ "$output" == *"Exit status"* ]]
	LANGUAGE=zh run tamga-audit --help
	[[ "$output" == *"退出码"* ]]
	run tamga-audit
	[ "$status" = 2 ]
	run tamga-audit pub pub --anchor A/anchor.pem
	[ "$status" = 2 ]
	run tamga-audit pub --home /dev/null/none
	[ "$status" = 2 ]
	run tamga-audit /dev/null/none --anchor A/anchor.pem
	[ "$status" = 2 ]
	run tamga-audit http://127.0.0.1:1/ --anchor A/anchor.pem
	[ "$status" = 2 ]
	run tamga-audit pub --anchor A/authority.crl
	[ "$status" = 2 ]
}

@test "all good: exit 0, in words and in JSON" {
	audit
	[ "$status" = 0 ]
	[[ "$output" == *"2 bodies, 45 log entries: 0 wrong, 0 not known"* ]]
	LANGUAGE=zh audit
	[[ "$output" == *"机构 2 个，日志 45 项：有误 0，未知 0"* ]]
	audit -q
	[ "$status" = 0 ]
	[ -z "$output" ]
	tamga-audit pub --anchor A/anchor.pem --json >json
	[ "$(jq -s 'map(select(.schema == 1 and .result == "pass" and .code == "OK")) | length' json)" = "$(wc -l <json)" ]
	[ "$(jq -r 'select(.check == "entries") | .body' json | sort | tr '\n' ' ')" = "$OTHER $ID " ]
}

@test "a changed entry: exit 1, file and index named" {
	flip pub/$LOG/tile/entries/000.p/40 $((34 * 17 + 9))
	audit
	[ "$status" = 1 ]
	[[ "$output" == *"✗ $LOG/tile/entries/000.p/40, index 17: "*"(TLOG_OTHER)"* ]]
	tamga-audit pub --anchor A/anchor.pem --json >json || true
	[ "$(jq -r 'select(.result == "fail") | "\(.check) \(.code) \(.index) \(.body)"' json)" = \
		"entries TLOG_OTHER 17 $ID" ]
	LANGUAGE=zh audit -q
	[[ "$output" == *"序号 17：不是当初写入的日志项"* ]]
}

@test "a folder's name that is not UTF-8 loses no finding" {
	local gbk=$'pub/\xd6\xd0'
	cp -a good "$gbk"
	rm "$gbk/trust/authority.crl"
	mkdir "$gbk/trust/authority.crl"
	status=0
	tamga-audit "$gbk" --anchor A/anchor.pem --json >json || status=$?
	[ "$status" = 4 ]
	[ "$(jq -r 'select(.check == "crl") | .code' json)" = FAULT_IO ]
	[[ "$(jq -r 'select(.check == "crl") | .message' json)" == *"pub/??/trust/authority.crl"* ]]
}

@test "another body's status list and checkpoint: exit 1" {
	cp pub/bodies/$OTHER/status/0 pub/bodies/$ID/status/0
	cp pub/bodies/$OTHER/log/checkpoint pub/$LOG/checkpoint
	audit -q
	[ "$status" = 1 ]
	[[ "$output" == *"✗ bodies/$ID/status/0: "*"(SIGNATURE)"* ]]
	[[ "$output" == *"✗ $LOG/checkpoint: "*"(NOTE_KEY)"* ]]
}

@test "something missing: exit 4; something wrong besides: exit 1" {
	rm pub/$LOG/tile/0/000.p/40
	audit
	[ "$status" = 4 ]
	[[ "$output" == *"? $LOG/tile/0/000.p/40: "*"(TLOG_MISSING)"* ]]
	flip pub/bodies/$OTHER/status/0 40
	audit
	[ "$status" = 1 ]
	[[ "$output" == *"1 wrong, 1 not known"* ]]
}

@test "a log put back to a backup is seen by who keeps a state" {
	rm -rf state
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people 10 --seed 6 >more.csv
	cp -a B B-now
	tamga-issuer issue --home B-now more.csv --batch k --pass-file pass
	tamga-issuer publish --home B-now --out pub --pass-file pass
	audit --state state
	[ "$status" = 0 ]
	of_body='.logs["52150100MJY000000J"], .lists["52150100MJY000000J/0"]'
	kept=$(jq -S "$of_body" state | md5sum)
	rm -rf pub
	cp -a good pub
	for i in 1 2; do # and again, until it is mended
		audit --state state -q
		[ "$status" = 1 ]
		[[ "$output" == *"the log was rolled back (CHECKPOINT_OLDER)"* ]]
		[[ "$output" == *"an old list was put back (STATUS_OLDER)"* ]]
		[ "$(jq -S "$of_body" state | md5sum)" = "$kept" ]
	done
}

@test "a trust.json that says otherwise: where, and what it should say" {
	rm -rf pub
	cp -a good pub
	jq '.crl.number = 77' good/trust/trust.json >pub/trust/trust.json
	audit -q
	[ "$status" = 1 ]
	[[ "$output" == *"trust/trust.json: crl.number is 77, but by the certificates and the CRL it is "*"(TRUST_DIFFERS)"* ]]
	LANGUAGE=zh audit -q
	[[ "$output" == *"crl.number 为 77，而按证书和撤销列表应为"* ]]
	jq 'del(.bodies[0])' good/trust/trust.json >pub/trust/trust.json
	audit -q
	[ "$status" = 1 ]
	[[ "$output" == *"lacks bodies[kid "* ]]
	rm pub/trust/trust.json
	audit -q
	[ "$status" = 4 ]
}

@test "from a URL: the same words, a state, and exit 2 when it is gone" {
	rm -rf pub state
	cp -a good pub
	/usr/bin/python3 -u -m http.server --bind 127.0.0.1 --directory pub 0 \
		>port 2>http.log 3>&- &
	server=$!
	for i in $(seq 100); do
		grep -q port port && break
		sleep 0.1
	done
	url=http://127.0.0.1:$(sed -n 's/.* port \([0-9]*\) .*/\1/p' port)
	run tamga-audit "$url" --anchor A/anchor.pem --state state
	[ "$status" = 0 ]
	by_url=$output
	audit
	[ "$by_url" = "$output" ]
	run tamga-audit "$url/" --anchor A/anchor.pem --state state
	[ "$status" = 0 ]
	[[ "$output" == *"; 0 more in "*" days, 0.0 a day"* ]]
	rm pub/bodies/*/log/checkpoint
	run tamga-audit "$url" --anchor A/anchor.pem --state state -q
	[ "$status" = 4 ]
	kill $server
	wait $server || true
	run tamga-audit "$url" --anchor A/anchor.pem --state state
	[ "$status" = 2 ]
	LANGUAGE=zh run tamga-audit "$url" --anchor A/anchor.pem
	[ "$status" = 2 ]
	[[ "$output" == *取不到* ]]
}

@test "two trees of one size are a split view" {
	rm -rf state
	cp -a B B-a
	cp -a B B-b
	for x in a b; do
		"$TAMGA_SOURCE/tests/data/make_roster.py" --people 3 \
			--seed $((0x$x)) >$x.csv
		tamga-issuer issue --home B-$x $x.csv --batch $x --pass-file pass
	done
	tamga-issuer publish --home B-a --out pub --pass-file pass
	audit --state state
	[ "$status" = 0 ]
	rm -rf pub
	cp -a good pub
	sleep 1 # the other list is not to be older
	tamga-issuer publish --home B-b --out pub --pass-file pass
	audit --state state -q
	[ "$status" = 1 ]
	[[ "$output" == *"(CHECKPOINT_SPLIT)"* ]]
}
