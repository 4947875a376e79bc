#!/usr/bin/env bats
# The whole command line of tamga-issuer, from keys to revocation.

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
	good_roster >good.csv
}

issuer() {
	"$TAMGA_BIN/tamga-issuer" "$@"
}

# findings of the last run with --json: "row:code row:code"
codes() {
	jq -r 'select(.code != null) | "\(.row):\(.code)"' <<<"$output" | xargs
}

@test "check needs no pass phrase and writes nothing" {
	find body | sort >before
	run --separate-stderr issuer check $H good.csv </dev/null
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "5 rows: 5 good, 0 refused; 0 errors, 0 warnings" ]
	find body | sort | cmp - before
}

@test "issue, list, show, verify, publish, revoke" {
	run --separate-stderr issuer issue $H $P good.csv --batch b1 --json
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = '{"schema":1,"batch":"b1","issued":5,"already":0,"refused":0}' ]

	run --separate-stderr issuer list $H --json
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 5 ]
	[ "$(jq -r .number <<<"${lines[0]}")" = ${PREFIX}204000001 ]
	[ "$(jq -r .number <<<"${lines[1]}")" = ${PREFIX}204000002 ]
	[ "$(jq -r .number <<<"${lines[2]}")" = ${PREFIX}215000001 ]
	[ "$(jq -r .number <<<"${lines[3]}")" = null ]
	[ "$(jq -rc '[.index,.status,.name,.kind,.batch,.row]' <<<"${lines[4]}")" = \
	    '[4,"valid","赵六",4,"b1",6]' ]

	run --separate-stderr issuer verify $H --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.entries,.log_size,.wrong]' <<<"$output")" = "[5,5,0]" ]

	run --separate-stderr issuer publish $H $P --out pub
	[ "$status" -eq 0 ]
	[ -s pub/bodies/$BODY_ID/status/0 ]
	[ -s pub/bodies/$BODY_ID/log/checkpoint ]

	run --separate-stderr issuer revoke $H --number ${PREFIX}204000002 \
	    --reason "exam fraud" --yes
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"after: tamga-issuer publish"* ]]
	run issuer show $H --index 1 --json
	[ "$(jq -r .status <<<"$output")" = revoked ]
	run --separate-stderr issuer show $H --index 1
	[[ "$output" == *"exam fraud"* ]]
	cp pub/bodies/$BODY_ID/status/0 old
	issuer publish $H $P --out pub -q
	run ! cmp -s old pub/bodies/$BODY_ID/status/0
	run issuer verify $H
	[ "$status" -eq 0 ]
}

@test "no output of any command holds an ID number" {
	issuer issue $H $P good.csv --batch b1 >out 2>&1
	issuer list $H >>out 2>&1
	issuer list $H --json >>out 2>&1
	for i in 0 1 2 3 4; do
		issuer show $H --index $i >>out 2>&1
		issuer show $H --index $i --json >>out 2>&1
	done
	issuer issue $H $P good.csv --batch b2 >>out 2>&1 || true
	for id in $ID1 $ID2 $ID3 $ID4 $ID5; do
		run ! grep -q $id out
	done
	[ -s out ]
}

@test "issuing again issues nothing, an edited batch only what is new" {
	issuer issue $H $P good.csv --batch b1 -q >/dev/null
	cp body/log/checkpoint before
	run --separate-stderr issuer issue $H $P good.csv --batch b1 --json
	[ "$status" -eq 0 ]
	[ "$output" = '{"schema":1,"batch":"b1","issued":0,"already":5,"refused":0}' ]
	cmp before body/log/checkpoint
	echo "钱七,,810000198808080152,电工,,,4,2020-06-30,,,,,,2" >>good.csv
	sed -i 's/,钱七,/&/; s/^钱七,,/钱七,港澳台居民居住证,/' good.csv
	run --separate-stderr issuer issue $H $P good.csv --batch b1 --json
	[ "$status" -eq 0 ]
	[ "$output" = '{"schema":1,"batch":"b1","issued":1,"already":5,"refused":0}' ]
}

@test "the default batch is the roster's content" {
	run --separate-stderr issuer issue $H $P good.csv --json
	a=$(jq -r .batch <<<"${lines[-1]}")
	[[ "$a" =~ ^[0-9a-f]{12}$ ]]
	run --separate-stderr issuer issue $H $P good.csv --json
	[ "$output" = '{"schema":1,"batch":"'$a'","issued":0,"already":5,"refused":0}' ]
}

