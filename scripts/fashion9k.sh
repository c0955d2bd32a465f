#!/usr/bin/env bash
# Trains the three modes on fashion9k, with Open Images style labels and with FPC 200, and compares them.
#
#   scripts/fashion9k.sh [SEED...]        default: 1
#
# Expects the data set as data/fashion9k and bin/csl (make build); writes to runs/ only. What is there
# already is kept: a run that was stopped goes on.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -gt 0 ] || set -- 1
csl=${CSL:-bin/csl}
data=data/fashion9k

train() { # config, folder, further arguments
	local config=$1 out=$2
	shift 2
	if [ -e "$out/report.html" ]; then return; fi
	if [ -e "$out/last" ]; then
		"$csl" train --config "configs/$config.yaml" "$@" --out "$out" --resume last
	else
		"$csl" train --config "configs/$config.yaml" "$@" --out "$out"
	fi
}

family() { # family, seed, annotations whose images the prior is averaged over
	local f=fashion9k_$1 s=$2
	local prior=runs/${f}_s${s}_prior.csv
	train "${f}_ignore" "runs/${f}_s${s}_ignore" --seed "$s" --set "simulate.seed=$s"
	[ -e "$prior" ] || "$csl" estimate-prior --prior_method mean --model_path "runs/${f}_s${s}_ignore/best.safetensors" \
		--data $data/images.tar --annotations "$3" --val_annotations $data/val.json --out "$prior" --compare_with $data/train.json
	train "${f}_negative" "runs/${f}_s${s}_negative" --seed "$s" --set "simulate.seed=$s"
	train "${f}_selective" "runs/${f}_s${s}_selective" --seed "$s" --set "simulate.seed=$s" --set "prior.path=$prior"
}

for seed in "$@"; do
	family oi "$seed" $data/partial_openimages_style/train-annotations-human-imagelabels.csv
	family fpc200 "$seed" "runs/fashion9k_fpc200_s${seed}_ignore/labels.csv"
done
for f in oi fpc200; do
	echo
	"$csl" report runs/fashion9k_${f}_s*_{ignore,negative,selective} --out "runs/fashion9k_$f.html"
done
