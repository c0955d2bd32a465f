#!/usr/bin/env bash
# Runs tests as linux/arm64 on another processor, with QEMU's user mode emulation: is anything in csl true on
# amd64 only? Fused multiply-adds, which Go's compiler makes on arm64, show here.
#
#   scripts/arm64.sh [PACKAGE-FOLDER...]    default: those of internal/kernel, internal/graph, internal/loss,
#                                           internal/optim
#
# Each runs in its folder, for its testdata. Needs Debian's qemu-user, which it installs where it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -gt 0 ] || set -- internal/kernel internal/kernel/portable internal/kernel/kernels internal/kernel/kerneltest internal/graph internal/loss internal/optim

if ! command -v qemu-aarch64 >/dev/null; then
	sudo=()
	[ "$(id -u)" = 0 ] || sudo=(sudo)
	echo "installing qemu-user" >&2
	"${sudo[@]}" apt-get update -qq
	"${sudo[@]}" apt-get install -y -qq qemu-user >&2
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0
for package in "$@"; do
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 go test -c -o "$tmp/test" "./$package"
	echo "== $package"
	SECONDS=0
	(cd "$package" && qemu-aarch64 "$tmp/test" -test.timeout=0) || failed=1
	echo "== $package: $SECONDS s"
done
exit $failed
