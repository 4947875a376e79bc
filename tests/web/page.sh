#!/bin/bash
# Installs what page.mjs needs, by name and lock file, and runs it; with --shots
# shots.mjs instead.
set -eu
cd "$(dirname "$0")"
exec 9<page.sh
flock 9 # two tests may come at once
[ -e node_modules/playwright-core/package.json ] || npm ci --no-audit --no-fund >/dev/null
flock -u 9
run=page.mjs
if [ "${1:-}" = --shots ]; then
	run=shots.mjs
	shift
fi
exec node $run "$@"
