#!/usr/bin/env bats
# tamga-review from the outside: a table of claims against certificates, lists,
# rules and ledger.
bats_require_minimum_version 1.5.0
load ../issuer/home

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en D=$BATS_FILE_TMPDIR
	export PATH=$TAMGA_BIN:$PATH
	make_homes "$D"
	cd "$D"
	good_roster >roster.csv
	tamga-issuer issue --home body roster.csv --batch y --pass-file pass -q
	tamga-issuer publish --home body --out pub --pass-file pass -q
	tamga-keys authority publish --home authority --out pub --pass-file pass -q
	cat >rules.ini <<-END
	[rules]
	version = test 1
	source = 内就服工办发〔2019〕2号
	[from 2019-07-22]
	amount.2.5 = 1000
	amount.2.4 = 1500
	amount.4 = 600
	four_eyes_above = 1000
	END
	for i in 0 1 2 3 4; do
		tamga-issuer show --home body --index $i --json | jq -r .qr >qr.$i
	done
}

setup() {
	cd "$D"
	H=$BATS_TEST_TMPDIR
}

CLAIMS=申领编号,姓名,证件号码,证书种类,二维码,职业名称,等级,发证日期,申请日期,金额,补贴种类,款项

good_claims() {
	cat <<-END
	$CLAIMS
	A1,王明,$ID1,2,$(cat qr.0),电工,四级,2020-06-30,2020-07-15,1500,,
	A2,乌云·其木格,$ID2,2,$(cat qr.1),电工,四级,2020-07-01,2020-07-15,1500,,
	A3,李四,$ID3,2,$(cat qr.2),焊工,5,2021-01-05,2021-02-01,1000,,
	A4,巴特尔,$ID4,4,$(cat qr.3),低压电工作业,,2024-03-01,2024-04-01,600,,
	A5,赵六,$ID5,4,$(cat qr.4),煤矿瓦斯检查作业,,2024-03-01,2024-04-01,600,,
	END
}

check() { # arguments of check
	status=0
	output=$(tamga-review check --home "$H" --pub pub \
	    --anchor authority/anchor.pem --rules rules.ini --json "$@" \
	    2>"$H/err") || status=$?
	cat "$H/err"
	echo "$output"
}

# What is said of a claim: "fail C03 C05".
of() {
	jq -r --arg c "$1" 'select(.claim == $c) | [.verdict] + .codes | join(" ")' \
	    <<<"$output"
}

@test "good claims pass, an old one for age is only pointed at" {
	good_claims >"$H/c.csv"
	check "$H/c.csv"
	[ "$status" = 0 ]
	[ "$(of A1)" = "pass" ]
	[ "$(of A2)" = "warn C05" ]
	[ "$(of A3)" = "pass" ]
	[ "$(of A4)" = "warn C05" ]
	[ "$(of A5)" = "pass" ]
	[[ "$output" != *$ID1* ]]
}

@test "one wrong field each, with the code of its rule" {
	good_claims | sed "
	    2s/王明/王民/
	    3s/,1500,/,1600,/
	    4s/,5,2021/,4,2021/
	    5s/$ID4/$ID1/
	    6s/,600,/,600元整,/" >"$H/c.csv"
	check "$H/c.csv"
	[ "$status" = 1 ]
	# A1 and A4 also use one ID number under two names
	[ "$(of A1)" = "fail C03 C11" ]
	[ "$(of A2)" = "fail C05 C10" ]
	[ "$(of A3)" = "fail C03 C10" ]
	[ "$(of A4)" = "fail C03 C11" ]
	[ "$(of A5)" = "fail C18" ]
}

@test "a forged, a foreign and an empty code" {
	local q
	q=$(cat qr.0)
	good_claims | sed "
	    2s|,https[^,]*,|,${q::-3}999,|
	    3s|,https[^,]*,|,https://example.org/hello,|
	    4s|,https[^,]*,|,,|" >"$H/c.csv"
	check "$H/c.csv"
	[ "$status" = 1 ]
	[ "$(of A1)" = "fail C01" ]
	[ "$(of A2)" = "pending C01 C05" ]
	[ "$(of A3)" = "pending C01" ]
}

