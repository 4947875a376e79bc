#!/usr/bin/env bats
# Replacing certificates: lost, corrected, reviewed.

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
	N0=${PREFIX}204000001
}

issuer() {
	"$TAMGA_BIN/tamga-issuer" "$@"
}

show() { # index field
	issuer show $H --index "$1" --json | jq -r ".$2"
}

@test "lost: the same content and number, linked both ways, superseded" {
	run --separate-stderr issuer replace $H $P --number $N0 --reason lost \
	    --yes --pdf out --json
	[ "$status" -eq 0 ]
	[ "$output" = '{"schema":1,"index":0,"action":"replace","changed":true,"already":false,"dry_run":false,"by":5,"number":"'$N0'"}' ]
	[[ "$stderr" == *"after: tamga-issuer publish"* ]]
	[ "$(show 0 status)" = superseded ]
	[ "$(show 0 replaced_by)" = 5 ]
	[ "$(show 5 status)" = valid ]
	[ "$(show 5 replaces)" = 0 ]
	[ "$(show 5 reason)" = lost ]
	for f in number name occupation code level issued kind; do
		[ "$(show 0 $f)" = "$(show 5 $f)" ]
	done
	[ "$(show 0 qr)" != "$(show 5 qr)" ]
	# The number means the living one.
	[ "$(issuer show $H --number $N0 --json | jq .index)" = 5 ]
	[ "$("$TAMGA_BIN/tamga-scan" --raw out/$N0.pdf)" = "$(show 5 qr)" ]
	run issuer show $H --index 0
	[[ "$output" == *"Replaced by index: 5"* ]]
	[[ "$output" == *"replace  by index 5: lost"* ]]
	[[ "$output" == *"superseded  valid: replaced by index 5"* ]]
	run issuer show $H --index 5
	[[ "$output" == *"Replaces index: 0 (lost)"* ]]
	run issuer verify $H --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.entries,.log_size,.wrong]' <<<"$output")" = "[6,6,0]" ]
}

@test "after publish the old one is superseded for everybody, the new one valid" {
	issuer replace $H $P --index 0 --reason lost --yes -q >/dev/null
	issuer publish $H $P --out pub -q >/dev/null
	"$TAMGA_BIN/tamga-keys" authority publish --home authority --out pub $P -q
	show 0 qr >old.txt
	show 5 qr >new.txt
	run --separate-stderr "$TAMGA_BIN/tamga-scan" --pub pub \
	    --anchor authority/anchor.pem --json old.txt
	[ "$status" -eq 1 ]
	[ "$(jq -r .status <<<"$output")" = superseded ]
	run --separate-stderr "$TAMGA_BIN/tamga-scan" --pub pub \
	    --anchor authority/anchor.pem --json new.txt
	[ "$status" -eq 0 ]
	[ "$(jq -r .status <<<"$output")" = valid ]
}

@test "the same command again does it once; by index it is another one" {
	issuer replace $H $P --number $N0 --reason lost --yes -q >/dev/null
	run --separate-stderr issuer replace $H $P --number $N0 --reason lost \
	    --yes --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.index,.by,.already,.changed]' <<<"$output")" = "[0,5,true,false]" ]
	run --separate-stderr issuer replace $H $P --index 0 --reason lost \
	    --yes --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.index,.by,.already]' <<<"$output")" = "[0,5,true]" ]
	[ "$(issuer list $H --json | wc -l)" -eq 6 ]
	# Another wish for the one that is gone: it names no living one.
	run --separate-stderr issuer replace $H $P --index 0 --reason worn --yes
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"replaced already"* ]]
	# Lost once more.
	run --separate-stderr issuer replace $H $P --index 5 --reason lost \
	    --yes --json
	[ "$status" -eq 0 ]
	[ "$(jq -c 'select(.action) | [.index,.by,.number]' <<<"$output")" = '[5,6,"'$N0'"]' ]
	[ "$(issuer list $H --json | jq -r .status | xargs)" = \
	    "superseded valid valid valid valid superseded valid" ]
	run issuer verify $H
	[ "$status" -eq 0 ]
}

