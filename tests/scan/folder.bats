#!/usr/bin/env bats
# tamga-scan over what a stranger sends: every file has one understandable
# line, and the exact word.

bats_require_minimum_version 1.5.0

setup_file() {
	export D=$BATS_FILE_TMPDIR PATH=$TAMGA_BIN:$TAMGA_TESTS:$PATH
	export LANGUAGE=en LC_ALL=C.UTF-8
	unset TAMGA_HOME
	bash "$TAMGA_SOURCE/tests/web/make_home.sh" "$D"
	stranger "$D/in"
}

text() { awk -F'\t' -v s="$1" '$1 == s { print $2; exit }' "$D/texts.tsv"; }

scan() {
	tamga-scan --home "$D/home" --pub "$D/pub" \
	    --anchor "$D/authority/anchor.pem" "$@"
}

# name, tab, status, tab, error ('-': none), on descriptor 9
is() { printf '%s\t%s\t%s\n' "$1" "$2" "${3:--}" >&9; }

stranger() {
	local in=$1 t f
	mkdir -p "$in/sub folder"
	t=$(text valid)
	exec 9>"$D/want"
	# every form, under a name that lies; the codes of one are one file
	mkdir "$D/forms"
	write_forms "$D/forms" "$t"
	for f in "$D/forms"/*; do
		case $(basename "$f") in
		encrypted-pdf) mv "$f" "$in/locked.pdf"; is locked.pdf unreadable PIC_ENCRYPTED ;;
		three-pages-tiff) mv "$f" "$in/three pages.jpg" ;;
		*) mv "$f" "$in/$(basename "$f").doc"; is "$(basename "$f").doc" valid ;;
		esac
	done
	qr_picture png "$in/revoked.pdf" "$(text revoked)"; is revoked.pdf revoked
	# ours by its look, and altered
	printf '%s%s\n' "${t%?}" "$(((${t: -1} + 1) % 10))" >"$in/altered.txt"
	is altered.txt forged
	# of others
	qr_picture png "$in/wifi.png" 'WIFI:S:net;T:WPA;P:secret;;'; is wifi.png not_ours
	qr_picture jpeg "$in/other host.jpg" 'https://evil.example/c?id=12345'; is 'other host.jpg' not_ours
	printf 'Dear reviewer,\nplease find enclosed nothing.\n' >"$in/letter.txt"; is letter.txt not_ours
	# no code
	qr_picture png "$in/blank.png"; is blank.png unreadable
	# damaged, and what is no picture
	qr_picture png "$D/good.png" "$t"
	qr_picture pdf "$D/good.pdf" "$t"
	head -c 300 "$D/good.png" >"$in/cut.png"; is cut.png unreadable PIC_BROKEN
	head -c 400 "$D/good.pdf" >"$in/cut.pdf"; is cut.pdf unreadable PIC_BROKEN
	printf '%%PDF-1.7\nnothing of the kind\n' >"$in/broken.pdf"; is broken.pdf unreadable PIC_BROKEN
	printf '\377\330\377\340' >"$in/photo.jpg"; is photo.jpg unreadable PIC_BROKEN
	: >"$in/empty.png"; is empty.png unreadable PIC_FORMAT
	head -c 5000 /dev/zero >"$in/zeros.jpg"; is zeros.jpg unreadable PIC_FORMAT
	cp /bin/sleep "$in/program.pdf"; is program.pdf unreadable PIC_FORMAT
	printf 'PK\003\004\024\0\0\0\010\0' >"$in/archive.docx"; is archive.docx unreadable PIC_FORMAT
	# bombs: the head says 30 000 by 30 000
	printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\165\060\0\0\165\060\010\0\0\0\0\066\313\313\251\0\0\0\0IDAT\065\257\006\036' >"$in/bomb.png"
	is bomb.png unreadable PIC_PIXELS
	printf 'GIF89a\060\165\060\165\200\0\0\0\0\0\377\377\377,\0\0\0\0\060\165\060\165\0\002\002\104\001\0;' >"$in/bomb.gif"
	is bomb.gif unreadable PIC_PIXELS
	# names: blanks, a line break, Chinese, no UTF-8
	cp "$D/good.png" "$in/sub folder/中文 名字.png"; is 'sub folder/中文 名字.png' valid
	cp "$D/good.png" "$in/line"$'\n'"break.png"
	cp "$D/good.png" "$in/not"$'\377'"utf8.png"
	# ten codes in one picture, one of them revoked
	qr_picture png "$in/ten.png" "$t" "$(text revoked)" "$(text operation)" \
	    'one' 'two' 'three' 'four' 'five' 'six' 'seven'
	exec 9>&-
}

@test "each file gets its word" {
	run --separate-stderr scan --json "$D/in"
	[ "$status" -eq 1 ]
	# every line is JSON of one of the words of design 6
	jq -es 'all(.status | IN("valid","revoked","forged","not_ours","unreadable"))' <<<"$output" >/dev/null
	while IFS=$'\t' read -r name want error; do
		got=$(jq -r --arg s "$D/in/$name" 'select(.source == $s) | "\(.status)\t\(.error // "-" | sub("^ERR_";""))"' <<<"$output")
		[ "$got" = "$want"$'\t'"$error" ] || { echo "$name: '$got', not '$want $error'"; false; }
	done <"$D/want"
	[ "$(jq -r --arg s "$D/in/line"$'\n'"break.png" 'select(.source == $s) | .status' <<<"$output")" = valid ]
	[ "$(jq -r --arg s "$D/in/not"$'\357\277\275'"utf8.png" 'select(.source == $s) | .status' <<<"$output")" = valid ]
	[ "$(jq -r --arg s "$D/in/ten.png" 'select(.source == $s) | .status' <<<"$output" | sort | uniq -c | xargs)" = "7 not_ours 1 revoked 2 valid" ]
	[ "$(jq -r --arg s "$D/in/three pages.jpg" 'select(.source == $s) | "\(.page) \(.status)"' <<<"$output" | xargs)" = "1 valid 2 unreadable 3 valid" ]
}

@test "each file gets one line, and a code of several one below it" {
	local files lines
	files=$(find "$D/in" -type f -printf x | wc -c)
	run --separate-stderr scan "$D/in"
	[ "$status" -eq 1 ]
	lines=$(grep -c '^[✓✗?-] ' <<<"$output")
	[ "$lines" -eq "$files" ]
	[ "$(grep -c '^    [✓✗?-] ' <<<"$output")" -eq 13 ]
	# nothing else but the caveat
	[ "$(grep -vc '^\(    \)\?[✓✗?-] ' <<<"$output")" -eq 1 ]
	[[ $output == *"10 codes: 1 Revoked"* ]]
	[[ $output == *"2 codes: 2 Valid certificate, 1 pages without"* ]]
	[[ $output == *"line?break.png"* ]]
	[[ $output == *"not?utf8.png"* ]]
	# never "fake"
	[[ ${output,,} != *fake* ]]
	[[ $stderr == *"$files files"* ]]
	LANGUAGE=zh_CN run --separate-stderr scan "$D/in"
	[ "$(grep -c '^[✓✗?-] ' <<<"$output")" -eq "$files" ]
	[[ $output != *假* || $output == *"不能据此判断证件真假"* ]]
	[[ $output == *"10 个二维码"* ]]
}

@test "a page without a code is told, and does not spoil the file" {
	run --separate-stderr scan --json "$D/in/three pages.jpg"
	[ "$status" -eq 0 ]
	run scan -q "$D/in/three pages.jpg"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "--details says everything of each" {
	run scan --details "$D/in/wifi.png" "$D/in/png.doc"
	[ "$status" -eq 3 ]
	[[ $output == *"holder: "* ]]
}

@test "--csv and --xlsx: a row a code, and nothing overwritten" {
	run --separate-stderr scan -q --csv "$D/r.csv" --xlsx "$D/r.xlsx" "$D/in"
	[ "$status" -eq 1 ]
	json=$(scan --json "$D/in" 2>/dev/null || :)
	/usr/bin/python3 - "$D" "$(jq -s length <<<"$json")" <<-'END'
	import csv, sys, zipfile, re
	d, n = sys.argv[1], int(sys.argv[2])
	raw = open(d + "/r.csv", "rb").read()
	assert raw.startswith(b"\xef\xbb\xbf")
	rows = list(csv.reader(raw[3:].decode("utf-8").splitlines(keepends=True)))
	assert len(rows) == n + 1, (len(rows), n)
	assert all(len(r) == len(rows[0]) for r in rows)
	by = {r[0]: r for r in rows}
	head = rows[0]
	r = by[d + "/in/png.doc"]
	assert r[head.index("Status")] == "valid" and r[head.index("Holder")] == "王小明"
	assert by[d + "/in/bomb.png"][head.index("Status")] == "unreadable"
	z = zipfile.ZipFile(d + "/r.xlsx")
	sheet = z.read("xl/worksheets/sheet1.xml").decode()
	assert len(re.findall("<row ", sheet)) == n + 1
	END
	run scan -q --csv "$D/r.csv" "$D/in/wifi.png"
	[ "$status" -eq 2 ]
	[[ $output == *"there already"* ]]
	run scan -q --xlsx "$D/r.xlsx" "$D/in/wifi.png"
	[ "$status" -eq 2 ]
	run --separate-stderr scan --csv - "$D/in/wifi.png"
	[ "$status" -eq 3 ]
	[ "$(wc -l <<<"$output")" -eq 2 ]
	run scan --raw --csv "$D/q.csv" "$D/in/wifi.png"
	[ "$status" -eq 2 ]
}

@test "a name that Excel would calculate stays a name" {
	(cd "$D" && cp good.png "=1+1.png" && scan -q --csv f.csv "=1+1.png")
	grep -q "^\"'=1+1.png\"," "$D/f.csv"
}

@test "the report names files that could not be read at all" {
	run scan -q --csv "$D/gone.csv" "$D/not there.png" "$D/good.png"
	[ "$status" -eq 2 ]
	grep -q '^"[^"]*not there.png","","fault",' "$D/gone.csv"
	run scan "$D/not there.png" "$D/good.png"
	[[ $output == *"! Could not be checked"* ]]
}

@test "text as people paste it: broken lines, UTF-16, words around it" {
	local t
	t=$(text valid)
	{ printf 'Dear Ms Li,\n> '; fold -w 70 <<<"$t" | sed '2,$s/^/> /'; printf '> bye\n'; } >"$D/mail.txt"
	printf 'my certificate: %s (valid)\n' "$t" >"$D/words.txt"
	printf '%s' "$t" | iconv -t UTF-16 >"$D/utf16b.txt"
	for f in mail words utf16b; do
		run scan -q "$D/$f.txt"
		[ "$status" -eq 0 ] || { echo "$f: $output"; false; }
	done
}

@test "progress has a rate, on a terminal only" {
	command -v script >/dev/null || skip
	mkdir "$D/many"
	for i in $(seq 30); do cp "$D/in/blank.png" "$D/many/$i.png"; done
	run script -qec "tamga-scan --raw $D/many >/dev/null" /dev/null
	[[ $output == *"30/30"* ]]
	[[ $output == *"files/s"* ]]
	run tamga-scan --raw "$D/many"
	[[ $output != *"/30"* ]]
}