@test "lists: who draws a pension is refused, a required list is missed" {
	good_claims >"$H/c.csv"
	printf '姓名,身份证号\n王明,%s\n' $ID1 >"$H/pension.csv"
	check "$H/c.csv" --pension "$H/pension.csv"
	[ "$status" = 1 ]
	[ "$(of A1)" = "fail C09" ]
	# with the list at hand, age is no hint any more
	[ "$(of A2)" = "pass" ]
	# blanks of all kinds, as tables have them
	printf '证件类型,证件号码\n 居民身份证　,%s\n' $ID1 >"$H/pension.csv"
	check "$H/c.csv" --pension "$H/pension.csv"
	[ "$(of A1)" = "fail C09" ]
	sed 's/^amount.4/required_lists = death\namount.4/' rules.ini >"$H/r.ini"
	check "$H/c.csv" --rules "$H/r.ini"
	[ "$status" = 4 ]
	[ "$(of A1)" = "pending C09" ]
}

@test "the national query: what it does not know yet is pending" {
	good_claims >"$H/c.csv"
	n=$(tamga-issuer show --home body --index 0 --json | jq -r .number)
	printf '证书编号\n%s\n' "$n" >"$H/national.csv"
	check "$H/c.csv" --national "$H/national.csv"
	[ "$status" = 4 ]
	[ "$(of A1)" = "pass" ]
	[ "$(of A3)" = "pending C14" ]
	# kind 4 has no number of its own
	[ "$(of A5)" = "pass" ]
}

@test "the same certificate for two, a claim twice, a fourth of the year" {
	good_claims >"$H/c.csv"
	cat >>"$H/c.csv" <<-END
	A6,巴特尔,$ID4,2,$(cat qr.0),电工,四级,2020-06-30,2020-07-15,1500,,
	A1,王明,$ID1,2,$(cat qr.0),电工,四级,2020-06-30,2020-07-15,1500,,
	A7,王明,$ID1,2,$(cat qr.0),电工,四级,2020-06-30,2020-07-15,1500,,
	END
	check "$H/c.csv"
	[ "$status" = 1 ]
	[ "$(jq -r 'select(.row == 2).verdict' <<<"$output")" = pass ]
	[[ "$(of A6)" == "fail C03"* ]]
	[ "$(jq -r 'select(.row == 8) | .codes | join(" ")' <<<"$output")" = "C17" ]
	[ "$(of A7)" = "fail C06" ]
}

@test "by number alone, in a registry that has issued it" {
	n=$(tamga-issuer show --home body --index 0 --json | jq -r .number)
	cat >"$H/c.csv" <<-END
	申领编号,姓名,证件号码,证书种类,证书编号,职业名称,等级,发证日期,申请日期,金额
	A1,王明,$ID1,2,$n,电工,四级,2020-06-30,2020-07-15,1500
	A2,王明,$ID2,2,$n,电工,四级,2020-06-30,2020-07-15,1500
	END
	check "$H/c.csv" --registry sqlite:body/registry.db
	[ "$status" = 1 ]
	[ "$(of A1)" = pass ]
	[[ "$(of A2)" == "fail C03"* ]]
}

@test "the report has the same rows, and the same bytes again" {
	good_claims | sed '2s/王明/王民/' >"$H/c.csv"
	# not before the certificates, not after the status list
	at=$(date +%s)
	for i in 1 2; do
		run tamga-review check --home "$H" --pub pub --at "$at" \
		    --anchor authority/anchor.pem --rules rules.ini -q \
		    "$H/c.csv" --out "$H/r$i.xlsx" --csv "$H/r$i.csv"
		[ "$status" = 1 ]
	done
	cmp "$H/r1.csv" "$H/r2.csv"
	cmp "$H/r1.xlsx" "$H/r2.xlsx"
	[ "$(stat -c %a "$H/r1.xlsx")" = 600 ]
	/usr/bin/python3 - "$H/r1.xlsx" "$(sha256sum <"$H/c.csv" | cut -d' ' -f1)" <<-'END'
	import sys, openpyxl
	book = openpyxl.load_workbook(sys.argv[1])
	assert book.sheetnames == ["审核结果", "培训机构", "发证机构", "说明"], book.sheetnames
	rows = list(book["审核结果"].values)
	assert len(rows) == 6
	head = rows[0]
	first = dict(zip(head, rows[1]))
	assert first["姓名"] == "王民" and first["审核结论"] == "fail", first
	assert first["理由代码"] == "C03" and "name differs" in first["理由"]
	assert first["证件号码"] == "150102199001010019"
	bodies = {r[0]: r for r in list(book["发证机构"].values)[1:]}
	assert bodies["示范中心"][1] == 5 and bodies["示范中心"][5] == 1, bodies
	notes = dict(list(book["说明"].values)[1:])
	assert notes["申领表 SHA-256"] == sys.argv[2], notes
	assert notes["规则版本"] == "test 1"
	END
	run tamga-review check --home "$H" --pub pub --anchor authority/anchor.pem \
	    --rules rules.ini -q "$H/c.csv" --out "$H/r1.xlsx"
	[ "$status" = 2 ]
	[[ "$output" == *"exists already"* ]]
}

