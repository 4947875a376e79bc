#!/usr/bin/env bats
# What a body does after issuing: lists, the audit trail, asking first.

bats_require_minimum_version 1.5.0
load home

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en
	make_homes "$BATS_FILE_TMPDIR/made"
	cd "$BATS_FILE_TMPDIR/made"
	good_roster >good.csv
	"$TAMGA_BIN/tamga-issuer" issue --home body --pass-file pass good.csv \
	    --batch b1 -q >/dev/null
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

indexes() { # options of list
	issuer list $H --json "$@" | jq .index | xargs
}

@test "list: by date, occupation and name, together" {
	[ "$(indexes --from 2021-01-05)" = "2 3 4" ]
	[ "$(indexes --to 2020/6/30)" = 0 ]
	[ "$(indexes --from 20200701 --to 2021年1月5日)" = "1 2" ]
	[ "$(indexes --occupation 电工)" = "0 1 3" ]
	[ "$(indexes --occupation 6-31-01-03)" = "0 1" ]
	[ "$(indexes --name 乌云)" = 1 ]
	[ "$(indexes --occupation 电工 --kind 4)" = 3 ]
	run issuer list $H --name 没有
	[ "$status" -eq 3 ]
	for bad in "--from soon" "--to 2020-02-30" "--csv a --xlsx b" \
	    "--csv a --json"; do
		run issuer list $H $bad
		[ "$status" -eq 2 ]
	done
	[ ! -e a ]
}

@test "list: CSV for Excel and a spreadsheet; ID numbers only when asked for" {
	issuer revoke $H --index 4 --reason fraud --yes -q >/dev/null
	issuer list $H --csv out.csv
	[ "$(stat -c %a out.csv)" = 600 ]
	[ "$(head -c 3 out.csv | xxd -p)" = efbbbf ]
	[ "$(wc -l <out.csv)" -eq 6 ]
	! grep -q "$ID1" out.csv
	! grep -q 证件号码 out.csv
	/usr/bin/python3 - <<-'END'
	import csv
	rows = list(csv.DictReader(open("out.csv", encoding="utf-8-sig", newline="")))
	assert [r["日志序号"] for r in rows] == list("01234"), rows
	assert rows[4]["状态"] == "已撤销" and rows[0]["状态"] == "有效"
	assert rows[1]["姓名"] == "乌云·其木格"
	assert rows[3]["证书编号"] == "" and rows[3]["有效期止"] == "2030-02-28"
	assert rows[0]["等级"] == "四级/中级工"
	END
	run issuer list $H --csv out.csv
	[ "$status" -eq 2 ]
	[[ "$output" == *"not overwritten"* ]]
	[ "$(issuer list $H --csv - | cmp - out.csv && echo same)" = same ]
	issuer list $H --id --csv ids.csv
	# Not 1.5E+17.
	grep -qF ",\"=\"\"$ID1\"\"\"" ids.csv
	[ "$(issuer list $H --id --json | jq -r .id_number | head -1)" = $ID1 ]
	[ "$(issuer list $H --json | head -1 | jq .id_number)" = null ]
	[[ "$(issuer list $H --id)" == *"$ID2"* ]]
	[[ "$(issuer list $H)" != *"$ID2"* ]]
	issuer list $H --id --xlsx out.xlsx
	[ "$(stat -c %a out.xlsx)" = 600 ]
	/usr/bin/python3 - $ID1 <<-'END'
	import openpyxl, sys
	rows = list(openpyxl.load_workbook("out.xlsx").active.iter_rows())
	assert len(rows) == 6
	assert rows[1][15].value == sys.argv[1], rows[1][15].value
	assert all(c.number_format == "@" for c in rows[1] if c.value), [c.number_format for c in rows[1]]
	END
	[ -z "$(ls | grep tmp)" ]
}

