#!/bin/bash
# pictures.sh OUT [DIR]: the pictures of the README from a real run, into OUT:
# certificate.png, and what the verifier's page says of it: verdict.png,
# verdict.en.png, mongolian.png, and revoked.png once it is revoked. DIR keeps
# what they were made from. The person does not exist. To renew them:
#   TAMGA_BIN=build/release/bin tests/docs/pictures.sh docs/pictures
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=$(cd "${TAMGA_BIN:?the folder of the programs}" && pwd):$PATH
mkdir -p "$1"
out=$(cd "$1" && pwd)
dir=${2:-$(mktemp -d)}
verifier=
end() {
	[ -z "$verifier" ] || kill "$verifier"
	[ $# -gt 0 ] || rm -rf "$dir"
}
if [ $# -gt 1 ]; then trap 'end keep' EXIT; else trap end EXIT; fi
rm -rf "$dir"
mkdir -p "$dir"
cd "$dir"
export LANGUAGE=zh LANG=C.UTF-8

(umask 077; head -c 18 /dev/urandom | base64 >pass)
pass=(-q --pass-file pass)
tamga-keys authority init --home authority --name 示范职业技能主管部门 "${pass[@]}" >/dev/null
tamga-keys body init --home body --name 示范职业技能评价中心 \
    --body-id 52150100MJY000000J --prefix S000015000123 "${pass[@]}"
cat >scope.ini <<END
[body]
id = 52150100MJY000000J
prefix = S000015000123
base = https://verify.tamga.example/
kinds = 2
[kind.2]
occupations = 6-31-01-03:3-5
END
tamga-keys authority admit --home authority --csr body/body.csr \
    --scope scope.ini --out body.pem "${pass[@]}"
tamga-keys body install -q --home body --cert body.pem
tamga-keys authority publish --home authority --out pub "${pass[@]}"
"$here/portrait.py" >portrait.png
cat >roster.csv <<END
姓名,证件号码,职业名称,职业编码,等级,发证日期,照片
乌云其木格,150102199507150027,电工,6-31-01-03,四级,2026-06-30,portrait.png
END
tamga-issuer issue --home body roster.csv --kind 2 --batch readme --pdf pdf "${pass[@]}"
tamga-issuer publish --home body --out pub "${pass[@]}"

pdftoppm -r 60 -png -singlefile pdf/*.pdf certificate
tamga-scan --home scan --pub pub --anchor authority/anchor.pem pdf >verdict.txt
tamga-scan --raw pdf >qr.txt

port=$((20000 + RANDOM % 20000))
tamga-verifier --home verifier --pub pub --anchor authority/anchor.pem \
    --listen 127.0.0.1:$port >verifier.log 2>&1 &
verifier=$!
for _ in $(seq 100); do
	curl -fs "http://127.0.0.1:$port/readyz" >/dev/null && break
	sleep 0.1
done
qr=$(cat qr.txt)
# The fragment is what the page verifies; the host before it is not asked.
page() { # "LANG WIDTHxHEIGHT STATUS NAME"…
	bash "$here/../web/page.sh" --shots "http://127.0.0.1:$port" "${qr##*#}" \
	    "$dir" "$@"
}
page "zh 480x900 valid verdict" "en 480x900 valid verdict.en" \
    "mn 900x600 valid mongolian"
tamga-issuer revoke -q --home body --index 0 --reason 示范 --yes
tamga-issuer publish --home body --out pub "${pass[@]}"
kill -HUP $verifier
for _ in $(seq 100); do
	tamga-scan --raw pdf | curl -s -H 'Content-Type: text/plain' --data-binary @- \
	    "http://127.0.0.1:$port/api/v1/verify" | grep -q '"status":"revoked"' && break
	sleep 0.1
done
page "zh 480x900 revoked revoked"
pictures="certificate verdict verdict.en mongolian revoked"
for f in $pictures; do
	cp "$f.png" "$out/"
	[ "$(stat -c %s "$out/$f.png")" -le 153600 ]
done