@test "what is wrong with a table or a rules file is named" {
	printf '姓名,证件号码\n甲,1\n' >"$H/c.csv"
	check "$H/c.csv"
	[ "$status" = 2 ]
	[[ "$(cat "$H/err")" == *"申领编号 is missing"* ]]
	good_claims | sed '1s/姓名/姓名,名字/' >"$H/c.csv"
	check "$H/c.csv"
	[ "$status" = 2 ]
	[[ "$(cat "$H/err")" == *"two columns mean 姓名"* ]]
	good_claims >"$H/c.csv"
	printf '[from 2019-07-22]\nage_min = old\n' >"$H/r.ini"
	check "$H/c.csv" --rules "$H/r.ini"
	[ "$status" = 2 ]
	[[ "$(cat "$H/err")" == *"line 2: 'old' is no value of age_min"* ]]
	run tamga-review check
	[ "$status" = 2 ]
	run tamga-review check "$H/none.csv" --home "$H" --pub pub \
	    --anchor authority/anchor.pem
	[ "$status" = 2 ]
}

book() {
	run tamga-review book --home "$H" --pub pub \
	    --anchor authority/anchor.pem --rules rules.ini "$@"
	echo "$output"
}

@test "booked once, approved by another, paid, and found when revoked" {
	cp -a body pub "$H"
	good_claims >"$H/c.csv"
	book "$H/c.csv"
	[ "$status" = 0 ]
	[[ "$output" == *"3 would be booked"* ]]
	[ ! -e "$H/registry.db" ] && [ ! -e "$H/ledger.key" ]
	book "$H/c.csv" --yes --with-warnings --actor li
	[ "$status" = 0 ]
	[[ "$output" == *"$H/registry.db is a new ledger"* ]]
	[[ "$output" == *"5 booked, 5200.00 yuan"* ]]
	book "$H/c.csv" --yes --with-warnings --actor li
	[[ "$output" == *"0 booked"*"5 were there"* ]]
	run tamga-review approve --home "$H" A1 A3 --rules rules.ini --actor li
	[ "$status" = 1 ]
	[[ "$output" == *"A1: above the limit"* ]]
	[[ "$output" == *"A3: done"* ]]
	tamga-review approve --home "$H" A1 --rules rules.ini --actor wang
	tamga-review pay --home "$H" A1 A3 --actor li
	run tamga-review report --home "$H" --pub "$H/pub" \
	    --anchor authority/anchor.pem
	[ "$status" = 0 ]
	tamga-issuer revoke --home "$H/body" --index 0 --reason 作弊 --yes
	tamga-issuer publish --home "$H/body" --out "$H/pub" --pass-file pass -q
	run tamga-review report --home "$H" --pub "$H/pub" \
	    --anchor authority/anchor.pem
	echo "$output"
	[ "$status" = 1 ]
	[[ "$output" == *"A1  paid"*revoked* ]]
	[[ "$output" == *"1 no longer good, 1500.00 yuan"* ]]
	run tamga-review return --home "$H" A1
	[ "$status" = 2 ]
	run tamga-review return --home "$H" A1 --reason "是${ID1}的"
	[ "$status" = 2 ]
	[[ "$output" == *"ID number"* ]]
	tamga-review return --home "$H" A1 --reason 证书撤销
	[ "$(tamga-review list --home "$H" --json |
	    jq -r 'select(.claim == "A1").state')" = returned ]
}

