#!/usr/bin/env bats
# tamga-scan as scripts meet it: design 7.

bats_require_minimum_version 1.5.0

setup_file() {
	export D=$BATS_FILE_TMPDIR PATH=$TAMGA_BIN:$TAMGA_TESTS:$PATH
	export LANGUAGE=en LC_ALL=C.UTF-8
	unset TAMGA_HOME
	bash "$TAMGA_SOURCE/tests/web/make_home.sh" "$D"
	mkdir "$D/in"
	while IFS=$'\t' read -r state text; do
		[ -e "$D/in/$state.png" ] || qr_picture png "$D/in/$state.png" "$text"
	done <"$D/texts.tsv"
}

text() { awk -F'\t' -v s="$1" '$1 == s { print $2; exit }' "$D/texts.tsv"; }

scan() {
	tamga-scan --home "$D/home" --pub "$D/pub" \
	    --anchor "$D/authority/anchor.pem" "$@"
}

@test "every state has its word and its exit status" {
	local state want code
	while IFS=$'\t' read -r state _; do
		want=$state
		case $state in
		operation | review_window | ed25519 | sm2) want=valid ;;
		esac
		case $want in
		valid) code=0 ;;
		status_unknown) code=4 ;;
		*) code=1 ;;
		esac
		run --separate-stderr scan --json "$D/in/$state.png"
		[ "$status" -eq $code ] || { echo "$state: $status"; false; }
		[ "$(jq -r .status <<<"$output")" = "$want" ]
		[ "$(jq -r .source <<<"$output")" = "$D/in/$state.png" ]
	done <"$D/texts.tsv"
}

@test "JPEG, PDF, text, digits alone and standard input" {
	local t
	t=$(text valid)
	qr_picture jpeg "$D/v.jpg" "$t"
	qr_picture pdf "$D/v.pdf" "$t"
	printf '%s\r\n' "$t" >"$D/v.txt"
	printf '  %s \n' "${t#*#}" >"$D/digits.txt"
	for f in v.jpg v.pdf v.txt digits.txt; do
		run scan -q "$D/$f"
		[ "$status" -eq 0 ] || { echo "$f: $output"; false; }
		[ -z "$output" ]
	done
	run scan - <"$D/v.pdf"
	[ "$status" -eq 0 ]
	[[ $output == *"standard input"* ]]
	run scan - <<<"$t"
	[ "$status" -eq 0 ]
}

@test "the name of a file says nothing of its kind" {
	cp "$D/in/valid.png" "$D/wrong.pdf"
	run scan "$D/wrong.pdf"
	[ "$status" -eq 0 ]
}

@test "a valid one: who, what, which checks, how old, and the caveat" {
	run scan "$D/in/valid.png"
	[ "$status" -eq 0 ]
	[[ $output == *"王小明"* ]]
	[[ $output == *"示范评价中心"* ]]
	[[ $output == *"焊工"* ]]
	[[ $output == *"status as of"* ]]
	[[ $output == *"ID card"* ]]
	[[ $output != *$'\033'* ]]
	LANGUAGE=zh_CN run scan "$D/in/valid.png"
	[[ $output == *"有效证书"* ]]
}

