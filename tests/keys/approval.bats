# k of n from the outside: request, approvals, apply.

ID=52150000MJ00000X1X

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=en T="$BATS_FILE_TMPDIR" PATH="$TAMGA_BIN:$PATH"
	cd "$T"
	echo 'correct horse' >pass
	printf '%s\n' '[body]' id=$ID prefix=S000015000123 name=某某学校 \
		base=https://jd.example.cn/ kinds=2 '[kind.2]' 'occupations=*' >scope.ini
	tamga-keys authority init --home A --name 某某厅 --pass-file pass >print
	tamga-keys body init --home B --name 某某学校 --body-id $ID \
		--prefix S000015000123 --pass-file pass
	for who in li wang zhao; do
		tamga-keys approver init --key $who.key --name $who --pass-file pass
	done >A/approvers
	printf '[approval]\nk = 2\n' >A/tamga.conf
}

setup() {
	cd "$T"
}

approve() { # request, who
	tamga-keys approve --request $1 --key $2.key --name $2 --out $1.$2 \
		--pass-file pass -q
}

@test "without approval neither admission nor withdrawal" {
	run tamga-keys authority admit --home A --csr B/body.csr --scope scope.ini \
		--out no.pem --pass-file pass
	[ "$status" = 1 ]
	[[ "$output" == *"2 approvals"*"--request"* ]]
	[ ! -e no.pem ]
	run tamga-keys authority withdraw --home A --body-id $ID \
		--reason superseded --tree-size 0 --pass-file pass
	[ "$status" = 1 ]
}

@test "an admission approved by two of three" {
	tamga-keys authority admit --home A --csr B/body.csr --scope scope.ini \
		--request admit
	grep -q '^action admit$' admit
	grep -q '^ | base=https://jd.example.cn/$' admit
	approve admit li
	run tamga-keys authority apply --home A --request admit --out B.pem \
		--approval admit.li --approval admit.li --pass-file pass
	[ "$status" = 1 ]
	[[ "$output" == *"1 of 2 approvals"* ]]
	[ ! -e B.pem ]
	approve admit zhao
	tamga-keys authority apply --home A --request admit --out B.pem \
		--approval admit.li --approval admit.zhao --pass-file pass
	tamga-keys body install --home B --cert B.pem
	run tamga-keys authority apply --home A --request admit --out B2.pem \
		--approval admit.li --approval admit.zhao --pass-file pass
	[ "$status" = 1 ]
	[[ "$output" == *"done already"* ]]
	[ ! -e B2.pem ]
	[ "$(ls A/approved | wc -l)" = 1 ]
	[ "$(ls A/approved)" = "$(sha256sum <admit | cut -d' ' -f1)" ]
}

@test "a request changed after approval is refused" {
	tamga-keys authority withdraw --home A --body-id $ID --reason keyCompromise \
		--tree-size 266 --at 2026-01-02 --request withdraw
	run tamga-keys approve --request withdraw --key li.key --name li \
		--out withdraw.li --pass-file pass
	[ "$status" = 0 ]
	[[ "$output" == "$(cat withdraw)"$'\n'approved:* ]]
	approve withdraw wang
	sed 's/^tree-size 266$/tree-size 999/' withdraw >changed
	run tamga-keys authority apply --home A --request changed \
		--approval withdraw.li --approval withdraw.wang --pass-file pass
	[ "$status" = 1 ]
	[[ "$output" == *"not one of this request"* ]]
	sed 's/^tree-size 266$/tree-size 0266/' withdraw >loose
	run tamga-keys approve --request loose --key li.key --name li --out x \
		--pass-file pass
	[ "$status" = 1 ]
	[ ! -e x ]
	tamga-keys authority apply --home A --request withdraw \
		--approval withdraw.li --approval withdraw.wang --pass-file pass
	tamga-keys list --home A | grep -q 'withdrawn at 266 (keyCompromise)'
}

@test "many certificates are revoked by two, few by one" {
	cp -a B C
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people 8 --kinds 2 --seed 5 >roster.csv
	tamga-issuer issue --home C roster.csv --batch j --pass-file pass
	cp A/approvers C/approvers
	printf '\n[approval]\nk = 2\nmany = 3\n' >>C/tamga.conf
	status_of() {
		tamga-issuer list --home C --json | jq -r .status | sort | uniq -c |
			awk '{ print $2 $1 }' | paste -sd' '
	}
	tamga-issuer revoke --home C --index 0 --reason fraud --yes
	[ "$(status_of)" = "revoked1 valid7" ]
	seq 1 4 >list
	run tamga-issuer revoke --home C --file list --reason fraud --yes
	[ "$status" = 1 ]
	[[ "$output" == *"need 2 approvals"* ]]
	[ "$(status_of)" = "revoked1 valid7" ]
	tamga-issuer revoke --home C --file list --reason 考核作弊 --request revoke
	grep -q '^count 4$' revoke
	grep -q '^reason 考核作弊$' revoke
	approve revoke wang
	run tamga-issuer revoke --home C --request revoke --approval revoke.wang --yes
	[ "$status" = 1 ]
	[[ "$output" == *"1 of 2 approvals"* ]]
	approve revoke zhao
	both="--approval revoke.wang --approval revoke.zhao --yes"
	sed 's/^ | 4$/ | 5/' revoke >changed
	run tamga-issuer revoke --home C --request changed $both
	[ "$status" = 1 ]
	run tamga-issuer revoke --home C --request revoke $both --index 7
	[ "$status" = 2 ]
	[ "$(status_of)" = "revoked1 valid7" ]
	tamga-issuer revoke --home C --request revoke $both
	[ "$(status_of)" = "revoked5 valid3" ]
	run tamga-issuer revoke --home C --request revoke $both
	[ "$status" = 1 ]
	run tamga-issuer suspend --home C --index 7 --reason x --request y --yes
	[ "$status" = 2 ]
	# an admission is no revocation
	run tamga-issuer revoke --home C --request admit --approval admit.li --yes
	[ "$status" = 1 ]
}