@test "the same people in another batch are duplicates, named by index" {
	issuer issue $H $P good.csv --batch b1 -q >/dev/null
	run --separate-stderr issuer issue $H $P good.csv --batch b2 --json
	[ "$status" -eq 1 ]
	[ "$(codes)" = "2:duplicate_registry 3:duplicate_registry 4:duplicate_registry 5:duplicate_registry 6:duplicate_registry" ]
	[[ "$output" == *"index 0, batch b1, row 2"* ]]
	# Revoked, it may be issued anew.
	issuer revoke $H --index 0 --reason wrong --yes -q >/dev/null
	run --separate-stderr issuer check $H good.csv --batch b2 --json
	[ "$(codes)" = "3:duplicate_registry 4:duplicate_registry 5:duplicate_registry 6:duplicate_registry" ]
}

# Each its own code, in its own row.
@test "twenty-four kinds of mistakes" {
	cat >bad.csv <<-END
	$HEAD
	,,$ID1,电工,,,4,2020-06-30,,,,,,2
	王3,,$ID1,电工,,,4,2020-06-30,,,,,,2
	王？,,$ID1,电工,,,4,2020-06-30,,,,,,2
	王明,学生证,$ID1,电工,,,4,2020-06-30,,,,,,2
	王明,,150102199001010018,电工,,,4,2020-06-30,,,,,,2
	王明,,150102199002300018,电工,,,4,2020-06-30,,,,,,2
	王明,,150102900101001,电工,,,4,2020-06-30,,,,,,2
	王明,,1.50E+17,电工,,,4,2020-06-30,,,,,,2
	王明,,1501021990010100,电工,,,4,2020-06-30,,,,,,2
	王明,,$ID1,,,,4,2020-06-30,,,,,,2
	王明,,$ID1,电工,Jun-31,,4,2020-06-30,,,,,,2
	王明,,$ID1,车工,,,4,2020-06-30,,,,,,2
	王明,,$ID1,电工,,,六级,2020-06-30,,,,,,2
	王明,,$ID1,电工,,,四级/高级工,2020-06-30,,,,,,2
	王明,,$ID1,电工,,,一级,2020-06-30,,,,,,2
	王明,,$ID1,电工,,,4,2020-02-30,,,,,,2
	王明,,$ID1,电工,,,4,30/6/2020,,,,,,2
	王明,,$ID1,电工,,,4,2999-06-30,,,,,,2
	王明,,$ID1,电工,,,4,2014-06-30,,,,,,2
	王明,,$ID1,低压电工作业,,,,2024-03-01,,2023-03-01,,,,4
	王明,,$ID1,电工,,,4,2020-06-30,,,,x.jpg,,2
	王明,,$ID1,电工,,,4,2020-06-30,,,,,S000015000124204000001,2
	王明,,$ID1,电工,,,4,2020-06-30,,,,,${PREFIX}194000001,2
	王明,,$ID1,电工,,,4,2020-06-30,,,,,${PREFIX}205000001,2
	王明,,$ID1,电工,,,4,2020-06-30,,,,,${PREFIX}2O4000001,2
	王明,,$ID1,电工,,,4,2020-06-30,,,,,,7
	李四,,$ID2,电工,,,4,2020-06-30,,,,,,2
	李四,,$ID2,电工,,,4,2020-06-30,,,,,,2
	李四,,$ID2,焊工,,,4,2020-06-30,,,,,,2,多余
	END
	run --separate-stderr issuer check $H bad.csv --json
	[ "$status" -eq 1 ]
	[ "$(jq -r 'select(.severity == "error") | "\(.row):\(.code)"' <<<"$output" | xargs)" = \
"2:missing 3:name_form 4:text_lost 5:id_type 6:id_checksum 7:id_date 8:id_15 9:id_excel 10:id_form 11:missing 12:code_form 13:scope_occupation 14:level_form 15:level_conflict 16:scope_level 17:date_none 18:date_form 19:date_future 20:scope_date 21:date_order 22:photo 23:number_prefix 24:number_year 25:number_level 26:number_form 27:kind_form 29:duplicate_roster 30:row_cells" ]
	[ "$(jq -r 'select(.row == 6) | .column' <<<"$output")" = 证件号码 ]
	for id in $ID1 $ID2 150102199001010018; do
		[[ "$output" != *$id* ]]
	done
	LANGUAGE=zh run --separate-stderr issuer check $H bad.csv
	[ "$status" -eq 1 ]
	[[ "${lines[4]}" == "bad.csv:6: 证件号码: 错误 [id_checksum]: "* ]]

	# None of the good rows is issued either.
	run --separate-stderr issuer issue $H $P bad.csv --json
	[ "$status" -eq 1 ]
	[ "$(jq -c 'select(.batch) | [.issued,.already,.refused]' <<<"$output")" = "[0,0,28]" ]
	[[ "$stderr" == *"nothing was issued"* ]]
	run issuer list $H
	[ "$status" -eq 3 ]
}

