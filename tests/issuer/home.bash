# An authority and a body with keys that open fast, made once a file; each test
# works on a copy. Programs are found in $TAMGA_BIN.
BODY_ID=52150100MJY000000J
PREFIX=S000015000123
ID1=150102199001010019
ID2=11010519491231002X
ID3=152301197506151287
ID4=152101196012317771
ID5=150603199911090509

make_homes() { # folder [occupations]
	local d=$1
	mkdir -p "$d"
	echo "pass phrase of a test" >"$d/pass"
	"$TAMGA_BIN/tamga-keys" authority init --home "$d/authority" \
	    --name 主管部门 --pass-file "$d/pass" -q >/dev/null
	"$TAMGA_BIN/tamga-keys" body init --home "$d/body" --name 示范中心 \
	    --body-id $BODY_ID --prefix $PREFIX --pass-file "$d/pass" -q
	cat >"$d/scope.ini" <<-END
	[body]
	id=$BODY_ID
	name=示范中心
	prefix=$PREFIX
	base=https://verify.tamga.example/
	not_before=2015-01-01
	kinds=2,4
	[kind.2]
	occupations=${2-6-31-01-03:3-5,6-18-02-04,4-04-04-02}
	[kind.4]
	items=*
	END
	"$TAMGA_BIN/tamga-keys" authority admit --home "$d/authority" \
	    --csr "$d/body/body.csr" --scope "$d/scope.ini" \
	    --out "$d/body.pem" --pass-file "$d/pass" -q
	"$TAMGA_BIN/tamga-keys" body install --home "$d/body" \
	    --cert "$d/body.pem" -q
	cheap_keys "$d/body" "$d/pass"
}

# What sealed them is made to be slow, and is tests/keys' matter: here they are
# opened thousands of times.
cheap_keys() { # body's home, file of the pass phrase
	local key
	for key in "$1/body.key" "$1/log.key"; do
		openssl pkcs8 -in "$key" -passin "file:$2" |
		    (umask 077; openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 1 \
			-passout "file:$2" -out "$key.cheap")
		mv "$key.cheap" "$key"
	done
}

HEAD=姓名,证件类型,证件号码,职业名称,职业编码,工种,等级,发证日期,有效期起,有效期止,应复审日期,照片,证书编号,证书种类

# Five good rows, two kinds.
good_roster() {
	cat <<-END
	$HEAD
	王明,,$ID1,电工,,,四级/中级工,2020-06-30,,,,,,2
	乌云·其木格,居民身份证,$ID2,电工,6-31-01-03,维修电工,中级工,2020/7/1,,,,,,2
	李四,,$ID3,焊工,,,5,20210105,,,,,,2
	巴特尔,,$ID4,低压电工作业,,,,2024-03-01,,,,,,4
	赵六,,$ID5,煤矿瓦斯检查作业,,,,2024年3月1日,,,,,,4
	END
}
