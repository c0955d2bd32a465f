#!/usr/bin/env bash
# Runs every fuzz target of every package for a time (default 10s each), one after the other:
#   scripts/fuzz.sh [TIME [PACKAGE...]]
# An input that fails is kept by go test under testdata/fuzz of the package, where each later `go test`
# tries it; the script continues with the next target and fails at the end. Inputs are not minimised for
# longer than one try: minimising large ones would take the time that is meant for fuzzing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
time=${1:-10s}
shift || true
[ $# -gt 0 ] || set -- ./...
failed=0
while read -r package; do
	targets=$(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true)
	for target in $targets; do
		echo "$package $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 1x "$package" || failed=1
	done
done < <(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' "$@")
exit $failed
