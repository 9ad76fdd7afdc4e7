#!/usr/bin/env bash
# Makes docs/images/overview.png: the demo's overview in a real browser.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo run --release --quiet -- demo "$work/demo" >/dev/null
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync \
    --user-data-dir="$work/profile" --window-size=1200,860 \
    --screenshot="$PWD/docs/images/overview.png" "file://$work/demo/book/index.html" 2>/dev/null
