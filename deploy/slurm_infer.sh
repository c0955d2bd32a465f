#!/bin/bash
# Classifies a large collection as an array of independent jobs, which need no MPI:
#   sbatch --array=0-15 deploy/slurm_infer.sh MODEL IMAGES OUT
# Each job takes its part of the images (--shard auto) and writes OUT/part-NUMBER.jsonl, one JSON object per image; all
# together are: cat OUT/part-*.jsonl
#SBATCH --job-name=csl-infer
#SBATCH --cpus-per-task=16
#SBATCH --time=12:00:00
set -euo pipefail

usage="usage: sbatch --array=0-15 deploy/slurm_infer.sh MODEL IMAGES OUT"
model=${1:?$usage}
images=${2:?$usage}
out=${3:?$usage}
mkdir -p "$out"
part=$(printf '%s/part-%05d.jsonl' "$out" "${SLURM_ARRAY_TASK_ID:?$usage}")
code=0
"${CSL:-csl}" infer --model_path "$model" --shard auto --format json "$images" >"$part.unfinished" || code=$?
# 3: complete, but some images were skipped, which the output names. A job that was stopped leaves no part.
case $code in
0 | 3) mv "$part.unfinished" "$part" ;;
esac
exit "$code"
