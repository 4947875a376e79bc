#!/usr/bin/env bats
# The commands of docs/trust.md and docs/trust.en.md are run as they stand.

play() { # page
	export LC_ALL=C.UTF-8 PATH=$TAMGA_BIN:$PATH
	cd "$BATS_TEST_TMPDIR"
	head -c 18 /dev/urandom | base64 >pass
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people 12 --seed 9 >roster.csv
	{
		echo 'set -eux'
		sed -n '/^```sh$/,/^```$/ { /^```/! p }' "$TAMGA_SOURCE/docs/$1"
	} >commands
	[ "$(grep -c '^tamga-' commands)" -ge 28 ]
	bash commands
}

@test "the commands of trust.md" {
	LANGUAGE=zh play trust.md
}

@test "the commands of trust.en.md" {
	LANGUAGE=en play trust.en.md
}

@test "both pages have the same commands" {
	cd "$BATS_TEST_TMPDIR"
	for page in trust.md trust.en.md; do
		sed -n '/^```sh$/,/^```$/ { /^```/! p }' "$TAMGA_SOURCE/docs/$page" |
			sed 's/--name [^-]*--/--name X --/; s/^name = .*/name = X/; s/--name [^-]*$/--name X/' >$page
	done
	diff trust.md trust.en.md
}

@test "every code that the pages name is one of ours" {
	for page in trust.md trust.en.md; do
		codes=$(grep -oE '`[A-Z]+_[A-Z_]+`' "$TAMGA_SOURCE/docs/$page" | tr -d '`' | sort -u)
		[ -n "$codes" ]
		for c in $codes; do
			grep -q "ERR_$c," "$TAMGA_SOURCE/credential/err.c" || {
				echo "$page: $c"
				false
			}
		done
	done
}
