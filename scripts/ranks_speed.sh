#!/usr/bin/env bash
# What ranks cost on one machine: images per second of two ranks with one thread each against one process with two
# threads, same batch, for TResNet-M (224 px, batch 16) and TResNet-S (64 px, batch 64). Use an idle machine; two cores
# are enough. Takes some minutes. IMAGES (64 or 16 batches) and TURNS (3) make it shorter or longer. What a step of the last turn spent on
# the other rank is printed, too.
#
#   make build-mpi && scripts/ranks_speed.sh [MODEL SIZE BATCH]
set -euo pipefail
cd "$(dirname "$0")/.."
csl=$PWD/bin/csl-mpi
[ -x "$csl" ] || { echo "ranks_speed.sh: bin/csl-mpi is missing: make build-mpi" >&2; exit 1; }
turns=${TURNS:-3}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

# best FILE: the best images per second of the records but the first, which warms up.
best() { grep '"kind":"step"' "$1" | tail -n +2 | sed 's/.*"images_per_second":\([0-9.e+]*\).*/\1/' | sort -g | tail -n 1; }

settings=("tresnet_m 224 16" "tresnet_s 64 64")
[ $# = 0 ] || settings=("$*")
for setting in "${settings[@]}"; do
	set -- $setting
	model=$1 size=$2 batch=$3
	images=${IMAGES:-$((batch * (size < 100 ? 64 : 16)))}
	data=$dir/data-$size
	"$csl" data synth -q --out "$data" --train "$images" --val 1 --size "$size" --seed 1 >/dev/null
	train=(train --config "$dir/c.yaml")
	cat >"$dir/c.yaml" <<-END
		model: {name: $model}
		data: {train: {root: $data}, val: {root: $data}, size: $size, cache: $dir/cache-$size}
		loss: {name: partial, mode: negative}
		schedule: {epochs: 3}
		train: {batch: $batch, seed: 1, log_every: $((images / batch))}
	END
	one=0 two=0
	for turn in $(seq "$turns"); do # in turns, so that a change of the machine's speed meets both
		"$csl" "${train[@]}" -q --threads 2 --out "$dir/one$turn" >/dev/null
		mpirun.openmpi -n 2 --bind-to core "$csl" "${train[@]}" --threads 1 --profile --out "$dir/two$turn" >"$dir/log" 2>/dev/null
		one=$(printf '%s\n' "$one" "$(best "$dir/one$turn/timing.jsonl")" | sort -g | tail -n 1)
		two=$(printf '%s\n' "$two" "$(best "$dir/two$turn/timing.jsonl")" | sort -g | tail -n 1)
		rm -rf "$dir/one$turn" "$dir/two$turn"
	done
	awk -v m="$model" -v s="$size" -v b="$batch" -v a="$one" -v c="$two" \
		'BEGIN { printf "%s %d px, batch %d: 1 rank x 2 threads %.1f img/s, 2 ranks x 1 thread %.1f img/s: %.3f\n", m, s, b, a, c, c / a }'
	sed -n '/^profile/,$p' "$dir/log"
done