@test "--skip-bad issues the others and ends with 1" {
	{ good_roster; echo "孙八,,150102199001010018,电工,,,4,2020-06-30,,,,,,2"; } >mixed.csv
	run --separate-stderr issuer issue $H $P mixed.csv --batch m --skip-bad --json
	[ "$status" -eq 1 ]
	[ "$(codes)" = "7:id_checksum" ]
	[ "$(jq -c 'select(.batch) | [.issued,.already,.refused]' <<<"$output")" = "[5,0,1]" ]
	# Corrected, the same batch gets the one that was missing.
	sed -i 's/150102199001010018/810000198808080152/; s/^孙八,,/孙八,港澳台居民居住证,/' mixed.csv
	run --separate-stderr issuer issue $H $P mixed.csv --batch m --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.issued,.already,.refused]' <<<"$output")" = "[1,5,0]" ]
}

@test "a broken file is not issued even with --skip-bad" {
	{ good_roster; echo "孙八,,\"150102199001010018,电工"; } >broken.csv
	run --separate-stderr issuer issue $H $P broken.csv --skip-bad --json
	[ "$status" -eq 1 ]
	[ "$(codes)" = "7:roster_quote" ]
	[[ "$stderr" == *"file as a whole"* ]]
	run issuer list $H
	[ "$status" -eq 3 ]
}

@test "a roster comes by a pipe, named or as standard input" {
	run --separate-stderr issuer check $H <(good_roster) --json
	[ "$status" -eq 0 ]
	good_roster | sed 's/四级/六级/' >bad.csv
	run --separate-stderr issuer check $H <(cat bad.csv) --json
	[ "$status" -eq 1 ]
	[ "$(codes)" = "2:level_form" ]
	[[ "$stderr" != *xlsx* ]]
	run --separate-stderr issuer check $H - --json <bad.csv
	[ "$(codes)" = "2:level_form" ]
	run issuer check $H "$PWD"
	[ "$status" -eq 2 ]
}

@test "GB18030 and byte order mark give the same certificates" {
	iconv -f UTF-8 -t GB18030 good.csv >gb.csv
	{ printf '\357\273\277'; sed 's/$/\r/' good.csv; } >bom.csv
	issuer issue $H $P gb.csv --batch b1 -q >/dev/null
	run --separate-stderr issuer issue $H $P bom.csv --batch b1 --json
	[ "$(jq -c '[.issued,.already,.refused]' <<<"$output")" = "[0,5,0]" ]
}

@test "PDFs are written, read back, kept, and mended" {
	run --separate-stderr issuer issue $H $P good.csv --batch b1 --pdf out
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"5 PDF files written, 0 were there; all read back"* ]]
	[ "$(ls out | xargs)" = "${PREFIX}204000001.pdf ${PREFIX}204000002.pdf ${PREFIX}215000001.pdf index-00000003.pdf index-00000004.pdf" ]
	# No personal data in names, and not for everybody's eyes.
	[ "$(stat -c %a out out/*.pdf | sort | uniq -c | xargs)" = "5 600 1 700" ]
	cp out/index-00000003.pdf other.pdf
	rm out/${PREFIX}204000001.pdf
	cp other.pdf out/index-00000004.pdf
	head -c 1000 other.pdf >out/index-00000003.pdf
	run --separate-stderr issuer issue $H $P good.csv --batch b1 --pdf out
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"3 PDF files written, 2 were there; all read back"* ]]
	[ "$("$TAMGA_BIN/tamga-scan" --raw out/index-00000003.pdf)" = \
	    "$(issuer show $H --index 3 --json | jq -r .qr)" ]

	run --separate-stderr issuer render $H --number ${PREFIX}204000001 --pdf again
	[ "$status" -eq 0 ]
	[ -s again/${PREFIX}204000001.pdf ]
	run --separate-stderr issuer render $H --batch b1 --one-pdf all.pdf
	[ "$status" -eq 0 ]
	[ "$(pdfinfo all.pdf | sed -n 's/^Pages: *//p')" -eq 5 ]
	run --separate-stderr issuer render $H --batch none --pdf again
	[ "$status" -eq 1 ]
}