@test "audit: who did what, when and why; unbroken, and not cut since" {
	run --separate-stderr issuer audit $H --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.seq,.action,.subject,.detail]' <<<"$output")" = \
	    '[1,"issue","batch b1","5 from index 0"]' ]
	seen=$(tail -1 <<<"$stderr")
	[[ "$seen" == 1:* ]]
	issuer suspend $H --index 1 --reason "=complaint, 17" --yes -q >/dev/null
	issuer replace $H $P --index 0 --reason 遗失 --yes -q >/dev/null
	run --separate-stderr issuer audit $H --seen $seen
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 4 ]
	[[ "${lines[1]}" == *"$(id -un)  suspended  index 1  valid: =complaint, 17" ]]
	[[ "${lines[2]}" == *"  replace  index 0  by index 5: 遗失" ]]
	[[ "${lines[3]}" == *"  superseded  index 0  valid: replaced by index 5" ]]
	[ "$(issuer audit $H --index 0 --json -q | wc -l)" -eq 2 ]
	[ "$(issuer audit $H --batch b1 --json -q | wc -l)" -eq 1 ]
	[ "$(issuer audit $H --from "$(TZ=UTC-8 date +%F)" --json -q | wc -l)" -eq 4 ]
	run issuer audit $H --to 2020-01-01
	[ "$status" -eq 3 ]
	issuer audit $H --csv trail.csv
	/usr/bin/python3 - <<-'END'
	import csv
	rows = list(csv.DictReader(open("trail.csv", encoding="utf-8-sig", newline="")))
	assert len(rows) == 4 and rows[1]["对象"] == "index 1", rows
	assert rows[2]["内容"] == "by index 5: 遗失"
	assert len(rows[0]["哈希"]) == 64
	END
	# Cut and written anew: its chain holds, what was noted does not.
	cp body/registry.db kept.db
	/usr/bin/python3 - <<-'END'
	import sqlite3
	db = sqlite3.connect("body/registry.db")
	db.execute("DELETE FROM audit")
	db.commit()
	END
	issuer suspend $H --index 2 --reason x --yes -q >/dev/null
	run issuer audit $H -q
	[ "$status" -eq 0 ]
	run issuer audit $H --seen $seen
	[ "$status" -eq 1 ]
	[[ "$output" == *"cut or written anew"* ]]
	# Changed: the chain tells, here and in verify.
	cp kept.db body/registry.db
	/usr/bin/python3 - <<-'END'
	import sqlite3
	db = sqlite3.connect("body/registry.db")
	db.execute("UPDATE audit SET actor = 'nobody' WHERE seq = 2")
	db.commit()
	END
	run issuer audit $H
	[ "$status" -eq 1 ]
	[[ "$output" == *"line 2 does not follow"* ]]
	run issuer verify $H
	[ "$status" -eq 1 ]
	[[ "$output" == *"line 2 does not follow"* ]]
	for bad in "--seen 1:ab" "--seen $seen:" "--index x" "--csv a --json"; do
		run issuer audit $H $bad
		[ "$status" -eq 2 ]
	done
}

@test "without --yes it says what would happen, and does nothing" {
	for c in "revoke $H" "suspend $H" "replace $H $P"; do
		run --separate-stderr issuer $c --index 0 --index 3 --reason x </dev/null
		[ "$status" -eq 2 ]
		[ "${#lines[@]}" -eq 2 ]
		[[ "${lines[0]}" == "index 0: would be "* ]]
		[[ "${lines[1]}" == "index 3: would be "* ]]
		[[ "$stderr" == *"nothing was changed"*--yes* ]]
	done
	[ "$(indexes --status valid)" = "0 1 2 3 4" ]
	# At a terminal: the same, then a question.
	answer() {
		printf '%s\n' "$1" | script -qec \
		    "$TAMGA_BIN/tamga-issuer revoke $H --index 0 --reason x" /dev/null
	}
	run answer no
	[[ "$output" == *"index 0: would be changed: revoke"*"Type yes:"* ]]
	[ "$(indexes --status valid)" = "0 1 2 3 4" ]
	run answer yes
	[ "$(indexes --status revoked)" = 0 ]
}

