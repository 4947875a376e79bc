#!/bin/bash
# review.sh [review|review_year …]: installs what the script needs, by name and
# lock file, and runs it.
set -eu
cd "$(dirname "$0")"
[ -d node_modules/playwright-core ] || npm ci --no-audit --no-fund >/dev/null
exec node "${1:-review}.mjs" "${@:2}"
