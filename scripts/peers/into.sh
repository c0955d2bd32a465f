#!/bin/bash
# Puts generated text into a document, between the lines <!-- NAME --> and <!-- /NAME -->, which are
# added at the end the first time. Empty text changes nothing.
#
#   scripts/peers/into.sh FILE NAME < text
set -euo pipefail
file=$1 name=$2
text=$(cat)
[ -n "$text" ] || { echo "into.sh: no text for $name" >&2; exit 1; }
grep -qxF "<!-- $name -->" "$file" || printf '\n<!-- %s -->\n<!-- /%s -->\n' "$name" "$name" >>"$file"
new=$(mktemp)
trap 'rm -f "$new"' EXIT
awk -v name="$name" '
  FNR == NR { text = text $0 "\n"; next }
  $0 == "<!-- /" name " -->" { inside = 0 }
  !inside { print }
  $0 == "<!-- " name " -->" { printf "\n%s\n", text; inside = 1 }
' <(printf '%s\n' "$text") "$file" >"$new"
cat "$new" >"$file"