@test "a list for --file: plain, CSV with a header, a spreadsheet, our own list" {
	suspended() { indexes --status suspended; }
	try() { # file, expected indexes
		run --separate-stderr issuer suspend $H --file $1 --reason x --yes
		[ "$status" -eq 0 ] || { echo "$1: $stderr"; false; }
		[ "$(suspended)" = "$2" ] || { echo "$1: $(suspended)"; false; }
		issuer reinstate $H --file $1 --reason x --yes -q >/dev/null
	}
	printf '# two\n%s\n\n 3 \n' ${PREFIX}204000001 >a.csv
	try a.csv "0 3"
	printf '\xef\xbb\xbf序号,姓名,证书编号\r\n1,王明,%s\r\n2,乌云,%s\r\n' \
	    ${PREFIX}204000001 ${PREFIX}204000002 >b.csv
	try b.csv "0 1"
	printf '姓名,证书编号\n李四,%s\n' ${PREFIX}215000001 | iconv -t GB18030 >c.csv
	try c.csv 2
	issuer list $H --kind 4 --csv d.csv
	try d.csv "3 4"
	issuer list $H --kind 4 --xlsx d.xlsx
	try d.xlsx "3 4"
	run issuer suspend $H --file <(echo 2) --reason x --yes
	[ "$(suspended)" = 2 ]
	seq 1 2 | issuer suspend $H --file - --reason x --yes -q >/dev/null
	[ "$(suspended)" = "1 2" ]
	issuer reinstate $H --index 1 --index 2 --reason x --yes -q >/dev/null
	# Each entry that cannot be changed has its line; the good ones wait.
	printf '日志序号\n0\n98\n1\n99\n' >e.csv
	run --separate-stderr issuer suspend $H --file e.csv --reason x --yes
	[ "$status" -eq 1 ]
	[ "$(grep -c "no such certificate" <<<"$stderr")" -eq 2 ]
	# A number is named, what may be an ID number by its place alone.
	run --separate-stderr issuer suspend $H --number S000015000123264000099 \
	    --number 150102199001010019 --reason x --yes
	[ "$status" -eq 1 ]
	[[ "$stderr" == "S000015000123264000099: there is no such certificate
number 2 of those given: there is no such certificate"* ]]
	[ "$(suspended)" = "" ]
}

@test "a list that could be misread is refused, with its row" {
	refused() { # text, words
		printf "$1" >bad.csv
		run issuer suspend $H --file bad.csv --reason x --yes
		[ "$status" -eq 2 ] || { echo "$1: $status"; false; }
		[[ "$output" == *"$2"* ]] || { echo "$1: $output"; false; }
	}
	refused '序号,姓名\n1,王明\n' "row 1: 序号 may count the rows"
	refused '0\n1,王明\n' "row 2: several cells"
	refused '证书编号\n0\n' "row 2: neither"
	refused "日志序号\n${PREFIX}204000001\n" "row 2: neither"
	refused '证书编号,姓名\n,王明\n' "row 2: neither"
	refused "0\n$(printf 'x%.0s' $(seq 200))\n" "row 2: neither"
	[[ "$output" != *xxxx* ]]
	# A filter in the spreadsheet hides what would be changed.
	/usr/bin/python3 - <<-'END'
	import openpyxl
	b = openpyxl.Workbook()
	s = b.active
	for r in (["日志序号"], ["0"], ["1"]):
	    s.append(r)
	s.row_dimensions[3].hidden = True
	b.save("hidden.xlsx")
	END
	run issuer suspend $H --file hidden.xlsx --reason x --yes
	[ "$status" -eq 2 ]
	[[ "$output" == *"row 3: a hidden row"* ]]
	run issuer suspend $H --file nowhere.csv --reason x --yes
	[ "$status" -eq 2 ]
	[ -z "$(indexes --status suspended)" ]
}