@test "corrected: by option and by a roster of one row" {
	run --separate-stderr issuer replace $H $P --index 0 --name 王铭 \
	    --reason corrected --yes --json
	[ "$status" -eq 0 ]
	[ "$(show 5 name)" = 王铭 ]
	[ "$(show 5 number)" = $N0 ]
	# A corrected level makes the number wrong: a new one.
	printf '姓名,等级\n李四,四级/中级工\n' >row.csv
	run --separate-stderr issuer replace $H $P --index 2 --roster row.csv \
	    --reason corrected --dry-run --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.changed,.dry_run,.by,.number]' <<<"$output")" = "[false,true,null,null]" ]
	[ "$(issuer list $H --json | wc -l)" -eq 6 ]
	run --separate-stderr issuer replace $H $P --index 2 --roster row.csv \
	    --reason corrected --yes --json
	[ "$status" -eq 0 ]
	[ "$(jq -r .number <<<"$output")" = ${PREFIX}214000001 ]
	[ "$(show 6 level)" = 4 ]
	[ "$(show 2 number)" = ${PREFIX}215000001 ]
	# The old number still names the old one, and the command is done.
	run --separate-stderr issuer replace $H $P --number ${PREFIX}215000001 \
	    --roster row.csv --reason corrected --yes --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.index,.by,.already]' <<<"$output")" = "[2,6,true]" ]
	# A corrected ID number.
	printf '姓名,证件号码\n乌云·其木格,%s\n' 810000198808080152 >row.csv
	sed -i '1s/^姓名,/姓名,证件类型,/; 2s/,/,港澳台居民居住证,/' row.csv
	run --separate-stderr issuer replace $H $P --index 1 --roster row.csv \
	    --reason corrected --yes --json
	[ "$status" -eq 0 ]
	[ "$(show 7 id_type)" = 港澳台居民居住证 ]
	run issuer verify $H
	[ "$status" -eq 0 ]
}

@test "reviewed: a special operation with new dates and no number" {
	run --separate-stderr issuer replace $H $P --index 3 --reason reviewed \
	    --review-due 2028-03-01 --yes --json
	[ "$status" -eq 0 ]
	[ "$(jq -c 'select(.action) | [.index,.by,.number]' <<<"$output")" = "[3,5,null]" ]
	[ "$(show 5 review_due)" = 2028-03-01 ]
	[ "$(show 5 valid_to)" = "$(show 3 valid_to)" ]
	run --separate-stderr issuer replace $H $P --index 4 --reason reviewed \
	    --review-due 2020-03-01 --yes
	[ "$status" -eq 1 ]
	[[ "$output" == *date_order* ]]
	[[ "$stderr" == *"nothing was changed"* ]]
}

