#!/bin/bash
# make_home.sh DIR: an authority, bodies and a publication with a certificate
# in every state; DIR/texts.tsv holds their QR texts, DIR/pictures some of them
# as pictures and PDFs, DIR/authority/anchor.pem is the anchor.
# Under ctest it is made once, as the test web_home, and copied from there.
set -eu
dir=$1
mkdir -p "$dir"
if [ "$dir" != "${TAMGA_WEB_HOME-$dir}" ] && [ -f "$TAMGA_WEB_HOME/made" ]; then
	cp -a "$TAMGA_WEB_HOME/." "$dir"
	exit 0
fi
rm -f "$dir/made"
(umask 077; echo 'only for tests' >"$dir/pass")
pass=(--pass-file "$dir/pass")
export LANGUAGE=en

authority() # HOME NAME
{
	"$TAMGA_BIN/tamga-keys" authority init -q --home "$dir/$1" \
	    --name "$2" "${pass[@]}" >/dev/null
}

body() # HOME ID PREFIX AUTHORITY [ALG]
{
	cat >"$dir/$1.ini" <<-END
	[body]
	id=$2
	name=示范评价中心 $1
	prefix=$3
	base=https://verify.tamga.example/
	kinds=2,4

	[kind.2]
	occupations=*

	[kind.4]
	items=*
	END
	{
		"$TAMGA_BIN/tamga-keys" body init -q --home "$dir/$1" \
		    --name "示范评价中心 $1" --body-id "$2" --prefix "$3" \
		    --alg "${5:-es256}" \
		    "${pass[@]}"
		"$TAMGA_BIN/tamga-keys" authority admit -q --home "$dir/$4" \
		    --csr "$dir/$1/body.csr" --scope "$dir/$1.ini" \
		    --out "$dir/$1.pem" "${pass[@]}"
		"$TAMGA_BIN/tamga-keys" body install -q --home "$dir/$1" \
		    --cert "$dir/$1.pem"
	} >/dev/null
}

publish()
{
	"$TAMGA_BIN/tamga-keys" authority publish -q --home "$dir/authority" \
	    --out "$dir/pub" "${pass[@]}" >/dev/null
}

certificates() # HOME PUB [PICTURES]
{
	local home=$1
	shift
	"$TAMGA_TESTS/make_publication" "$dir/$home" "$dir/pass" "$@"
}

authority authority 示范主管部门
body one 52150100MJY000000J S000015000123 authority
body two 52150100MJY000001M S000015000124 authority
body four 52150100MJY000003U S000015000126 authority ed25519
body five 52150100MJY000004Y S000015000127 authority sm2
body six 52150100MJY0000052 S000015000128 authority
publish
certificates one "$dir/pub" "$dir/pictures" >"$dir/texts.tsv"
# withdrawn before it issued anything
certificates two "$dir/pub" |
    sed -n 's/^valid\t/issuer_withdrawn\t/p' >>"$dir/texts.tsv"
"$TAMGA_BIN/tamga-keys" authority withdraw -q --home "$dir/authority" \
    --body-id 52150100MJY000001M --reason keyCompromise --tree-size 0 \
    "${pass[@]}" >/dev/null
publish
for other in "four ed25519" "five sm2"; do
	set -- $other
	certificates "$1" "$dir/pub" |
	    sed -n "s/^valid\t/$2\t/p" >>"$dir/texts.tsv"
done
# of an authority that nobody here knows
authority other 别处
body three 52150100MJY000002Q S000015000125 other
certificates three "$dir/elsewhere" |
    sed -n 's/^valid\t/unknown_issuer\t/p' >>"$dir/texts.tsv"
: >"$dir/made"
