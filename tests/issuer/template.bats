#!/usr/bin/env bats
# template check: what is wrong with a template, all of it, each with its line.

load home.bash

T=$BATS_TEST_DIRNAME/../../templates
check() { "$TAMGA_BIN/tamga-issuer" template check "$@"; }

setup() { cd "$BATS_TEST_TMPDIR"; }

@test "our own templates are fit for their kinds" {
	local k=0
	for name in qualification level specialised operation training; do
		k=$((k + 1))
		run check $name
		[ "$status" -eq 0 ]
		[[ "$output" == *"as kind $k "*": 0 errors, 0 warnings" ]]
		[ "${#lines[@]}" -eq 1 ]
		run check --kind $k "$T/$name.svg"
		[ "$status" -eq 0 ]
	done
	for name in "$T"/*.svg; do
		run check "$name"
		[ "$status" -eq 0 ]
		case $name in
		*-mn.svg | *-en.svg)
			[[ "${lines[0]}" == *"not been confirmed by a native reader" ]]
			[[ "${lines[1]}" == *": 0 errors, 1 warnings" ]] ;;
		*)	[[ "$output" == *": 0 errors, 0 warnings" ]] ;;
		esac
	done
}

@test "everything is told at once, in the order of lines" {
	# The title is not read, so its words are missing too.
	sed -e 's/id="name"/id="nmae"/' -e '/id="issued"/s/data-max-width/data-maxwidth/' \
	    -e 's/id="photo"/id="foto"/' -e 's/pjjg\.osta/pjjq.osta/' \
	    -e 's/font-size="13.4"/font-size="2em"/' "$T/level.svg" >bad.svg
	line() { grep -n -- "$1" bad.svg | head -n 1 | cut -d: -f1; }
	LANG=C run check --kind 2 bad.svg
	[ "$status" -eq 1 ]
	want=("bad.svg: error: no <rect>: a 职业技能等级证书 needs \"photo\" (photo)"
	    "bad.svg: error: no <text>: a 职业技能等级证书 needs \"name\" (name)"
	    "bad.svg: error: the official query pjjg.osta.org.cn is not printed; write it as text"
	    "bad.svg: error: the name 职业技能等级证书 is not printed"
	    "bad.svg:$(line 2em): error: font-size: 2em is no length; write it in px or pt"
	    "bad.svg:$(line nmae): error: nothing fills a text of id \"nmae\"; is it \"name\"?; for a label write an id that begins with \"label\""
	    "bad.svg:$(line foto): error: id \"foto\" means nothing; is it \"photo\"?"
	    "bad.svg:$(line maxwidth): error: there is no attribute data-maxwidth; docs/templates.md lists them"
	    "bad.svg: as kind 2 (职业技能等级证书): 8 errors, 0 warnings")
	printf '%s\n' "${lines[@]}"
	[ "${#lines[@]}" -eq "${#want[@]}" ]
	for i in "${!want[@]}"; do
		[ "${lines[i]}" = "${want[i]}" ]
	done
	LANG=zh_CN.UTF-8 run check --kind 2 bad.svg
	[ "$status" -eq 1 ]
	[[ "$output" == *"bad.svg:$(line nmae): 错误：没有内容填入 id“nmae”；是不是“name”？"* ]]
	[[ "$output" == *"用于第 2 类（职业技能等级证书）：8 处错误"* ]]
	check --kind 2 --json bad.svg >json || true
	[ "$(jq -s 'length' json)" -eq 8 ]
	[ "$(jq -s 'map(select(.severity == "error" and .kind == 2)) | length' json)" -eq 8 ]
	[ "$(jq -s "map(select(.line == $(line nmae))) | length" json)" -eq 1 ]
}

@test "what is not drawn as it looks is a warning, or an error" {
	local head='<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" viewBox="0 0 210 297">'
	local f='font-family="Noto Serif CJK SC" font-size="4"'
	printf '%s\n' "$head" \
	    "<text id=\"name\" x=\"20\" y=\"20\" $f stroke=\"red\">a</text>" \
	    "<flowRoot id=\"level\"><flowPara>a</flowPara></flowRoot>" \
	    "<text id=\"issuer\" $f>a</text>" \
	    "<image id=\"photo\"/>" \
	    "<g style=\"display:none\"><text id=\"number\" x=\"2\" y=\"9\" $f>a</text></g>" \
	    "<text x=\"20\" y=\"40\" $f>中华人民共和国</text>" \
	    "</svg>" >odd.svg
	run check --kind 2 odd.svg
	[ "$status" -eq 1 ]
	[[ "$output" == *"odd.svg:2: warning: stroke: red is not drawn on a field"* ]]
	[[ "$output" == *"odd.svg:3: error: flowed text is not drawn at all"* ]]
	[[ "$output" == *"odd.svg:4: error: text in a frame has no place"* ]]
	[[ "$output" == *"odd.svg:5: error: \"photo\" is no rectangle but <image>"* ]]
	[[ "$output" == *"needs \"number\""* ]]
	[[ "$output" == *"\"中华人民共和国\" may not be printed on it"* ]]
}

@test "what is no template, and what is no file" {
	echo '<svg' >broken.svg
	run check broken.svg
	[ "$status" -eq 1 ]
	[[ "${lines[0]}" == "broken.svg:2: error: not well-formed XML:"* ]]
	[ "${lines[1]}" = "broken.svg: no template: 1 errors" ]
	echo '<html/>' >html.svg
	run check html.svg
	[ "$status" -eq 1 ]
	[[ "${lines[0]}" == "html.svg:1: error: is no SVG file" ]]
	run check ./nowhere.svg
	[ "$status" -eq 2 ]
	[[ "$output" == *nowhere.svg* ]]
	run check
	[ "$status" -eq 2 ]
	run check --kind 6 level
	[ "$status" -eq 2 ]
}

# Kinds 2 and 4 of 2020, 2021 and 2024, printed with the Mongolian of each kind.
@test "bilingual certificates, with the order of their day" {
	make_homes .
	printf '[print]\norder = mn-first, 2022-01-01 zh-first\n' >body/tamga.conf
	good_roster >r.csv
	run "$TAMGA_BIN/tamga-issuer" issue --home body r.csv --batch b \
	    --pdf pdf --template '*-mn' --pass-file pass
	[ "$status" -eq 0 ]
	n=$(grep -c "needs a native reader$" "$T/mongolian.tsv")
	[[ "$output" == *"$n texts of the template have not been confirmed"* ]]
	[ "$(grep -c "not been confirmed" <<<"$output")" -eq 1 ]
	[ "$(ls pdf/*.pdf | wc -l)" -eq 5 ]
	top() { # file word: where the word begins
		pdftotext -bbox "$1" - | grep -F ">$2</word>" | head -n 1 |
		    sed 's/.*yMin="\([0-9]*\).*/\1/'
	}
	for f in pdf/S*.pdf; do
		pdftotext "$f" - | grep -q ᠦᠨᠡᠮᠯᠡᠯ
		[ "$(top "$f" ᠲᠤᠰ)" -lt "$(top "$f" 证书编号)" ]
	done
	for f in pdf/index-*.pdf; do
		[ "$(top "$f" ᠲᠤᠰ)" -gt "$(top "$f" 操作项目)" ]
	done
	run "$TAMGA_BIN/tamga-issuer" render --home body --batch b \
	    --one-pdf all.pdf --template '*-no'
	[ "$status" -eq 2 ]
	[[ "$output" == *"level-no.svg"* ]]
}

