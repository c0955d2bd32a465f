#!/bin/bash
# Prints, as Markdown, where the time of the main cases goes: csl bench --profile.
#
#   scripts/peers/profiles.sh [csl] > profiles.md
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
csl=${1:-$here/../../bin/csl}
[ -x "$csl" ] || { echo "profiles.sh: no $csl: run make build" >&2; exit 1; }

echo "## Where the time goes"
echo
echo "Measured $(date -u +%Y-%m-%d) on $("$here/machine.sh"); $("$csl" version). \"calls\" are per step."
for args in \
  "--mode infer --model_name tresnet_m --input_size 224 --batch_size 1" \
  "--mode infer --model_name tresnet_m --input_size 224 --batch_size 8" \
  "--mode train --model_name tresnet_m --input_size 224 --batch_size 16" \
  "--mode train --model_name tresnet_s --input_size 64 --batch_size 64"; do
  echo "csl bench $args" >&2
  printf '\n```\n$ csl bench --profile %s\n' "$args"
  "$csl" bench --quiet --profile $args
  echo '```'
done