@test "many files are printed by many threads, and one that fails stops them" {
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people 60 --kinds 4 \
	    --seed 3 --today "$(date +%F)" >many.csv
	issuer issue $H $P many.csv --kind 4 --batch m -q >/dev/null
	run --separate-stderr issuer render $H --batch m --pdf out
	[ "$status" -eq 0 ]
	[[ "$stderr" == *"60 PDF files written, 0 were there; all read back and verified; in out"* ]]
	[ "$(ls out | wc -l)" -eq 60 ]
	rm out/index-000000[0-5]*.pdf
	mkdir out/index-00000031.pdf
	run --separate-stderr issuer render $H --batch m --pdf out
	[ "$status" -eq 2 ]
	[[ "$stderr" == *"out/index-00000031.pdf"* ]]
	rmdir out/index-00000031.pdf
	[ -z "$(find out -name '*.tmp.*')" ]
	run --separate-stderr issuer render $H --batch m --pdf out
	[ "$status" -eq 0 ]
	[ "$(ls out | wc -l)" -eq 60 ]
}

# The code's picture in the file is whole; drawn, a field lies over it.
@test "a field that covers the code is found by the quick read-back" {
	mkdir t
	sed 's/<\/svg>/<text id="cover" data-keep="yes" x="28" y="240" font-size="30" font-family="Noto Sans CJK SC">██<\/text><\/svg>/' \
	    "$TAMGA_SOURCE/templates/level.svg" >t/level.svg
	head -3 good.csv >two.csv
	run --separate-stderr issuer issue $H $P two.csv --pdf out --template ./t/level.svg
	[ "$status" -eq 2 ]
	[[ "$stderr" == *"does not read as the certificate of index"* ]]
	run --separate-stderr issuer issue $H $P two.csv --pdf whole
	[ "$status" -eq 0 ]
}

@test "full and quick read-back agree, one file and many" {
	issuer issue $H $P good.csv --batch b1 -q >/dev/null
	for how in quick full; do
		run --separate-stderr issuer render $H --batch b1 \
		    --read-back $how --pdf $how --one-pdf $how.pdf
		[ "$status" -eq 0 ]
		[[ "$stderr" == *"6 PDF files written, 0 were there; all read back"* ]]
		# Another one's code, whole and signed by us.
		cp $how/index-00000004.pdf $how/index-00000003.pdf
		run --separate-stderr issuer render $H --batch b1 \
		    --read-back $how --pdf $how
		[[ "$stderr" == *"1 PDF files written, 4 were there; all read back"* ]]
	done
	run issuer render $H --batch b1 --pdf out --read-back no
	[ "$status" -eq 2 ]
}

@test "a template that spoils the code is found out: exit 2" {
	mkdir t
	sed 's/<\/svg>/<rect x="25" y="200" width="60" height="60" fill="#000"\/><\/svg>/' \
	    "$TAMGA_SOURCE/templates/level.svg" >t/level.svg
	sed 's/id="qr"/id="qr_not"/' "$TAMGA_SOURCE/templates/level.svg" >t/none.svg
	head -2 good.csv >one.csv
	run --separate-stderr issuer issue $H $P one.csv --pdf out --template ./t/none.svg
	[ "$status" -eq 2 ]
	run issuer list $H
	[ "$status" -eq 3 ]
	run --separate-stderr issuer issue $H $P one.csv --pdf out --template ./t/missing.svg
	[ "$status" -eq 2 ]
}

