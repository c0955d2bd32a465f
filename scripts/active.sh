#!/usr/bin/env bash
# The whole round on fashion9k, with hidden truth standing in for the person: train, audit, answer, train again. For
# each seed a third of the training images, 20 labels of each kind a class (FPC), and three rounds of 1,000 answers for
# each strategy, and none; each round trains on from the weights of the one before. The validation images say what scores
# are worth, and score the models; training does not see them.
#
#   scripts/active.sh [SEED...]        default: 1 2 3
#
# Expects the data set as data/fashion9k, bin/csl (make build) and Go. Writes below OUT (default runs/active):
# active.csv and active.svg are the result. What is there already is kept: a script that was stopped goes on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -gt 0 ] || set -- 1 2 3
csl=${CSL:-bin/csl}
data=data/fashion9k
out=${OUT:-runs/active}
threads=${THREADS:-1}
strategies="likely balanced random none" # none: trained on without answers
rounds="1 2 3"
answers=1000
mkdir -p "$out"
[ -e "$out/active" ] || go build -o "$out/active" ./internal/tools/active

train() { # annotations, run directory, seed, further arguments
	local labels=$1 dir=$2 seed=$3
	shift 3
	if [ -e "$dir/score.json" ]; then return; fi
	rm -rf "$dir"
	"$csl" train -q --threads "$threads" --config configs/fashion9k_fpc200_negative.yaml --data $data/images.tar --annotations "$labels" \
		--val_annotations "" --set simulate.type=none --image_size 48 --seed "$seed" "$@" --out "$dir"
	"$csl" validate -q --threads "$threads" --model_path "$dir" --data $data/images.tar --annotations $data/val.json --format json >"$dir/part.json"
	mv "$dir/part.json" "$dir/score.json"
}

record() { # strategy, seed, answers, run directory
	local map
	map=$(sed -n 's/.*"map_partial": *\([0-9.]*\).*/\1/p' "$4/score.json" | head -n 1)
	echo "$1,$2,$3,$map" >>"$out/active.csv"
}

echo "strategy,seed,answers,map_partial" >"$out/active.csv"
for seed in "$@"; do
	dir=$out/s$seed
	mkdir -p "$dir"
	if [ ! -e "$dir/start.csv" ]; then
		"$csl" data convert -q --annotations $data/train.json --to coco --split 0.33,0.67 --seed "$seed" --out "$dir/full.json,$dir/rest.json"
		"$csl" data simulate -q --annotations "$dir/full.json" --simulate_partial_type fpc --simulate_partial_param 20 \
			--set "simulate.seed=$seed" --out "$dir/start.csv"
	fi
	train "$dir/start.csv" "$dir/start" "$seed" --epochs 16
	for strategy in $strategies; do
		labels=$dir/start.csv run=$dir/start
		record "$strategy" "$seed" 0 "$run"
		for round in $rounds; do
			next=$dir/$strategy-$round
			[ "$strategy" != none ] || cp "$labels" "$next.csv"
			if [ ! -e "$next.csv" ]; then
				"$csl" audit -q --threads "$threads" --model_path "$run" --data $data/images.tar --annotations "$labels" --val_annotations $data/val.json \
					--strategy "$strategy" --limit $answers --seed "$((100 * seed + round))" --compare_with "$dir/full.json" --out "$next-list.csv" >"$next-audit.txt"
				"$out/active" answer --list "$next-list.csv" --annotations "$labels" --truth "$dir/full.json" --out "$next.csv" | tee "$next-answers.txt"
			fi
			train "$next.csv" "$next" "$seed" --epochs 5 --lr 3e-4 --model_path "$run/best.safetensors"
			labels=$next.csv run=$next
			record "$strategy" "$seed" "$((round * answers))" "$run"
		done
	done
done
"$out/active" plot --title "Three rounds of answers, fashion9k" --out "$out/active.svg" "$out/active.csv"
