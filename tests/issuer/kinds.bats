#!/usr/bin/env bats
# The five kinds of clause (九), from one roster to what stands on paper.
load home

setup_file() {
	export LC_ALL=C.UTF-8 LANGUAGE=zh D=$BATS_FILE_TMPDIR
	export PATH=$TAMGA_BIN:$PATH
	make_homes "$D"
	cd "$D"
	sed -i 's/^kinds=.*/kinds=1,2,3,4,5/' scope.ini
	for k in 1 3 5; do printf '[kind.%d]\noccupations=*\n' $k; done >>scope.ini
	tamga-keys body rotate --home body --pass-file pass -q
	tamga-keys authority admit --home authority --csr body/next.csr \
	    --scope scope.ini --out next.pem --pass-file pass -q
	tamga-keys body install --home body --cert next.pem -q
	cat >roster.csv <<-END
	姓名,证件号码,证书种类,职业名称,等级,发证日期,证书编号,培训起,培训止,有效期起
	钱七,$ID5,1,钳工,三级,2016-06-30,1605012003300001,,,
	王明,$ID1,2,电工,四级,2026-06-30,,,,
	李四,$ID3,3,奶茶制作,,2026-06-30,,,,
	巴特尔,$ID4,4,低压电工作业,,2026-06-30,,,,2026-07-01
	赵六,$ID2,5,创业培训,,2026-06-30,,2026年6月1日,2026-06-20,
	END
	tamga-issuer issue --home body roster.csv --batch k --pdf pdf \
	    --pass-file pass -q
	mkdir text
	for i in 0 1 2 3 4; do
		n=$(tamga-issuer show --home body --index $i --json |
		    jq -r '.number // empty')
		pdftotext -layout "pdf/${n:-index-0000000$i}.pdf" text/$i
	done
}

# Words of a page, whatever the spaces between them.
page() { tr -d ' \n\f' <"$D/text/$1"; }

@test "each page has its kind's name, holder and what is certified" {
	[[ "$(page 0)" == *职业资格证书*钱七*钳工*三级/高级工*1605012003300001* ]]
	[[ "$(page 1)" == *职业技能等级证书*王明*电工*四级/中级工*S000015000123264000001* ]]
	[[ "$(page 2)" == *专项职业能力证书*李四*奶茶制作* ]]
	[[ "$(page 3)" == *特种作业操作证*巴特尔*T$ID4*电工作业*低压电工作业* ]]
	[[ "$(page 4)" == *培训合格证书*赵六*创业培训* ]]
}

@test "an empty direction is --, a training has its dates" {
	[[ "$(page 1)" == *工种/职业方向--* ]]
	[[ "$(page 4)" == *2026年6月1日至2026年6月20日* ]]
}

@test "an operation's dates: six years, review after three" {
	[[ "$(page 3)" == *2026年7月1日至2032年6月30日*2029年6月30日* ]]
}

@test "replaced, a training keeps its dates" {
	cd "$D"
	cp -a body "$BATS_TEST_TMPDIR"
	i=$(tamga-issuer list --home body --json | jq -r 'select(.kind == 5).index')
	tamga-issuer replace --home "$BATS_TEST_TMPDIR/body" --index "$i" \
	    --reason 遗失 --yes --pass-file pass
	tamga-issuer render --home "$BATS_TEST_TMPDIR/body" --batch replace \
	    --pdf "$BATS_TEST_TMPDIR/new"
	pdftotext -layout "$BATS_TEST_TMPDIR"/new/*.pdf "$D/text/new"
	[[ "$(page new)" == *2026年6月1日至2026年6月20日* ]]
}
