#!/bin/bash
# Times what a user waits for, from files to results, and prints a Markdown table: one image from process start, a
# folder of JPEG files to JSON, and training from JPEG files, beside the network alone (csl bench) and beside PyTorch
# with Pillow. The best of several rounds, in which the programs take turns. Use an idle machine.
#
#   scripts/peers/end_to_end.sh [options] IMAGES ANNOTATIONS > table.md
#
#   IMAGES, ANNOTATIONS   a folder of JPEG files and its COCO instances, such as those of train2017
#   --rounds N            rounds (3)
#   --threads N           threads (all)
#   --csl FILE            the binary (bin/csl of this repository)
#   --parts "A B"         of start, folder and train (all)
#
# PyTorch is Debian's python3-torch with Pillow, for $PYTHON (/usr/bin/python3); a peer that is missing is skipped. ONNX
# Runtime for Node.js decodes no images.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rounds=3 threads=$(nproc) csl=$here/../../bin/csl parts="start folder train"
PYTHON=${PYTHON:-/usr/bin/python3}
usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"; }
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2 ;; --threads) threads=$2 ;; --csl) csl=$2 ;; --parts) parts=$2 ;;
    -h | --help) usage; exit ;;
    -*) echo "end_to_end.sh: unknown option $1" >&2; usage >&2; exit 2 ;;
    *) break ;;
  esac
  shift 2
done
[ $# = 2 ] || { usage >&2; exit 2; }
images=$1 annotations=$2
[ -x "$csl" ] || { echo "end_to_end.sh: no $csl: run make build, or give --csl" >&2; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mapfile -t files < <(find -L "$images" -name '*.jpg' | sort)
one=${files[0]} first8=()
for file in "${files[@]:0:8}"; do first8+=(--images "$file"); done
count=${#files[@]}
torch=$("$PYTHON" -c 'import torch, PIL; print(torch.__version__)' 2>/dev/null) || torch=
load=$(cut -d' ' -f1 /proc/loadavg)

if [ -n "$torch" ]; then
  "$PYTHON" "$here/infer_torch.py" --make "$dir/m.pth"
  weights=$dir/m.pth
else # random weights of a training that ends at once
  "$csl" data synth -q --out "$dir/scenes" --train 2 --val 2 >/dev/null
  "$csl" train -q --data "$dir/scenes" --model_name tresnet_m --image_size 64 --batch_size 2 --epochs 1 --out "$dir/w" >/dev/null
  weights=$dir/w
fi
"$csl" export -q --model_path "$weights" --image_size 224 --out "$dir/m.packed" >/dev/null

results=$dir/results
note() { printf '%s\t%s\n' "$1" "$2" >>"$results"; echo "round $round: $1: $2" >&2; }
wall() { # wall COMMAND...: its seconds
  local begin
  begin=$(date +%s%N)
  "$@" >/dev/null 2>"$dir/err" || { cat "$dir/err" >&2; return 1; }
  echo "$begin $(date +%s%N)" | awk '{printf "%.4f", ($2 - $1) / 1e9}'
}
part() { case " $parts " in *" $1 "*) ;; *) return 1 ;; esac; }
per_second() { awk -v n="$1" -v s="$2" 'BEGIN {printf "%.4g", n / s}'; }
bench() { "$csl" bench -q --threads "$threads" --format json "$@" | sed -nE 's/.*"images_per_second": ?([^,]*),.*/\1/p' | awk '{printf "%.4g", $1}'; }
infer=(infer -q --threads "$threads" --image_size 224 --format json)

for round in $(seq "$rounds"); do
  if part start; then
    note "start csl" "$(wall "$csl" "${infer[@]}" --model_path "$weights" --images "$one")"
    note "start packed" "$(wall "$csl" "${infer[@]}" --model_path "$dir/m.packed" --images "$one")"
    [ -z "$torch" ] || note "start torch" "$(OMP_NUM_THREADS=$threads wall "$PYTHON" "$here/infer_torch.py" "$weights" "$one" 224)"
  fi
  if part folder; then
    all=$(wall "$csl" "${infer[@]}" --batch_size 8 --model_path "$weights" --images "$images")
    note "folder csl" "$(per_second "$count" "$all")"
    few=$(wall "$csl" "${infer[@]}" --batch_size 8 --model_path "$weights" "${first8[@]}") # the start and one batch
    note "folder steady" "$(awk -v n="$count" -v all="$all" -v few="$few" 'BEGIN {printf "%.4g", (n - 8) / (all - few)}')"
    note "folder bench" "$(bench --batch_size 8)"
    [ -z "$torch" ] || note "folder torch" "$(per_second "$count" "$(OMP_NUM_THREADS=$threads wall "$PYTHON" "$here/infer_torch.py" --folder "$weights" "$images" 224)")"
  fi
  if part train; then
    rm -rf "$dir/run"
    "$csl" train -q --threads "$threads" --data "$images" --annotations "$annotations" --model_name tresnet_m --image_size 224 \
      --batch_size 16 --epochs 1 --set train.log_every=1 --out "$dir/run" >/dev/null
    # the first step waits for the first images and makes the net
    note "train csl" "$(sed -n '2,$p' "$dir/run/timing.jsonl" | awk -F'[:,}]' '/"kind":"step"/ {for (i = 1; i < NF; i++) {if ($i ~ /"seconds"/) s = $(i + 1); if ($i ~ /"images_per_second"/) r = $(i + 1)}; t += s; n += s * r} END {printf "%.4g", n / t}')"
    note "train bench" "$(bench --mode train --batch_size 16)"
  fi
done

best() { # best NAME less|more
  awk -F'\t' -v name="$1" -v less="$2" '$1 == name && (!n++ || (less == "less" ? $2 < b : $2 > b)) {b = $2} END {print n ? b : "-"}' "$results"
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {if (a == "-" || b == "-") print "-"; else printf "%.2f", a / b}'; }

echo "## From files to results"
echo
echo "TResNet-M, 224 px, $threads threads. Measured $(date -u +%Y-%m-%d) on $("$here/machine.sh"); load average at the start $load, at the end $(cut -d' ' -f1 /proc/loadavg)."
echo "$("$csl" version); PyTorch ${torch:-missing}; $count JPEG files; best of $rounds rounds."
echo
echo "| what | csl | beside it | ratio |"
echo "| --- | ---: | ---: | ---: |"
if part start; then
  a=$(best "start csl" less) p=$(best "start packed" less) t=$(best "start torch" less)
  echo "| one image from process start, .pth, s | $a | PyTorch $t | $(ratio "$t" "$a") |"
  echo "| one image from process start, packed checkpoint, s | $p | PyTorch $t | $(ratio "$t" "$p") |"
fi
if part folder; then
  a=$(best "folder csl" more) s=$(best "folder steady" more) b=$(best "folder bench" more) t=$(best "folder torch" more)
  echo "| JPEG folder to JSON, start included, img/s | $a | PyTorch with Pillow $t | $(ratio "$a" "$t") |"
  echo "| the same after the first batch | $s | network alone $b | $(ratio "$s" "$b") |"
fi
if part train; then
  a=$(best "train csl" more) b=$(best "train bench" more)
  echo "| training from JPEG, batch 16, no cache, img/s | $a | step alone $b | $(ratio "$a" "$b") |"
fi
