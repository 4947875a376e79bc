#!/bin/bash
# crash_home.sh DIR ROWS…: DIR/body, a body's home whose pass phrase (DIR/pass)
# is cheap to try, and DIR/b1.csv, DIR/b2.csv …, rosters of so many different
# people. For the crash tests, which open the keys thousands of times.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C.UTF-8 LANGUAGE=en
. "$here/home.bash"
dir=$1
shift
make_homes "$dir" "*"
for key in body log; do
	old=$dir/body/$key.key
	openssl pkcs8 -in "$old" -passin "file:$dir/pass" -out "$dir/plain"
	openssl pkcs8 -topk8 -in "$dir/plain" -v2 aes-256-cbc -iter 1 \
	    -passout "file:$dir/pass" -out "$dir/sealed"
	rm "$dir/plain"
	chmod 600 "$dir/sealed"
	mv "$dir/sealed" "$old"
done
all=0
for n in "$@"; do all=$((all + n)); done
"$TAMGA_SOURCE/tests/data/make_roster.py" --people $all >"$dir/all.csv"
from=2
batch=1
for n in "$@"; do
	{
		head -n 1 "$dir/all.csv"
		sed -n "$from,$((from + n - 1))p" "$dir/all.csv"
	} >"$dir/b$batch.csv"
	from=$((from + n))
	batch=$((batch + 1))
done
