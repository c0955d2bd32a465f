#!/bin/bash
# Times csl and its peers (ONNX Runtime, PyTorch) side by side on this machine and prints Markdown
# tables: the best of several rounds, in which the programs take turns. Use an idle machine.
#
#   scripts/peers/compare.sh [options] > tables.md
#
#   --rounds N        rounds (3)
#   --seconds S       timed seconds per measurement and round (3)
#   --threads "1 2"   thread counts of the inference tables; training uses the largest
#   --mode both       infer, train or both
#   --forms "A B"     PyTorch's inference forms to try in the first round (all: see bench_torch.py);
#                     "none" leaves PyTorch out of the inference tables
#   --cells REGEX     only the cells whose name matches, such as 'tresnet_m 224 8' (model, size, batch)
#   --csl FILE        the binary (bin/csl of this repository)
#   --dir DIR         for the peers' files ($TMPDIR/csl-peers): onnxruntime-node is looked for and the
#                     exported models are kept there
#
# What the peers need:
#   PyTorch       Debian's python3-torch, for $PYTHON (/usr/bin/python3)
#   ONNX Runtime  node, and in DIR: npm install --ignore-scripts onnxruntime-node
#                 (and PyTorch once, to make the random model that it runs)
# A peer that is missing is named above the tables and skipped.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
rounds=3 seconds=3 threads="1 2" mode=both forms= cells=. csl=$here/../../bin/csl dir=${TMPDIR:-/tmp}/csl-peers
PYTHON=${PYTHON:-/usr/bin/python3}

usage() { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//p}' "$0"; }
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2 ;; --seconds) seconds=$2 ;; --threads) threads=$2 ;; --mode) mode=$2 ;;
    --forms) forms=$2 ;; --cells) cells=$2 ;; --csl) csl=$2 ;; --dir) dir=$2 ;;
    -h | --help) usage; exit ;;
    *) echo "compare.sh: unknown option $1" >&2; usage >&2; exit 2 ;;
  esac
  shift 2
done
[ -x "$csl" ] || { echo "compare.sh: no $csl: run make build, or give --csl" >&2; exit 1; }

# Debian's OpenBLAS takes AVX2 kernels on processors that it does not know.
if [ -z "${OPENBLAS_CORETYPE:-}" ]; then
  OPENBLAS_CORETYPE=HASWELL
  if grep -qsw avx512f /proc/cpuinfo; then OPENBLAS_CORETYPE=SKYLAKEX; fi
fi
export OPENBLAS_CORETYPE CSL_PEERS_DIR=$dir
mkdir -p "$dir"
results=$(mktemp)
trap 'rm -f "$results"' EXIT
most=$(printf '%s\n' $threads | sort -n | tail -1)

torch=$("$PYTHON" -c 'import torch; print(torch.__version__)' 2>/dev/null) || torch=
ort=$(cd "$dir" && node -p 'require("onnxruntime-node/package.json").version' 2>/dev/null) || ort=
declare -A fastest # of the forms of PyTorch's network, by cell

loadavg() { cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown; }
load=$(loadavg)

# note FIELD... : the JSON objects on standard input become lines of the results.
note() {
  local line f
  while read -r line; do
    for f in "$@"; do printf '%s\t' "$f"; done
    for f in form images_per_second images_per_second_median rss_bytes gflops peak_fraction; do
      printf '%s\t' "$(sed -nE "s/.*\"$f\": ?\"?([^,\"}]*).*/\1/p" <<<"$line")"
    done
    echo
  done >>"$results"
}

onnx() { # onnx MODEL: makes the file once
  [ -f "$dir/$1.onnx" ] && return
  [ -n "$torch" ] || return 1
  "$PYTHON" "$here/bench_torch.py" --mode save --model "$1" --out "$dir/$1.pth" &&
    "$csl" export --quiet --model_path "$dir/$1.pth" --to onnx --out "$dir/$1.onnx" >&2 && rm "$dir/$1.pth"
}

