#!/bin/bash
# crash_home.sh DIR ROWS…: DIR/body, a body's home with its pass phrase
# (DIR/pass), and DIR/b1.csv, DIR/b2.csv …, rosters of so many different people.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export LC_ALL=C.UTF-8 LANGUAGE=en
. "$here/home.bash"
dir=$1
shift
make_homes "$dir" "*"
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