@test "many are replaced by two, and by no approval of something else" {
	cp -a B D
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people 8 --kinds 2 --seed 5 >roster.csv
	tamga-issuer issue --home D roster.csv --batch j --pass-file pass
	cp A/approvers D/approvers
	printf '\n[approval]\nk = 2\nmany = 3\n' >>D/tamga.conf
	replace="tamga-issuer replace --home D --pass-file pass --yes"
	count() { tamga-issuer list --home D --json | wc -l; }
	seq 0 3 >list
	run $replace --file list --reason lost
	[ "$status" = 1 ]
	[[ "$output" == *"need 2 approvals"* ]]
	$replace --file <(seq 0 2) --reason lost
	[ "$(count)" = 11 ]
	seq 3 6 >list
	run $replace --file list --reason lost --name x --request no
	[ "$status" = 2 ]
	[ ! -e no ]
	tamga-issuer replace --home D --file list --reason 换新版式 --request swap
	[ "$(count)" = 11 ]
	grep -q '^action replace$' swap
	grep -q '^valid-to unchanged$' swap
	approve swap li
	run $replace --request swap --approval swap.li --approval swap.li
	[ "$status" = 1 ]
	[[ "$output" == *"1 of 2 approvals"* ]]
	approve swap wang
	both="--approval swap.li --approval swap.wang"
	# The approvals of one request do not serve another, nor another deed.
	tamga-issuer revoke --home D --file list --reason 换新版式 --request gone
	run tamga-issuer revoke --home D --request gone $both --yes
	[ "$status" = 1 ]
	[[ "$output" == *"not one of this request"* ]]
	run tamga-issuer revoke --home D --request swap $both --yes
	[ "$status" = 1 ]
	tamga-issuer replace --home D --file <(seq 4 7) --reason 换新版式 --request other
	run $replace --request other $both
	[ "$status" = 1 ]
	run $replace --request swap $both --index 7
	[ "$status" = 2 ]
	run $replace --request swap $both --valid-to 2040-01-01
	[ "$status" = 2 ]
	[ "$(count)" = 11 ]
	$replace --request swap $both
	[ "$(count)" = 15 ]
	[ "$(tamga-issuer show --home D --index 11 --json | jq -r .reason)" = 换新版式 ]
	run $replace --request swap $both
	[ "$status" = 1 ]
	[[ "$output" == *"done already"* ]]
	[ "$(count)" = 15 ]
}

@test "what a crash left approved and undone is done with the same approvals" {
	cp -a B E
	"$TAMGA_SOURCE/tests/data/make_roster.py" --people 4 --kinds 2 --seed 5 >roster.csv
	tamga-issuer issue --home E roster.csv --batch j --pass-file pass
	cp A/approvers E/approvers
	printf '\n[approval]\nk = 1\nmany = 2\n' >>E/tamga.conf
	tamga-issuer revoke --home E --file <(seq 0 2) --reason fraud --request late
	approve late li
	mkdir E/approved
	touch "E/approved/$(sha256sum <late | cut -d' ' -f1)"
	tamga-issuer revoke --home E --request late --approval late.li --yes
	[ "$(tamga-issuer list --home E --status revoked --json | wc -l)" = 3 ]
	run tamga-issuer revoke --home E --request late --approval late.li --yes
	[ "$status" = 1 ]
	[[ "$output" == *"done already"* ]]
}

@test "a policy that nobody can fulfil stops everything" {
	cp -a A A-broken
	head -1 A/approvers >A-broken/approvers
	run tamga-keys authority publish --home A-broken --out P --pass-file pass
	[ "$status" = 2 ]
	[[ "$output" == *"asks for 2 approvals"* ]]
}

@test "usage errors are exit 2; help in two languages" {
	for c in "approve" "approver init" "authority apply" \
	    "approver init --key x --name a+b"; do
		run tamga-keys $c --pass-file pass
		[ "$status" = 2 ]
	done
	for c in "approve" "approver init" "authority apply"; do
		run tamga-keys $c --help
		[[ "$output" == *"Exit status"* ]]
		LANGUAGE=zh run tamga-keys $c --help
		[[ "$output" == *"退出码"* ]]
	done
}
