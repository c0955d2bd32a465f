#!/usr/bin/env bash
# Compares the Go benchmarks of the working tree with those of an earlier revision (benchstat):
#   scripts/bench_compare.sh REVISION [BENCHMARKS [COUNT [PACKAGE...]]]
# Both test binaries of a package are built first and then run in turns, COUNT times each, so that a machine
# that slows down slows both. Compare on an idle machine only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
base=${1:?usage: make bench-compare BASE=revision [PKG=./internal/loss] [BENCH=regexp] [COUNT=6]}
pattern=${2:-.}
count=${3:-6}
shift $(($# < 3 ? $# : 3))
[ $# -gt 0 ] || set -- ./internal/...
work=$(mktemp -d)
cleanup() {
	git worktree remove --force "$work/base" 2>/dev/null || true
	rm -rf "$work"
}
trap cleanup EXIT
git worktree add --quiet --detach "$work/base" "$base"

touch "$work/old.txt" "$work/new.txt"
for package in $(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}' "$@"); do
	relative=${package#"$PWD"/}
	grep -qs '^func Benchmark' "$relative"/*_test.go || continue
	[ -d "$work/base/$relative" ] || { echo "$relative: not in $base" >&2; continue; }
	(cd "$relative" && go test -c -o "$work/new.test" .)
	(cd "$work/base/$relative" && go test -c -o "$work/old.test" .)
	[ -x "$work/old.test" ] || continue
	echo "$relative" >&2
	for _ in $(seq "$count"); do
		(cd "$work/base/$relative" && "$work/old.test" -test.run '^$' -test.bench "$pattern" -test.benchmem) >>"$work/old.txt"
		(cd "$relative" && "$work/new.test" -test.run '^$' -test.bench "$pattern" -test.benchmem) >>"$work/new.txt"
	done
	rm -f "$work/old.test" "$work/new.test"
done
go tool -modfile=scripts/tools/go.mod benchstat "$base=$work/old.txt" "now=$work/new.txt"
