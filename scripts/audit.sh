#!/usr/bin/env bash
# Measures csl audit against hidden truth: missing labels of fashion9k (Open Images style, FPC 50) and of the demo, and
# wrong labels planted among those of fashion9k. docs/active.md shows what it prints.
#
#   scripts/audit.sh
#
# Expects the data set as data/fashion9k, bin/csl (make build) and the demo's images and runs (make demo). Writes
# below OUT (default runs/audit). Trainings that are there are kept.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
csl=${CSL:-bin/csl}
data=data/fashion9k
oi=$data/partial_openimages_style
out=${OUT:-runs/audit}
mkdir -p "$out"

train() { # run directory, arguments
	local dir=$1
	shift
	[ -e "$dir/last" ] || "$csl" train -q "$@" --out "$dir"
}

train "$out/oi" --config configs/fashion9k_oi_negative.yaml
train "$out/fpc50" --config configs/fashion9k_fpc200_negative.yaml --set simulate.param=50 --set loss.gamma_neg=1

echo "== fashion9k, Open Images style"
"$csl" audit -q --top 1 --model_path "$out/oi" --config configs/fashion9k_oi_negative.yaml --compare_with $data/train.json \
	--strategy likely,uncertain,balanced,random --out "$out/oi.csv"
echo "== fashion9k, FPC 50"
"$csl" audit -q --top 1 --model_path "$out/fpc50" --config configs/fashion9k_fpc200_negative.yaml --set simulate.param=50 \
	--strategy likely,uncertain,balanced,random --out "$out/fpc50.csv"
if [ -e demo/negative/best.safetensors ]; then
	echo "== demo"
	"$csl" audit -q --top 1 --model_path demo/negative --config configs/demo_negative.yaml \
		--strategy likely,uncertain,balanced,random --out "$out/demo.csv"
fi

echo "== fashion9k, Open Images style, 2 % of the labels wrong, three folds"
"$csl" data simulate -q --annotations $oi/train-annotations-human-imagelabels.csv \
	--set data.class_descriptions=$oi/class-descriptions.csv --wrong_labels 0.02 --out "$out/wrong.csv"
"$csl" audit -q --top 1 --folds 3 --resume --run_dir "$out/folds" --config configs/fashion9k_oi_negative.yaml --annotations "$out/wrong.csv" \
	--image_size 48 --epochs 16 \
	--compare_with $data/train.json --strategy wrong --out "$out/wrong-list.csv"
# What one model makes of images whose labels it has not learned, and of those that it has.
awk -F, 'NR == FNR { learned[$1]; next } FNR == 1 || !($1 in learned)' "$out/folds/fold-1.csv" "$out/wrong.csv" >"$out/judged.csv"
for images in judged folds/fold-1; do
	echo "== the same, one model, images of $images.csv"
	"$csl" audit -q --top 1 --model_path "$out/folds/fold-1" --data $data/images.tar --annotations "$out/$images.csv" \
		--val_annotations $data/val.json --compare_with $data/train.json --strategy wrong --out "$out/one-list.csv"
done
