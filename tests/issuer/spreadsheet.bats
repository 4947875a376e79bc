#!/usr/bin/env bats
# Rosters as spreadsheets: twenty and more mistakes, the template, the table of
# errors, and what a spreadsheet does to a roster. openpyxl is the other side.

bats_require_minimum_version 1.5.0
load home

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en
	make_homes "$BATS_FILE_TMPDIR/made"
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

roster() {
	/usr/bin/python3 "$TAMGA_SOURCE/tests/issuer/mistakes.py" "$@"
}

errors() {
	jq -r 'select(.severity == "error") | "\(.row) \(.column) \(.code)"' <<<"$output"
}

result() {
	jq -c 'select(.batch) | [.issued,.already,.refused]' <<<"$output"
}

@test "every mistake is said in its row and column; corrected, it issues" {
	for form in csv xlsx; do
		roster bad $form bad.$form
		roster expect $form >want
		[ "$(wc -l <want)" -ge 26 ]
		run --separate-stderr issuer check $H bad.$form --json
		[ "$status" -eq 1 ]
		errors | diff want -
		# Understandable: long enough to say how to repair it; no number.
		[ "$(jq -r 'select(.severity == "error") | .message | length | select(. < 20)' <<<"$output")" = "" ]
		[[ "$output" != *15010219* ]]

		run --separate-stderr issuer issue $H $P bad.$form --json
		[ "$status" -eq 1 ]
		[ "$(result)" = "[0,0,$(wc -l <want)]" ]
	done
	for form in csv xlsx; do
		roster expect $form >want
		roster good $form good.$form
		run --separate-stderr issuer issue $H $P good.$form --batch b1 --json
		[ "$status" -eq 0 ]
		n=$(jq -r 'select(.batch) | .issued + .already' <<<"$output")
		[ "$n" -eq $(($(wc -l <want) + 6)) ]
	done
	# The second form is the same people: only its own two rows are new.
	[ "$(result)" = "[2,33,0]" ]
}

@test "the refused rows go to a spreadsheet beside the roster" {
	roster bad csv 名册.csv
	roster expect csv >want
	LANGUAGE=zh run --separate-stderr issuer check $H 名册.csv
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"名册-errors.xlsx"* ]]
	[ "$(stat -c %a 名册-errors.xlsx)" = 600 ]
	roster look 名册-errors.xlsx >seen
	# Row, code, and the cell in red under the roster's own header.
	sed 's/validity_unusual //' seen | cut -d'|' -f1,2 | tr '|' ' ' | diff <(cut -d' ' -f1,3 want) -
	grep -q '^8|id_checksum|身份证号（必填）|s$' seen
	grep -q '^16|level_form|技能等级|s$' seen
	# Read as a roster it has the same mistakes, in its own rows.
	run --separate-stderr issuer check $H 名册-errors.xlsx --json --errors none
	[ "$(errors | cut -d' ' -f3 | grep -v -c duplicate)" -eq 26 ]
	[ ! -e 名册-errors-errors.xlsx ]

	# Nothing is overwritten.
	echo mine >名册-errors-2.xlsx
	run --separate-stderr issuer issue $H $P 名册.csv --skip-bad --batch b
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"名册-errors-3.xlsx"* ]]
	[ "$(cat 名册-errors-2.xlsx)" = mine ]
	# The rows that were refused, repaired in the spreadsheet, complete it.
	run --separate-stderr issuer check $H 名册.csv --errors 名册-errors.xlsx
	[ "$status" -eq 2 ]
	[[ "$stderr" == *"not overwritten"* ]]
	run --separate-stderr issuer check $H 名册.csv --errors here.xlsx
	[ "$status" -eq 1 ]
	[ -s here.xlsx ]
}

