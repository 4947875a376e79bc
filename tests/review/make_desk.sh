#!/bin/bash
# make_desk.sh DIR: a body's certificates and publication, claims on them, and a
# reviewer's home DIR/desk with four users: DIR/users.tsv holds name and secret.
# The pass phrase of all is in DIR/pass.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../issuer/home.bash"
D=$1
export LANGUAGE=en LC_ALL=C.UTF-8
bin=$TAMGA_BIN
umask 077
make_homes "$D"
cd "$D"
good_roster >roster.csv
"$bin/tamga-issuer" issue --home body roster.csv --batch y --pass-file pass -q \
    --pdf pdf
"$bin/tamga-issuer" publish --home body --out pub --pass-file pass -q
"$bin/tamga-keys" authority publish --home authority --out pub \
    --pass-file pass -q >/dev/null
mkdir -p desk/scans
cat >desk/rules.ini <<END
[rules]
version = test 1
source = 内就服工办发〔2019〕2号
[from 2019-07-22]
amount.2.5 = 1000
amount.2.4 = 1500
amount.4 = 600
four_eyes_above = 1200
anomaly.phone = 1
body_odd = off
END
for i in 0 1 2 3 4; do
	"$bin/tamga-issuer" show --home body --index $i --json | jq -r .qr >qr.$i
done
# the first claim's certificate as a scan, too
number=$("$bin/tamga-issuer" show --home body --index 2 --json | jq -r .number)
pdftoppm -r 150 -png -singlefile pdf/*"$number"*.pdf desk/scans/scan3
cat >claims.csv <<END
申领编号,姓名,证件号码,证书种类,二维码,扫描件,职业名称,等级,发证日期,申请日期,金额,银行账户,手机号
A1,王明,$ID1,2,$(cat qr.0),,电工,四级,2020-06-30,2020-07-15,1500,6222020602001234567,13800138000
A2,乌云·其木格,$ID2,2,$(cat qr.1),,电工,四级,2020-07-01,2020-07-15,1500,,13800138000
A3,李四,$ID3,2,,scan3.png,焊工,5,2021-01-05,2021-02-01,1000,,
A4,巴特尔,$ID4,4,$(cat qr.3),,低压电工作业,,2024-03-01,2024-04-01,600,,13800138000
A5,赵六,$ID5,4,$(cat qr.4),,煤矿瓦斯检查作业,,2024-03-01,2024-04-01,600,,13800138000
A6,王民,$ID1,2,$(cat qr.0),,电工,四级,2020-06-30,2020-07-15,1600,,
A7,钱七,$ID1,2,,,电工,四级,2020-06-30,2020-07-15,1500,,
END
for user in wang:reviewer li:reviewer zhao:approver root:administrator \
    sun:auditor; do
	"$bin/tamga-review" user add "${user%:*}" --role "${user#*:}" \
	    --home desk --pass-file pass -q |
	    sed -nE "s/.*secret=([A-Z2-7]+).*/${user%:*}\t\1/p"
done >users.tsv