@test "text that no font has stops the row before anything is signed" {
	printf '%s\n%s\n' $HEAD "王𝌆明,,$ID1,电工,,,4,2020-06-30,,,,,,2" >rare.csv
	printf '%s\n%s\n' $HEAD "王$(printf '\U00032000')明,,$ID1,电工,,,4,2020-06-30,,,,,,2" >rarer.csv
	run --separate-stderr issuer issue $H $P rarer.csv --pdf out --json
	[ "$status" -eq 1 ]
	[ "$(codes)" = "2:text_font" ]
	[ "$(jq -r 'select(.code) | .column' <<<"$output")" = 姓名 ]
	[[ "$output" == *U+32000* ]]
	run issuer list $H
	[ "$status" -eq 3 ]
}

@test "a photo is signed, kept and printed" {
	"$TAMGA_SOURCE/tests/issuer/photo.py" >p.png
	printf '%s\n%s\n' $HEAD "王明,,$ID1,电工,,,4,2020-06-30,,,,p.png,,2" >photo.csv
	run --separate-stderr issuer issue $H $P photo.csv --pdf out
	[ "$status" -eq 0 ]
	[ "$(ls body/photos)" = "$(sha256sum p.png | cut -c1-32)" ]
	rm p.png
	run --separate-stderr issuer render $H --index 0 --pdf again
	[ "$status" -eq 0 ]
	pdfimages -list again/*.pdf | grep -q " 250 "
	echo x >>body/photos/*
	run --separate-stderr issuer render $H --index 0 --pdf third
	[ "$status" -eq 2 ]
	[[ "$stderr" == *damaged* ]]
	# One that cannot be drawn is found before anything is signed.
	head -c 100 "$(ls -d body/photos/* | head -1)" >half.png
	sed 's/p.png/half.png/; s/王明/李四/; s/'$ID1/$ID2/ photo.csv >half.csv
	run --separate-stderr issuer issue $H $P half.csv --json
	[ "$status" -eq 1 ]
	[ "$(codes)" = 2:photo ]
}

@test "wrong or missing pass phrase: 2, and nothing is written" {
	echo "not this one" >wrong
	run --separate-stderr issuer issue $H --pass-file wrong good.csv
	[ "$status" -eq 2 ]
	[ -n "$stderr" ]
	[ ! -e body/registry.db ]
	run --separate-stderr issuer issue $H --pass-file nowhere good.csv
	[ "$status" -eq 2 ]
	run --separate-stderr setsid "$TAMGA_BIN/tamga-issuer" issue $H good.csv </dev/null
	[ "$status" -eq 2 ]
	[[ "$stderr" == *--pass-file* ]]
}

@test "no home, no roster, unreadable registry, bad configuration: 2" {
	run --separate-stderr issuer check --home nowhere good.csv
	[ "$status" -eq 2 ]
	[[ "$stderr" == *"body install"* ]]
	run --separate-stderr issuer check $H nowhere.csv
	[ "$status" -eq 2 ]
	run --separate-stderr issuer issue $H $P nowhere.csv
	[ "$status" -eq 2 ]
	[ ! -e body/registry.db ]
	run --separate-stderr issuer list $H
	[ "$status" -eq 2 ]
	head -c 5000 /dev/urandom >body/registry.db
	for c in "check good.csv" "issue $P good.csv" list verify "publish $P --out pub"; do
		run --separate-stderr issuer ${c%% *} $H $( [ "$c" = "${c#* }" ] || echo ${c#* })
		[ "$status" -eq 2 ]
		[ -n "$stderr" ]
	done
	rm body/registry.db
	mkdir body/registry.db
	run issuer issue $H $P good.csv
	[ "$status" -eq 2 ]
	rmdir body/registry.db
	echo "[status]" >body/tamga.conf
	echo "exp_days = 100" >>body/tamga.conf
	run --separate-stderr issuer issue $H $P good.csv
	[ "$status" -eq 2 ]
	[[ "$stderr" == *exp_days* ]]
}

@test "usage errors: 2" {
	for args in "" "check" "issue" "check a b" "check --kind 9 x" "publish" \
	    "revoke --index 1" "revoke --reason x" "show" "render" "nonsense" \
	    "show --index 1 --number 2" "list --status gone" \
	    "issue --batch a/b x"; do
		run issuer $args
		[ "$status" -eq 2 ]
	done
	for args in "list" "show --index 1" "verify" "audit" "publish --out pub" \
	    "backup --out saved" "check good.csv" "issue good.csv" \
	    "render --batch x --pdf pdf" "void --reserved-before 2026-01-01 --reason x --yes" \
	    "revoke --index 1 --reason x --yes" "suspend --index 1 --reason x --yes" \
	    "reinstate --index 1 --reason x --yes" "replace --index 1 --reason x --yes"; do
		run issuer $args --home none
		[ "$status" -eq 2 ]
		[[ "$output" == *"none/body.pem is not there"*"Is --home right?"* ]]
		[ ! -e none ]
	done
	run issuer revoke $H --index 1 --reason "of 150102199001010019" --yes
	[ "$status" -eq 2 ]
	for c in check issue render publish list show verify audit revoke suspend reinstate replace backup restore; do
		run issuer $c --help
		[ "$status" -eq 0 ]
		[[ "$output" == *"Exit status"* ]]
		[[ "$output" == *"Example"* ]]
		LANGUAGE=zh run issuer $c --help
		[[ "$output" == *退出码* ]]
	done
}

@test "suspend, reinstate, revoke: by file, all or none, dry run first" {
	issuer issue $H $P good.csv --batch b1 -q >/dev/null
	printf '# two of them\n%s\n\n3\n' ${PREFIX}204000001 >list
	run --separate-stderr issuer suspend $H --file list --reason check --dry-run
	[ "$status" -eq 0 ]
	run issuer list $H --status suspended
	[ "$status" -eq 3 ]
	run --separate-stderr issuer suspend $H --file list --reason check </dev/null
	[ "$status" -eq 2 ]
	[[ "$stderr" == *--yes* ]]
	run --separate-stderr issuer suspend $H --file list --reason check --yes
	[ "$status" -eq 0 ]
	run --separate-stderr issuer list $H --status suspended --json
	[ "$(jq -r .index <<<"$output" | xargs)" = "0 3" ]
	# Again: so already.
	run --separate-stderr issuer suspend $H --file list --reason check --yes
	[ "$status" -eq 0 ]
	run --separate-stderr issuer reinstate $H --index 3 --reason ok --yes
	[ "$status" -eq 0 ]
	run --separate-stderr issuer revoke $H --index 0 --index 1 --reason fraud --yes
	[ "$status" -eq 0 ]
	# Revoked is for good; one that cannot leaves the others alone.
	run --separate-stderr issuer suspend $H --index 2 --index 1 --reason x --yes
	[ "$status" -eq 1 ]
	[[ "$stderr" == *"for good"* ]]
	run --separate-stderr issuer revoke $H --index 2 --index 99 --reason x --yes
	[ "$status" -eq 1 ]
	run --separate-stderr issuer reinstate $H --index 2 --reason x --yes
	[ "$status" -eq 0 ]
	run --separate-stderr issuer list $H --json
	[ "$(jq -r .status <<<"$output" | xargs)" = "revoked revoked valid valid valid" ]
	run issuer verify $H
	[ "$status" -eq 0 ]
}

@test "two issuers at once on one home" {
	for k in 1 2 3; do
		"$TAMGA_SOURCE/tests/data/make_roster.py" --people 30 --seed $k --kinds 4 >r$k.csv
	done
	pids=()
	for k in 1 2 3; do
		issuer issue $H $P r$k.csv --batch b$k --json >o$k 2>e$k &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait $pid
	done
	run issuer verify $H --json
	[ "$status" -eq 0 ]
	[ "$(jq -c '[.entries,.log_size,.wrong]' <<<"$output")" = "[90,90,0]" ]
}

@test "verify finds what was changed behind its back" {
	issuer issue $H $P good.csv --batch b1 -q >/dev/null
	printf '\377' | dd of=body/log/tile/entries/000.p/5 bs=1 seek=10 conv=notrunc status=none
	run issuer verify $H
	[ "$status" -ne 0 ]
	[ "$status" -le 2 ]
}

@test "every code is in docs/roster.md, in both languages" {
	sed -n 's/^.*X([A-Z_0-9]*, *"\([a-z_0-9]*\)".*$/\1/p' \
	    "$TAMGA_SOURCE/issuer/finding.h" >codes
	[ "$(wc -l <codes)" -gt 50 ]
	while read -r code; do
		grep -q "\`$code\`" "$TAMGA_SOURCE/docs/roster.md"
		grep -q "\`$code\`" "$TAMGA_SOURCE/docs/roster.en.md"
	done <codes
}