@test "the ledger holds no ID number and no name" {
	good_claims >"$H/c.csv"
	book "$H/c.csv" --yes --with-warnings
	for id in $ID1 $ID2 $ID3 $ID4 $ID5 王明; do
		! grep -qa "$id" "$H/registry.db" "$H/registry.db-wal"
	done
	[ "$(stat -c %a "$H/ledger.key")" = 600 ]
}

@test "another table cannot book what the ledger holds" {
	good_claims >"$H/c.csv"
	book "$H/c.csv" --yes
	good_claims | sed '2s/^A1/B1/;3d;4d;5d;6d' >"$H/d.csv"
	check "$H/d.csv"
	[ "$(of B1)" = "fail C06" ]
	[[ "$output" == *A1* ]]
	book "$H/d.csv" --yes
	[ "$status" = 1 ]
	[[ "$output" == *"0 booked"* ]]
	# the number of a claim that means another one
	good_claims | sed '2,3d;4s/^A3/A1/' >"$H/e.csv"
	check "$H/e.csv"
	[ "$(of A1)" = "fail C06 C17" ]
}

@test "users of the page: made, listed, locked, each in the trail" {
	(umask 077; echo 'correct horse battery' >"$H/pass")
	run --separate-stderr tamga-review user add wang --role approver \
	    --home "$H" --pass-file "$H/pass" --actor root
	[ "$status" = 0 ]
	[[ "$output" =~ ^otpauth://totp/Tamga:%77%61%6E%67\?secret=[A-Z2-7]{32}\&issuer=Tamga ]]
	[[ "$output" != *battery* ]]
	run tamga-review user add wang --home "$H" --pass-file "$H/pass"
	[ "$status" = 2 ]
	[[ "$output" == *"already"* ]]
	echo short >"$H/short"
	run tamga-review user add li --home "$H" --pass-file "$H/short"
	[ "$status" = 2 ]
	[[ "$output" == *"12 characters"* ]]
	run tamga-review user add li --home "$H" --pass-file "$H/pass" --role boss
	[ "$status" = 2 ]
	run tamga-review user lock wang --home "$H" --actor root
	[ "$status" = 0 ]
	run tamga-review user lock nobody --home "$H" --actor root
	[ "$status" = 2 ]
	[ "$(tamga-review user list --home "$H" --json | jq -c '[.name,.role,.locked]')" = \
	    '["wang","approver",true]' ]
	run tamga-review user role wang --home "$H" --role auditor --actor root
	[ "$status" = 0 ]
	[ "$(sqlite3 "$H/registry.db" "SELECT group_concat(actor || ' ' || action || ' ' || subject || ' ' || detail, ';') FROM audit")" = \
	    "root user.add user wang approver;root user.lock user wang ;root user.role user wang auditor" ]
	# nothing is done that the trail cannot be told
	echo damaged >"$H/registry.db"
	run tamga-review user unlock wang --home "$H"
	[ "$status" = 2 ]
	run tamga-review user add li --home "$H" --pass-file "$H/pass"
	[ "$status" = 2 ]
	[[ "$output" == *"registry.db: damaged"* ]]
	[ "$(tamga-review user list --home "$H" --json | jq -c '[.name,.locked]')" = \
	    '["wang",true]' ]
}

@test "an advance and its balance in one table are both booked" {
	good_claims | sed '3,$d;s/1500,,$/900,,预付/' >"$H/c.csv"
	good_claims | sed '1d;3,$d;s/^A1/A1-2/;s/1500,,$/600,,余款/' >>"$H/c.csv"
	check "$H/c.csv"
	[ "$status" = 0 ]
	book "$H/c.csv" --yes --with-warnings
	[ "$status" = 0 ]
	[[ "$output" == *"2 booked, 1500.00 yuan"* ]]
}

anomalies() { # of the claims, with thresholds that five certificates reach
	sed 's/^amount.4/anomaly.per_day = 1\nanomaly.phone = 1\nanomaly.account = 0\nanomaly_min = 1\nanomaly.before_end = 10\namount.4/' \
	    rules.ini >"$H/odd.ini"
	status=0
	output=$(tamga-review "$@" --home "$H" --pub pub \
	    --anchor authority/anchor.pem --rules "$H/odd.ini" \
	    2>"$H/err") || status=$?
	cat "$H/err" >&2
	echo "$output"
}

odd_claims() {
	good_claims | sed '1s/$/,手机号,培训起,培训止/
	    2,3s/$/,13800000001,2020-06-01,2020-06-29/
	    4s/$/,13800000001,2021-01-04,2021-01-20/
	    5,6s/$/,,2024-02-01,2024-02-20/'
}

@test "anomalies: of a table, then of the ledger; explained stays explained" {
	odd_claims >"$H/c.csv"
	anomalies anomalies "$H/c.csv" --json
	[ "$status" = 1 ]
	[ "$(jq -r 'select(.rank == 1) | [.body_id, .name, .certificates, .open] | join(" ")' \
	    <<<"$output")" = "$BODY_ID 示范中心 5 3" ]
	[ "$(jq -r 'select(.key) | [.anomaly, .n, .of, .limit, .from] | join(" ")' <<<"$output")" \
	    = "per_day 2 0 1 2024-03-01
phone 3 0 1 2020-06-30
before_end 1 5 10 2020-06-30" ]
	[[ "$output" != *13800000001* ]]
	book "$H/c.csv" --yes --with-warnings
	[ "$status" = 0 ]
	anomalies anomalies --out "$H/a.xlsx" --csv "$H/a.csv"
	[ "$status" = 1 ]
	[[ "$output" == *"3 people with one phone number; limit 1 (A1, A2, A3)"* ]]
	[[ "$output" == *"score "*" = per_day 120 + phone 180 + before_end "* ]]
	/usr/bin/python3 - "$H/a.xlsx" "$H/a.csv" <<-'END'
	import csv, sys, openpyxl
	book = openpyxl.load_workbook(sys.argv[1])
	assert book.sheetnames == ["机构", "异常"], book.sheetnames
	body = dict(zip(*list(book["机构"].values)[:2]))
	assert body["待查"] == 3 and body["phone"] == 180, body
	rows = list(csv.DictReader(open(sys.argv[2], encoding="utf-8-sig")))
	assert [r["异常"] for r in rows] == ["per_day", "phone", "before_end"], rows
	assert rows[1]["状态"] == "open" and rows[1]["涉及"] == "A1, A2, A3", rows
	END
	key=$(jq -r 'select(.anomaly == "phone").key' <<<"$(anomalies anomalies --json)")
	anomalies explain "$key" --actor wang --reason 一家三口
	[ "$status" = 0 ]
	anomalies explain "per_day:nobody" --reason x
	[ "$status" = 1 ]
	anomalies explain "$key"
	[ "$status" = 2 ]
	anomalies explain "$key" --reason "$ID1"
	[ "$status" = 2 ]
	anomalies anomalies --json
	[ "$(jq -r 'select(.anomaly == "phone") | [.open, .explained.by, .explained.reason] | join(" ")' \
	    <<<"$output")" = "false wang 一家三口" ]
	[ "$(jq -r 'select(.rank == 1) | [.open, .explained, .parts.phone] | join(" ")' <<<"$output")" = "2 1 " ]
}

@test "anomalies: what bodies reported of their assessments" {
	odd_claims >"$H/c.csv"
	cat >"$H/s.csv" <<-END
	机构代码,评价日期,参评人数,合格人数,日评价能力
	$BODY_ID,2024-02-28,40,40,50
	END
	anomalies anomalies "$H/c.csv" --json --sessions "$H/s.csv"
	[ "$(jq -r 'select(.key) | .anomaly' <<<"$output" | paste -sd' ')" \
	    = "pass_rate phone before_end" ]
	sed -i 's/,40,40,/,40,41,/' "$H/s.csv"
	anomalies anomalies --sessions "$H/s.csv"
	[ "$status" = 2 ]
	[[ "$(cat "$H/err")" == *"row 2: 合格人数 is"* ]]
	sed "s/,40,41,.*/,40,40,$(printf '五十%.0s' {1..20})/" "$H/s.csv" >"$H/long.csv"
	anomalies anomalies --sessions "$H/long.csv"
	[ "$status" = 2 ]
	[[ "$(cat "$H/err")" == *"row 2: 日评价能力 is"* ]]
	sed -i '1s/参评人数/人/' "$H/s.csv"
	anomalies anomalies --sessions "$H/s.csv"
	[ "$status" = 2 ]
	[[ "$(cat "$H/err")" == *"参评人数 is missing"* ]]
}

@test "C13: an odd body's claims are pointed at, until it is explained" {
	local key
	odd_claims >"$H/c.csv"
	sed 's/^amount.4/anomaly.phone = 1\nanomaly_min = 30\namount.4/' rules.ini \
	    >"$H/odd.ini"
	# without a ledger: of the table alone, and it says so
	check "$H/c.csv" --rules "$H/odd.ini"
	[ "$status" = 0 ]
	[ "$(of A1)" = "warn C13" ]
	[ "$(of A3)" = "warn C12 C13" ]
	[[ "$(cat "$H/err")" == *"stand out (C13): 1, ledger not checked (none given); of this table alone"* ]]
	[[ "$output" == *"the issuing body stands out: 3 people with one phone number; limit 1"* ]]
	[[ "$output" != *13800000001* ]]
	[ "$(jq -r .body_odd <<<"$output" | sort -u)" = yes ]
	# in Chinese, too
	LC_ALL=zh_CN.UTF-8 LANGUAGE=zh tamga-review check --home "$H" --pub pub \
	    --anchor authority/anchor.pem --rules "$H/odd.ini" "$H/c.csv" \
	    >"$H/zh" 2>&1 || true
	grep -q '发证机构数据异常：3 人共用一个手机号，限 1 人' "$H/zh"
	# pending where the region says so, never fail; off where it says so
	sed 's/^anomaly_min/body_odd = pending\n&/' "$H/odd.ini" >"$H/p.ini"
	check "$H/c.csv" --rules "$H/p.ini"
	[ "$status" = 4 ]
	[ "$(of A5)" = "pending C13" ]
	sed 's/^anomaly_min/body_odd = off\n&/' "$H/odd.ini" >"$H/o.ini"
	check "$H/c.csv" --rules "$H/o.ini"
	[ "$(of A5)" = pass ]
	sed 's/^anomaly_min/body_odd = fail\n&/' "$H/odd.ini" >"$H/f.ini"
	check "$H/c.csv" --rules "$H/f.ini"
	[ "$status" = 2 ]
	[[ "$(cat "$H/err")" == *"body_odd"*"off, warn or pending"* ]]
	# under the threshold nothing is said
	sed 's/anomaly.phone = 1/anomaly.phone = 3/' "$H/odd.ini" >"$H/three.ini"
	check "$H/c.csv" --rules "$H/three.ini"
	[ "$(of A5)" = pass ]
	[ "$(jq -r .body_odd <<<"$output" | sort -u)" = no ]
}

@test "C13: the ledger counts, explained findings do not, forged rows never" {
	local key
	odd_claims >"$H/c.csv"
	sed 's/^amount.4/anomaly.phone = 1\namount.4/' rules.ini >"$H/odd.ini"
	run tamga-review book --home "$H" --pub pub --rules "$H/odd.ini" \
	    --anchor authority/anchor.pem --yes --with-warnings "$H/c.csv"
	[[ "$output" == *"5 booked"* ]]
	[ "$(tamga-review list --home "$H" --json |
	    jq -r 'select(.claim == "A5").codes')" = C13 ]
	# another table, one claim: what is odd stands in the ledger
	good_claims | sed -n '1p;6s/^A5/B5/p' >"$H/d.csv"
	check "$H/d.csv" --rules "$H/odd.ini" --out "$H/d.xlsx"
	[[ "$(of B5)" == *"C13"* ]]
	[[ "$(cat "$H/err")" == *"stand out (C13): 1, of the ledger and this table"* ]]
	/usr/bin/python3 - "$H/d.xlsx" <<-'END'
	import sys, openpyxl
	notes = dict(list(openpyxl.load_workbook(sys.argv[1])["说明"].values)[1:])
	assert notes["发证机构异常（C13）"] == "按台账和本表", notes
	assert notes["异常待查的机构"] == "1" and notes["评价情况表"] == "无", notes
	END
	key=$(tamga-review anomalies --home "$H" --pub pub --rules "$H/odd.ini" \
	    --anchor authority/anchor.pem --json |
	    jq -r 'select(.anomaly == "phone").key')
	tamga-review explain "$key" --home "$H" --pub pub --rules "$H/odd.ini" \
	    --anchor authority/anchor.pem --reason 一家三口
	check "$H/d.csv" --rules "$H/odd.ini"
	[[ "$(of B5)" != *"C13"* ]]
	[ "$(jq -r .body_odd <<<"$output")" = no ]
	# it grows: open again
	{ good_claims | sed '1s/$/,手机号/;2,$d'
	  good_claims | sed -n '5s/^A4/C4/;5s/$/,13800000001/p'
	  good_claims | sed -n '6s/^A5/C5/;6s/$/,13800000001/p'; } >"$H/e.csv"
	sed 's/^four_eyes/max_per_year = 9\n&/' "$H/odd.ini" >"$H/e.ini"
	check "$H/e.csv" --rules "$H/e.ini" --home "$H/other"
	[[ "$(of C5)" == "warn C13" ]]
	# without a publication nothing is known of bodies, and it says so
	mkdir -p "$H/empty"
	check "$H/d.csv" --rules "$H/odd.ini" --pub "$H/empty"
	[[ "$(cat "$H/err")" == *"what is odd about issuing bodies (C13): not checked"* ]]
	[ "$(jq -r .body_odd <<<"$output")" = "not checked" ]
	# forged codes that name the body say nothing against it
	q=$(cat qr.3)
	good_claims | sed "1s/$/,手机号/;2,3s/$/,1390000000/;3,\$d" >"$H/f.csv"
	for n in 1 2 3 4; do
		good_claims | sed -n "5s|,https[^,]*,|,${q::-3}999,|;5s/^A4/F$n/;5s/$/,13900000000/p"
	done >>"$H/f.csv"
	check "$H/f.csv" --rules "$H/odd.ini" --home "$H/third"
	[ "$(of A1)" = pass ]
	[[ "$(of F1)" == "fail C01"* ]]
}

@test "C13: what bodies reported of assessments, with --sessions" {
	odd_claims | sed 's/13800000001//' >"$H/c.csv"
	sed 's/^amount.4/anomaly_min = 1\nanomaly.before_end = 0\namount.4/' \
	    rules.ini >"$H/odd.ini"
	printf '机构代码,评价日期,参评人数,合格人数\n%s,2024-02-28,40,40\n' \
	    "$BODY_ID" >"$H/s.csv"
	check "$H/c.csv" --rules "$H/odd.ini" --sessions "$H/s.csv"
	[ "$(of A5)" = "warn C13" ]
	[[ "$output" == *"40 of 40 people assessed passed (100 %; limit 98 %)"* ]]
	sed -i 's/,40,40/,40,30/' "$H/s.csv"
	check "$H/c.csv" --rules "$H/odd.ini" --sessions "$H/s.csv"
	[ "$(of A5)" = pass ]
}

@test "a mistyped home is named, and none is made there" {
	local no=$H/no such
	good_claims >"$H/c.csv"
	(umask 077; echo 'correct horse battery' >"$H/pass")
	while read -r such; do
		eval "set -- $such"
		run tamga-review "$@" --home "$no"
		[ "$status" = 2 ]
		[[ "$output" == *"$no/"*" right? Else "*"tamga-review "* ]]
		[ ! -e "$no" ]
	done <<-END
	approve A1
	pay A1
	reject A1 --reason why
	return A1 --reason why
	list
	report --pub pub --anchor authority/anchor.pem
	statistics --out "$H/st"
	explain K --reason why --pub pub --anchor authority/anchor.pem
	user list
	user reset wang --pass-file "$H/pass"
	user lock wang
	user unlock wang
	user role wang --role auditor
	prune
	prune --yes
	END
	# a ledger elsewhere, mistyped
	run tamga-review pay A1 --registry "sqlite:$no/l.db" --home "$H"
	[ "$status" = 2 ]
	[[ "$output" == *"no ledger at $no/l.db"* ]]
	# neither a review nor a dry run makes more than the cache
	run tamga-review check "$H/c.csv" --home "$no" --pub pub \
	    --anchor authority/anchor.pem --rules rules.ini
	[ "$status" = 0 ]
	run tamga-review book "$H/c.csv" --home "$no" --pub pub \
	    --anchor authority/anchor.pem --rules rules.ini
	[ "$(ls "$no")" = cache ]
}

# The ledger does not know which of a body's keys signed.
@test "report: after a new key, what the old one may have signed is not known" {
	local tell="--home $H --pub $H/pub --anchor $H/authority/anchor.pem"
	authority() {
		tamga-keys authority "$@" --home "$H/authority" --pass-file pass -q
	}
	publish() {
		tamga-issuer publish --home "$H/body" --out "$H/pub" --pass-file pass -q
	}
	cp -a body authority pub "$H"
	good_claims >"$H/c.csv"
	book "$H/c.csv" --yes --with-warnings --actor li
	[ "$status" = 0 ]
	authority withdraw --body-id $BODY_ID --reason superseded --tree-size 3
	tamga-keys body rotate --home "$H/body" --pass-file pass -q
	authority admit --csr "$H/body/next.csr" --scope scope.ini --out "$H/new.pem"
	tamga-keys body install --home "$H/body" --cert "$H/new.pem" -q
	authority publish --out "$H/pub"
	publish
	run tamga-review report $tell
	echo "$output"
	[ "$status" = 1 ]
	[[ "$output" == *"A4  booked"*issuer_withdrawn*"2 no longer good, 1200.00 yuan; 0 not known"* ]]
	printf '%s\n' "$HEAD" "赵六,,$ID5,焊工,,,5,20210105,,,,,,2" >"$H/r.csv"
	tamga-issuer issue --home "$H/body" "$H/r.csv" --batch z --pass-file pass -q
	publish
	qr=$(tamga-issuer show --home "$H/body" --index 5 --json | jq -r .qr)
	printf '%s\n' $CLAIMS \
	    "A6,赵六,$ID5,2,$qr,焊工,5,2021-01-05,2021-02-01,1000,," >"$H/d.csv"
	run tamga-review book --home "$H" --pub "$H/pub" \
	    --anchor authority/anchor.pem --rules rules.ini "$H/d.csv" --yes \
	    --actor li
	echo "$output"
	[ "$status" = 0 ]
	run tamga-review report $tell
	echo "$output"
	[ "$status" = 1 ]
	[[ "$output" == *"A6  booked"*status_unknown*"2 no longer good, 1200.00 yuan; 1 not known"* ]]
	tamga-issuer revoke --home "$H/body" --index 5 --reason 作弊 --yes -q
	publish
	run tamga-review report $tell
	[[ "$output" == *"A6  booked"*revoked*"3 no longer good, 2200.00 yuan; 0 not known"* ]]
}

@test "a ledger without its key is not read as one that knows nobody" {
	good_claims >"$H/c.csv"
	book "$H/c.csv" --yes
	[ "$status" = 0 ]
	mv "$H/ledger.key" "$H/kept"
	book "$H/c.csv" --yes
	[ "$status" = 2 ]
	[[ "$output" == *"$H/ledger.key is missing"*"backup"* ]]
	check "$H/c.csv" --rules rules.ini --home "$H"
	[ "$status" = 2 ]
	[ ! -e "$H/ledger.key" ]
	mv "$H/kept" "$H/ledger.key"
	book "$H/c.csv" --yes
	[[ "$output" == *"0 booked"*"3 were there"* ]]
	# nor one that --registry names, from a mistyped home
	book "$H/c.csv" --yes --home "$H/no" --registry "sqlite:$H/registry.db"
	[ "$status" = 2 ]
	[[ "$output" == *"$H/no/ledger.key is missing"*"home right"* ]]
	[ ! -e "$H/no/ledger.key" ]
}