# Cards, ten a page in the roster's order; certificates of A4 among them have
# pages of their own; every code is read back from the sheet.
@test "one PDF for the print shop" {
	make_homes .
	python3 - >r.csv <<-END
	print("$HEAD")
	w = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
	names = "甲乙丙丁戊己庚辛壬癸子丑"
	for i, c in enumerate(names):
	    base = "15010219900101%03d" % (i * 2 + 1)
	    n = base + "10X98765432"[sum(int(d) * k for d, k in zip(base, w)) % 11]
	    print(f"{c}明,,{n},低压电工作业,,,,2024-03-01,,,,,,4")
	END
	issuer() { "$TAMGA_BIN/tamga-issuer" "$@"; }
	run issuer issue --home body r.csv --batch c --one-pdf cards.pdf \
	    --template operation-card --pass-file pass
	[ "$status" -eq 0 ]
	[ "$(pdfinfo cards.pdf | sed -n 's/^Pages: *//p')" = 2 ]
	pdfinfo cards.pdf | grep -q 'A4'
	# by row: left to right, then down
	[ "$(pdftotext -f 1 -l 1 cards.pdf - | grep -c '明$')" -eq 10 ]
	[ "$(pdftotext -f 2 -l 2 cards.pdf - | grep '明$' | tr -d '\n')" = 子明丑明 ]
	[ "$(pdftotext -bbox -f 1 -l 1 cards.pdf - | grep -o '>[甲乙丙丁戊己庚辛壬癸]明<' |
	    sort -u | wc -l)" -eq 10 ]
	# metadata and names of files carry nobody's data
	pdfinfo cards.pdf >info
	! grep -qE '明|1990' info
	# other sheets, no marks; what does not fit is refused
	issuer render --home body --batch c --one-pdf one.pdf --nup 1x1 \
	    --template operation-card -q
	[ "$(pdfinfo one.pdf | sed -n 's/^Pages: *//p')" = 12 ]
	issuer render --home body --batch c --one-pdf four.pdf --nup 2x2 \
	    --marks no --template operation-card -q
	[ "$(pdfinfo four.pdf | sed -n 's/^Pages: *//p')" = 3 ]
	run issuer render --home body --batch c --one-pdf no.pdf --nup 3x5 \
	    --template operation-card
	[ "$status" -eq 2 ]
	[[ "$output" == *"3 × 5 of"*"the sheet has 210.0 × 297.0"* ]]
	[ ! -e no.pdf ]
	# A4 has pages of its own
	issuer render --home body --batch c --one-pdf a4.pdf --template operation -q
	[ "$(pdfinfo a4.pdf | sed -n 's/^Pages: *//p')" = 12 ]
	# of both, by the body's own templates: three of A4, then a sheet
	printf '[print]\ntemplate.4 = operation-card\n' >body/tamga.conf
	good_roster >mixed.csv
	issuer issue --home body mixed.csv --batch m --one-pdf mixed.pdf \
	    --pass-file pass -q
	[ "$(pdfinfo mixed.pdf | sed -n 's/^Pages: *//p')" = 4 ]
	issuer render --home body --batch m --one-pdf full.pdf --read-back full -q
	cmp mixed.pdf full.pdf
	for bad in 2x 2x5x 0x5 9x1 1x17 two; do
		run issuer render --home body --batch c --one-pdf x.pdf --nup $bad
		[ "$status" -eq 2 ]
		[[ "$output" == *"--nup: columns x rows"* ]]
	done
	run issuer render --home body --batch c --one-pdf x.pdf --marks maybe
	[ "$status" -eq 2 ]
}