@test "of a forged one nothing is shown" {
	local t
	t=$(text valid)
	# another last digit of the third chunk: some bit differs
	local at=$((${#t} - ${#t} + $(expr index "$t" '#') + 17 * 3))
	printf '%s%d%s\n' "${t:0:at}" $(((${t:at:1} + 1) % 10)) "${t:at+1}" >"$D/forged.txt"
	run --separate-stderr scan --json "$D/forged.txt"
	[ "$status" -eq 1 ]
	[ "$(jq -r .status <<<"$output")" = forged ]
	[ "$(jq 'has("certificate") or has("issuer")' <<<"$output")" = false ]
}

@test "several codes and pages: each is told, with its page" {
	qr_picture pdf "$D/many.pdf" "$(text valid)" "$(text revoked)" "$(text operation)"
	run --separate-stderr scan --json "$D/many.pdf"
	[ "$status" -eq 1 ]
	[ "$(jq -r .status <<<"$output" | xargs)" = "valid revoked valid" ]
	[ "$(jq -r .page <<<"$output" | xargs)" = "1 2 3" ]
	qr_picture png "$D/two.png" "$(text valid)" "$(text revoked)"
	run --separate-stderr scan --json "$D/two.png"
	[ "$(jq -r .status <<<"$output" | sort | xargs)" = "revoked valid" ]
}

@test "a folder: all files, sorted, below it too, hidden ones not" {
	mkdir -p "$D/folder/sub folder"
	cp "$D/in/valid.png" "$D/folder/b.png"
	cp "$D/in/revoked.png" "$D/folder/a.png"
	cp "$D/in/operation.png" "$D/folder/sub folder/中 文"$'\n'".png"
	cp "$D/in/valid.png" "$D/folder/.hidden.png"
	ln -sf .. "$D/folder/sub folder/up"
	run --separate-stderr scan --json "$D/folder"
	[ "$status" -eq 1 ]
	[ "$(jq -r .status <<<"$output" | xargs)" = "revoked valid valid" ]
	[ "$(jq -r .source <<<"$output" | head -n 1)" = "$D/folder/a.png" ]
	run scan "$D/folder"
	[ "$(grep -c '^[✓✗?-] ' <<<"$output")" -eq 3 ]
}

@test "the order of exit statuses: 2, 1, 4, 3, 0" {
	printf 'no code here\n' >"$D/other.txt"
	run scan -q "$D/in/valid.png" "$D/other.txt"
	[ "$status" -eq 3 ]
	run scan -q "$D/other.txt" "$D/in/status_unknown.png"
	[ "$status" -eq 4 ]
	run scan -q "$D/in/status_unknown.png" "$D/in/revoked.png" "$D/other.txt"
	[ "$status" -eq 1 ]
	run scan -q "$D/in/revoked.png" "$D/nonexistent.png" "$D/in/valid.png"
	[ "$status" -eq 2 ]
}

@test "a fault of one input does not stop the others" {
	run --separate-stderr scan --json "$D/nonexistent.png" "$D/in/valid.png"
	[ "$status" -eq 2 ]
	[ "$(jq -r .status <<<"$output" | xargs)" = "fault valid" ]
	[ "$(jq -r 'select(.status == "fault") | .error' <<<"$output")" = FAULT_IO ]
	[[ $stderr == *nonexistent.png* ]]
}

@test "no code, other people's codes, damaged and locked files" {
	qr_picture png "$D/blank.png"
	qr_picture png "$D/foreign.png" "https://evil.example/#not-digits"
	head -c 100 "$D/in/valid.png" >"$D/cut.png"
	printf '\0\1\2' >"$D/junk.bin"
	: >"$D/empty"
	for f in blank.png:unreadable foreign.png:not_ours cut.png:unreadable \
	    junk.bin:unreadable empty:unreadable; do
		run --separate-stderr scan --json "$D/${f%:*}"
		[ "$status" -eq 3 ] || { echo "$f: $status $output"; false; }
		[ "$(jq -r .status <<<"$output")" = "${f#*:}" ]
	done
	run scan "$D/cut.png"
	[[ $output == *damaged* ]]
}

@test "a foreign host around a good certificate is named" {
	local t
	t=$(text valid)
	printf 'https://evil.example/#%s\n' "${t#*#}" >"$D/host.txt"
	run --separate-stderr scan --json "$D/host.txt"
	[ "$status" -eq 0 ]
	[ "$(jq -r '.warnings[]' <<<"$output")" = foreign_host ]
	run --separate-stderr scan --json --host evil.example "$D/host.txt"
	[ "$(jq -r '.warnings | length' <<<"$output")" = 0 ]
}

@test "--raw prints texts of any kind, 3 when there are none" {
	qr_picture png "$D/any.png" "WIFI:S:net;;"
	run tamga-scan --raw "$D/any.png"
	[ "$status" -eq 0 ]
	[ "$output" = "WIFI:S:net;;" ]
	qr_picture png "$D/blank.png"
	run tamga-scan --raw "$D/blank.png"
	[ "$status" -eq 3 ]
	[ -z "$output" ]
	run tamga-scan --raw "$D/blank.png" "$D/any.png"
	[ "$status" -eq 0 ]
}

@test "names from a list" {
	printf '%s\n' "$D/in/valid.png" "$D/in/operation.png" >"$D/list"
	run --separate-stderr scan --json --from-file "$D/list"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 2 ]
	mkdir -p "$D/nl"
	cp "$D/in/valid.png" "$D/nl/a"$'\n'"b.png"
	find "$D/nl" -type f -print0 >"$D/list0"
	run --separate-stderr scan --json -0 --from-file "$D/list0"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "--id says whether the number fits, never repeats it" {
	local id=15010219900307123X
	run --separate-stderr scan --json --id "$id" "$D/in/valid.png"
	[ "$status" -eq 1 ]
	[ "$(jq .id_match <<<"$output")" = false ]
	[[ $output$stderr != *"$id"* ]]
	printf '%s\n' "$id" >"$D/id"
	run scan --id-file "$D/id" "$D/in/valid.png"
	[ "$status" -eq 1 ]
	[[ $output == *"NOT that"* ]]
	[[ $output != *"$id"* ]]
}

@test "--at judges as at another time" {
	run --separate-stderr scan --json --at 2000-01-01 "$D/in/valid.png"
	[ "$(jq -r .status <<<"$output")" = not_yet_valid ]
	[ "$(jq -r .checked_at <<<"$output")" = 1999-12-31T16:00:00Z ]
	run scan --at yesterday "$D/in/valid.png"
	[ "$status" -eq 2 ]
}

@test "without publication and cache: status unknown" {
	run --separate-stderr tamga-scan --home "$D/nothing" --json \
	    --anchor "$D/authority/anchor.pem" "$D/in/valid.png"
	[ "$status" -eq 4 ]
	[ "$(jq -r .status <<<"$output")" = status_unknown ]
}

@test "without anchor: exit 2 and what to do" {
	run tamga-scan --home "$D/nothing" --pub "$D/pub" "$D/in/valid.png"
	[ "$status" -eq 2 ]
	[[ $output == *--anchor* ]]
}

@test "the anchor of the publication is never taken" {
	run --separate-stderr tamga-scan --home "$D/h2" --pub "$D/pub" --json \
	    --anchor "$D/other/anchor.pem" "$D/in/valid.png"
	[ "$status" -eq 1 ]
	[ "$(jq -r .status <<<"$output")" = unknown_issuer ]
	[[ $stderr == *trust/anchor.pem* ]]
}

@test "a kernel without Landlock or seccomp: refused by name, unless told" {
	for what in landlock:Landlock seccomp:seccomp both:Landlock; do
		run lacking "${what%:*}" tamga-scan --raw "$D/in/valid.png"
		[ "$status" -eq 2 ]
		[[ $output == *"lacks ${what#*:}"* ]]
		run lacking "${what%:*}" tamga-scan --raw --allow-unjailed "$D/in/valid.png"
		[ "$status" -eq 0 ]
		[ "$output" = "$(text valid)" ]
	done
}

@test "wrong usage is 2, help is 0" {
	run scan
	[ "$status" -eq 2 ]
	run scan --nonsense x
	[ "$status" -eq 2 ]
	run scan --effort later x
	[ "$status" -eq 2 ]
	run tamga-scan --help
	[ "$status" -eq 0 ]
	[[ $output == *"Exit status"* ]]
	run tamga-scan --version
	[ "$status" -eq 0 ]
}

@test "a full disk behind stdout is a fault" {
	[ -e /dev/full ] || skip
	run bash -c 'tamga-scan --raw "$D/in/valid.png" >/dev/full'
	[ "$status" -eq 2 ]
}

@test "control characters of a code do not reach a terminal" {
	command -v script >/dev/null || skip
	printf 'a\033]0;title\007b' >"$D/esc.txt"
	run script -qec "tamga-scan --raw $D/esc.txt" /dev/null
	[[ $output != *$'\033]'* ]]
	[[ $output == *'a?]0;title?b'* ]]
}