@test "no errors, no spreadsheet; a folder that cannot be written is a note" {
	good_roster >good.csv
	run --separate-stderr issuer check $H good.csv
	[ "$status" -eq 0 ]
	[ ! -e good-errors.xlsx ]
	roster bad csv bad.csv
	run --separate-stderr issuer check $H - --json <bad.csv
	[ "$status" -eq 1 ]
	[ "$(ls | grep -c errors)" -eq 0 ]
	[ "$(errors | wc -l)" -eq 27 ]
	mkdir shut
	mv bad.csv shut
	mkdir shut/bad-errors.xlsx
	run --separate-stderr issuer check $H shut/bad.csv
	[ "$status" -eq 1 ]
	[ -s shut/bad-errors-2.xlsx ]
}

@test "the template, filled in, is a roster; its example row is not" {
	for kind in 2 4; do
		run --separate-stderr issuer template --kind $kind t$kind.xlsx
		[ "$status" -eq 0 ]
		run --separate-stderr issuer check $H t$kind.xlsx --json
		[ "$status" -eq 1 ]
		[ "$(errors)" = "2 姓名 row_example" ]
		roster fill t$kind.xlsx full$kind.xlsx
		run --separate-stderr issuer issue $H $P full$kind.xlsx --json
		[ "$status" -eq 0 ]
		[ "$(result)" = "[3,0,0]" ]
		[ "$(jq -r 'select(.code != null) | .code' <<<"$output")" = "" ]
	done
	run issuer list $H --json
	[ "$(jq -r .kind <<<"$output" | sort | uniq -c | xargs)" = "3 2 3 4" ]
	run --separate-stderr issuer template t2.xlsx
	[ "$status" -eq 2 ]
	issuer template -q all.xlsx
	seen=$(/usr/bin/python3 "$TAMGA_SOURCE/tests/table/judge.py" all.xlsx)
	[[ "$seen" == *"sheet 名册 visible freeze=A2"*"sheet 填写说明 visible"* ]]
	for list in "B2:B1048576 \"居民身份证," "D2:D1048576 \"职业资格" \
	    "I2:I1048576 \"五级/初级工,四级/中级工,三级/高级工,二级/技师,一级/高级技师\""; do
		[[ "$seen" == *"choices $list"* ]]
	done
	[[ "$seen" == *"C2 s @ - 11010519491231002X"* ]]
	[ "$(grep -c ' s @ .*证书编号' <<<"$seen")" -eq 2 ]
}

@test "--sheet names another sheet; hidden rows are said; xls is refused" {
	/usr/bin/python3 - "$ID1" "$ID2" <<-'END'
	import sys, openpyxl
	book = openpyxl.Workbook()
	book.active.append(["统计", "人数"])
	sheet = book.create_sheet("二")
	sheet.append(["姓名", "证件号码", "职业名称", "等级", "发证日期"])
	for id in sys.argv[1:]:
	    sheet.append(["王明", id, "电工", "4", "2020-06-30"])
	sheet.row_dimensions[3].hidden = True
	book.save("two.xlsx")
	END
	run --separate-stderr issuer check $H two.xlsx --kind 2 --json
	[ "$status" -eq 1 ]
	[ "$(errors)" = "1  roster_header" ]
	[[ "$output" == *"--sheet"* ]]
	run --separate-stderr issuer check $H two.xlsx --kind 2 --sheet 二 --json
	[ "$status" -eq 0 ]
	[ "$(jq -r '"\(.row) \(.code)"' <<<"$output")" = "3 row_hidden" ]
	run --separate-stderr issuer check $H two.xlsx --kind 2 --sheet 三 --json
	[ "$(errors)" = "1  roster_sheet" ]
	printf '\320\317\021\340\241\261\032\341' >old.xls
	run --separate-stderr issuer check $H old.xls
	[ "$status" -eq 1 ]
	[[ "$output" == *".xlsx"* ]]
	head -c 2000 two.xlsx >cut.xlsx
	run --separate-stderr issuer issue $H $P cut.xlsx --kind 2 --skip-bad --json
	[ "$status" -eq 1 ]
	[ "$(errors)" = "1  roster_damaged" ]
	[[ "$stderr" == *"file as a whole"* ]]
}
