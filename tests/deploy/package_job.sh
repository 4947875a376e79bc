#!/bin/bash
# package_job.sh ROOT DIR: the main job with the packages' files under ROOT, in
# the new folder DIR. With ROOT "" the service runs as its unit says: its user,
# its HOME, no privilege, no new one.
set -eu
root=$1
dir=$2
PATH=$root/usr/bin:$PATH
export LANGUAGE=en
umask 022
fail() { echo "FAILED $*"; exit 1; }
mkdir -p "$dir"
cd "$dir"
(umask 077; echo 'only for tests' >pass)
pass=(-q --pass-file pass)
[ "$(command -v tamga-keys)" = "$root/usr/bin/tamga-keys" ] || fail "not the packages' files"
tamga-keys authority init --home A --name "示范主管部门" "${pass[@]}" >/dev/null
tamga-keys body init --home B --name "示范评价中心" --body-id 52150100MJY000000J \
    --prefix S000015000123 "${pass[@]}" >/dev/null
printf '%s\n' '[body]' id=52150100MJY000000J prefix=S000015000123 \
    base=https://verify.tamga.example/ kinds=2 '[kind.2]' 'occupations=*' >scope.ini
tamga-keys authority admit --home A --csr B/body.csr --scope scope.ini --out body.pem \
    "${pass[@]}" >/dev/null
tamga-keys body install --home B --cert body.pem -q
printf '%s\n' '姓名,证件号码,职业名称,职业编码,等级,发证日期' \
    '巴特尔,150102199001010019,电工,6-31-01-03,4,2020-06-30' >roster.csv
tamga-issuer issue --home B roster.csv --kind 2 --batch one --pdf pdf "${pass[@]}"
pub=$dir/pub
[ -n "$root" ] || pub=/srv/tamga/pub
tamga-keys authority publish --home A --out "$pub" "${pass[@]}" >/dev/null
tamga-issuer publish --home B --out "$pub" "${pass[@]}" >/dev/null
tamga-scan --json --home S --pub "$pub" --anchor A/anchor.pem pdf |
    grep -q '"status":"valid"' || fail "scan"
tamga-audit "$pub" --anchor A/anchor.pem -q || fail "audit"
tamga-review --help >/dev/null || fail "review"

listen=127.0.0.1:$((20000 + RANDOM % 10000))
if [ -n "$root" ]; then
	tamga-verifier --home V --pub "$pub" --anchor A/anchor.pem --listen "$listen" -q &
else
	install -m 644 A/anchor.pem /etc/tamga/anchor.pem
	unit=/lib/systemd/system/tamga-verifier.service
	read -ra start < <(sed -n 's/^ExecStart=//p' "$unit")
	env -i PATH=/usr/bin:/bin setpriv --reuid tamga-verifier --regid tamga-verifier \
	    --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
	    "${start[@]}" --listen "$listen" -q &
fi
verifier=$!
trap 'kill $verifier 2>/dev/null || true' EXIT
for _ in $(seq 100); do
	curl -fs "http://$listen/readyz" >ready && break
	kill -0 $verifier 2>/dev/null || fail "the service ended"
	sleep 0.1
done
[ "$(cat ready)" = '{"ready":true,"reasons":[]}' ] || fail "ready: $(cat ready)"
curl -fs -H 'Content-Type: application/pdf' --data-binary @"$(find pdf -name '*.pdf')" \
    "http://$listen/api/v1/verify" | grep -q '"status":"valid"' || fail "a PDF over HTTP"
curl -fs "http://$listen/" | grep -q '<html' || fail "page"
kill $verifier
wait $verifier || fail "the service ended with $?"
