#!/bin/bash
# crash_long.sh [FACTOR]: ten times (or FACTOR times) what ./check does to the
# crash tests, and every call instead of samples. Needs build/release; takes
# hours. The counters of each are printed at its end.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
factor=${1:-10}
case $factor in
'' | *[!0-9]*) sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
export TAMGA_FAULT_STEP=1 TAMGA_CRASH_POINTS=$((2 * factor))
export TAMGA_CRASH_RUNS=$((300 * factor)) TAMGA_POWER_IMAGES=$((2000 * factor))
ctest --test-dir "$top/build/release" -L '^crash$' -V --timeout 86400
