#!/usr/bin/env bash
# Makes sure that Chromium is there, in which pages are tested. Installs Debian's with apt-get where it is missing.
set -euo pipefail

command -v chromium >/dev/null && exit 0

sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo)
if command -v apt-get >/dev/null; then
	echo "installing chromium" >&2
	"${sudo[@]}" apt-get update -qq
	"${sudo[@]}" apt-get install -y -qq chromium
fi
command -v chromium >/dev/null || {
	echo "chromium is missing and could not be installed: pages are not tested" >&2
	exit 1
}