@test "a photo is kept through a replacement, or changed" {
	"$TAMGA_SOURCE/tests/issuer/photo.py" >p.png
	printf '%s\n%s\n' $HEAD "孙八,,150102198801010019,电工,,,4,2020-06-30,,,,p.png,,2" >photo.csv
	id=150102198801010019
	for d in 0 1 2 3 4 5 6 7 8 9 X; do
		sed "s/$id/${id%?}$d/" photo.csv >try.csv
		issuer check $H try.csv >/dev/null 2>&1 && break
	done
	issuer issue $H $P try.csv --batch photos -q >/dev/null
	rm p.png
	run --separate-stderr issuer replace $H $P --index 5 --reason lost \
	    --yes --pdf out
	[ "$status" -eq 0 ]
	[ "$(ls body/photos | wc -l)" -eq 1 ]
	pdfimages -list out/*.pdf | grep -q " 250 "
	"$TAMGA_SOURCE/tests/issuer/photo.py" >q.png
	printf x >>q.png
	run --separate-stderr issuer replace $H $P --index 6 --reason "new photo" \
	    --photo q.png --yes
	[ "$status" -eq 0 ]
	[ "$(ls body/photos | wc -l)" -eq 2 ]
	# A damaged one is not signed anew.
	for f in body/photos/*; do echo x >>"$f"; done
	run --separate-stderr issuer replace $H $P --index 7 --reason lost --yes
	[ "$status" -eq 2 ]
	[[ "$stderr" == *damaged* ]]
}

@test "what may not be replaced" {
	issuer revoke $H --index 0 --reason fraud --yes -q >/dev/null
	issuer suspend $H --index 1 --reason check --yes -q >/dev/null
	issuer list $H --json >before
	for i in 0 1 99; do
		run --separate-stderr issuer replace $H $P --index $i \
		    --index 2 --reason lost --yes
		[ "$status" -eq 1 ]
		[[ "$stderr" == *"nothing was changed"* ]]
	done
	# Another person's, another kind, a taken number, a duplicate, no name.
	printf '姓名,证件号码\n孙八,%s\n' $ID1 >person.csv
	printf '姓名,证书种类\n李四,4\n' >kind.csv
	printf '姓名,证书编号\n李四,%s\n' ${PREFIX}205000001 >number.csv
	printf '姓名,等级\n李四,9\n' >level.csv
	for f in person kind number level; do
		run --separate-stderr issuer replace $H $P --index 2 \
		    --roster $f.csv --reason corrected --yes
		[ "$status" -eq 1 ]
	done
	issuer list $H --json | cmp - before
	run --separate-stderr issuer replace $H $P --index 2 --reason lost </dev/null
	[ "$status" -eq 2 ]
	[[ "$stderr" == *--yes* ]]
	good_roster >many.csv
	run issuer replace $H $P --index 2 --roster many.csv --reason x --yes
	[ "$status" -eq 2 ]
	issuer list $H --json | cmp - before
}

@test "a spreadsheet's row, with its sheets and what it does to numbers" {
	/usr/bin/python3 - <<-'END'
	import openpyxl
	b = openpyxl.Workbook()
	b.active.append(["姓名", "证件号码"])
	b.active.append(["王五", 150102199001010019])  # a number: its end is lost
	s = b.create_sheet("更正")
	s.append(["姓名", "发证日期"])
	s.append(["王五", "2020-06-30"])
	b.save("row.xlsx")
	END
	issuer list $H --json >before
	run --separate-stderr issuer replace $H $P --index 2 \
	    --roster row.xlsx --reason corrected --yes --json
	[ "$status" -eq 1 ]
	[ "$(jq -r 'select(.severity == "error") | .code' <<<"$output")" = id_excel ]
	issuer list $H --json | cmp - before
	run --separate-stderr issuer replace $H $P --index 2 --sheet 没有 \
	    --roster row.xlsx --reason corrected --yes
	[ "$status" -ne 0 ]
	issuer list $H --json | cmp - before
	run --separate-stderr issuer replace $H $P --index 2 --sheet 更正 \
	    --reason corrected --yes
	[ "$status" -eq 2 ]
	run --separate-stderr issuer replace $H $P --index 2 --sheet 更正 \
	    --roster row.xlsx --reason corrected --yes --json
	[ "$status" -eq 0 ]
	[ "$(show 5 name)" = 王五 ]
}

@test "usage errors: 2; help in two languages" {
	for args in "" "--index 1" "--reason x" "--index x --reason x" \
	    "--index 1 --index 2 --name x --reason x" \
	    "--index 1 --reason 150102199001010019"; do
		run issuer replace $H $args
		[ "$status" -eq 2 ]
	done
	run issuer replace --help
	[ "$status" -eq 0 ]
	[[ "$output" == *"Exit status"*Example* ]]
	LANGUAGE=zh run issuer replace --help
	[[ "$output" == *退出码* ]]
}

@test "many at once, all or none" {
	printf '0\n1\n%s\n' ${PREFIX}215000001 >list
	run --separate-stderr issuer replace $H $P --file list \
	    --reason "template misprinted" --yes --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.index,.by]' <<<"$output" | xargs)" = "[0,5] [1,6] [2,7]" ]
	run issuer verify $H
	[ "$status" -eq 0 ]
}

@test "no ID number in what is said" {
	{
		issuer replace $H $P --index 0 --reason lost --yes --json
		issuer replace $H $P --index 1 --reason lost --yes
		issuer show $H --index 0
		issuer show $H --index 5 --json
	} >out 2>&1
	for id in $ID1 $ID2; do
		run ! grep -q $id out
	done
}
