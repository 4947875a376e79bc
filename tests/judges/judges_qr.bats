#!/usr/bin/env bats
# Two QR decoders that are not ours read every layout and all of the demo's
# certificates at 150 dpi: each what the other reads, and together what ours
# or the one who drew them says.

setup_file() { export PATH=$TAMGA_BIN:$PATH; }
setup() { cd "$BATS_TEST_TMPDIR"; }

# What zbar and ZXing read of a PDF's first page, with a tab between them.
read_both() {
	local p=$BATS_TEST_TMPDIR/${1##*/}
	pdftoppm -r 150 -gray -singlefile "$1" "$p"
	printf '%s\t%s\n' \
	    "$(zbarimg -q --raw --nodbus -Sdisable -Sqrcode.enable "$p.pgm")" \
	    "$(ZXingReader -bytes -format QRCode "$p.pgm")"
	rm "$p.pgm"
}
export -f read_both

# The texts that must be read: a file; PDFs on stdin. zbar reads all. ZXing reads
# nothing that is not there, and of codes with random keys it may miss as many as
# $2 (it does so about once in five hundred pages of this coarseness).
judge() {
	xargs -P 2 -I{} bash -c 'read_both {}' >both
	cut -f1 both | sort | diff - <(sort "$1") >zbar.diff ||
	    { echo "zbar:"; head zbar.diff; return 1; }
	cut -f2 both | grep . | sort | diff - <(sort "$1") >zxing.diff || true
	! grep '^<' zxing.diff || { echo "ZXing misread"; return 1; }
	[ "$(grep -c '^>' zxing.diff)" -le "${2-0}" ] ||
	    { echo "ZXing:"; head zxing.diff; return 1; }
	awk -F'\t' '($2 != "" && $1 != $2) || $1 !~ /^https:.*#[0-9]+$/ { exit 1 }' both
}

@test "zbar and ZXing read every layout, in both orders" {
	for svg in "$TAMGA_SOURCE"/templates/*.svg; do
		for order in mn-first zh-first; do
			"$TAMGA_BIN/../tests/render_sample" --as $order "$svg" \
			    "$(basename "$svg" .svg)-$order.pdf" >>texts
		done
	done
	[ "$(wc -l <texts)" -ge 26 ]
	ls *.pdf | judge texts
}

@test "zbar and ZXing read all of the demo's certificates" {
	head -c 18 /dev/urandom | base64 >pass
	p=(--pass-file pass)
	tamga-keys authority init --home a --name judge "${p[@]}"
	tamga-keys body init --home b --name judge --body-id 52150100MJY000000J \
	    --prefix S000015000123 "${p[@]}"
	printf '%s\n' '[body]' id=52150100MJY000000J prefix=S000015000123 \
	    base=https://verify.tamga.example/ kinds=2,4 '[kind.2]' \
	    'occupations=*' '[kind.4]' 'items=*' >scope.ini
	tamga-keys authority admit --home a --csr b/body.csr --scope scope.ini \
	    --out b.pem "${p[@]}"
	tamga-keys body install --home b --cert b.pem
	"$TAMGA_SOURCE/tests/data/make_roster.py" >roster.csv
	tamga-issuer issue --home b roster.csv --batch j --pdf pdf "${p[@]}"
	tamga-scan --raw pdf >texts
	[ "$(sort -u texts | wc -l)" = 266 ]
	ls pdf/*.pdf | judge texts 2
}