run_torch() { # run_torch CELL ARGS...: several forms in the first round, then the fastest
  local cell=$1 flags=() form out
  shift
  for form in ${fastest[$cell]:-$([ "${cell%% *}" = train ] || echo "$forms")}; do flags+=(--form "$form"); done
  out=$("$PYTHON" "$here/bench_torch.py" --seconds "$seconds" "${flags[@]}" "$@") || return 1
  note torch "$cell" <<<"$out"
  fastest[$cell]=$(sed -nE 's/.*"form": "([^"]*)".*"images_per_second": ([^,]*),.*/\2 \1/p' <<<"$out" | sort -g | tail -1 | cut -d' ' -f2)
}

run_csl() { # run_csl CELL ARGS...
  local cell=$1 out
  shift
  out=$("$csl" bench --quiet --seconds "$seconds" --format json "$@") && note csl "$cell" <<<"$out"
}

run_ort() { # run_ort CELL MODEL SIZE BATCH THREADS
  local cell=$1 out
  onnx "$2" || return 0 # said above the tables
  out=$(node "$here/bench_ort.mjs" "$dir/$2.onnx" "$3" "$4" "$5" "$seconds") && note ort "$cell" <<<"$out"
}

cell() { # cell MODE MODEL SIZE BATCH THREADS: one round of one cell; what fails is missing
  local name="$*" ema=()
  grep -qE -- "$cells" <<<"$2 $3 $4" || return 0
  echo "round $round: $name threads" >&2
  run_csl "$name" --mode "$1" --model_name "$2" --input_size "$3" --batch_size "$4" --threads "$5" || failed csl "$name"
  if [ "$1" = infer ] && [ -n "$ort" ]; then
    run_ort "$name" "$2" "$3" "$4" "$5" || failed ort "$name"
  fi
  if [ -n "$torch" ] && [ "$1 $forms" != "infer none" ]; then
    [ "$1" = infer ] || ema=(--ema)
    run_torch "$name" --mode "$1" --model "$2" --size "$3" --batch "$4" --threads "$5" "${ema[@]}" || failed torch "$name"
  fi
}

failed() { echo "compare.sh: $1 failed: $2" >&2; }

for round in $(seq "$rounds"); do
  if [ "$mode" != train ]; then
    for t in $threads; do
      for m in tresnet_m tresnet_l; do
        for size in 224 448; do
          for batch in 1 8; do cell infer $m $size $batch "$t"; done
        done
      done
    done
  fi
  if [ "$mode" != infer ]; then
    cell train tresnet_m 224 16 "$most"
    cell train tresnet_s 64 64 "$most"
  fi
done

echo "## csl beside ONNX Runtime and PyTorch"
echo
echo "Measured $(date -u +%Y-%m-%d) on $("$here/machine.sh"); load average at the start $load, at the end $(loadavg)."
echo "$("$csl" version); ONNX Runtime ${ort:-missing}; PyTorch ${torch:-missing}; OPENBLAS_CORETYPE=$OPENBLAS_CORETYPE${CSL_KERNELS:+; CSL_KERNELS=$CSL_KERNELS}."
echo "Command: \`scripts/peers/compare.sh --rounds $rounds --seconds $seconds --threads \"$threads\" --mode $mode${forms:+ --forms \"$forms\"} --cells '$cells'\`."
[ -n "$ort" ] || printf '\n**ONNX Runtime is missing**: in `%s`, run `npm install --ignore-scripts onnxruntime-node`.\n' "$dir"
[ -n "$torch" ] || printf '\n**PyTorch is missing**: install python3-torch, or set PYTHON to a Python that has it.\n'
if [ -n "$ort" ] && [ -z "$torch" ] && ! ls "$dir"/*.onnx >/dev/null 2>&1; then
  printf '\n**ONNX Runtime has no model**: PyTorch makes it.\n'
fi
awk -F'\t' -f "$here/tables.awk" "$results"
