#!/bin/bash
# Installs what review.mjs needs, by name and lock file, and runs it.
set -eu
cd "$(dirname "$0")"
[ -d node_modules/playwright-core ] || npm ci --no-audit --no-fund >/dev/null
exec node review.mjs "$@"
