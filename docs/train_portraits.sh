#!/usr/bin/env bash
# Trains the portraits' models on renders: docs/train_portraits.sh FOLDER [SHARE]
#
# Each stage writes into FOLDER and continues where it was stopped (Ctrl+C); a finished stage is skipped. SHARE shortens all stages, such
# as 0.0005 to try them. About half a day on one core with AVX-512; 15 GB of disk.
set -euo pipefail
trap 'exit 130' INT TERM

folder=${1:?the folder of the training}
share=${2:-1}
mkdir -p "$folder"
cd "$folder"

of() { python -c "import sys; print(max(int(sys.argv[2]), round(int(sys.argv[1]) * float(sys.argv[3]))))" "$1" "$2" "$share"; }
stage() { # a name and a command
    local name=$1
    shift
    [ -e "$name.done" ] && return
    echo "== $name"
    "$@"
    touch "$name.done"
}

# Rare traits in half of the renders; 256 px, and a smaller copy for the networks that train at 128 px.
stage render editgan render --count "$(of 40000 800)" --size 256 --seed0 5000000 --rare 0.5 --no-pictures --out large
stage shrink editgan shrink large --size 128 --out data
stage people editgan render --count "$(of 10800 800)" --size 64 --views 6 --no-pictures --out people

# The generator learns through the first segmenter; the judge has other weights and another seed; the reader also reads photographs.
stage features editgan train segmenter --data data --out features.safetensors --total-images "$(of 100000 16)"
stage narrow editgan train segmenter --data data --out narrow.safetensors --seed 1 --total-images "$(of 50000 16)"
stage judge editgan train segmenter --data data --out segmenter.safetensors --start narrow.safetensors --finest 32 --seed 2 \
    --total-images "$(of 150000 16)"
stage reader editgan train segmenter --data data --out parts.safetensors --start features.safetensors --finest 32 --photographic --seed 3 \
    --total-images "$(of 120000 16)"
stage factors editgan train factor-regressor --data data --out factor_regressor.safetensors --total-images "$(of 24000 256)"
stage identity editgan train identity --data people --out identity.safetensors --total-images "$(of 140000 48)"

# Small and rare parts weigh more.
weights=0=0.45,1=0.6,2=0.6,3=0.61,4=0.6,5=1.62,6=1.6,7=1.95,8=1.95,9=1.95,10=1.92,11=3.74,12=3.74,13=3.66,14=3.66,15=1.27,16=2.03
weights+=,17=1.7,18=1.31,19=4.86,20=2.73,21=0.8,22=0.6,23=0.78,24=0.68,25=0.6,26=0.66,27=2.4,28=1.2,29=2.42,30=2.2,31=1.74,32=3.01
weights+=,33=1.11,34=1.85,35=1.42,36=3.12,37=2.74,38=3.12,39=3.12,40=1.9,41=1.88,42=2.48,43=2.48,44=4.62,45=4.62,46=2,47=2,48=3
network=(--resolution 128 --channels 256,256,256,128,64,32 --w-dim 384 --z-dim 108 --no-normalize-z --mapping-skip
    --mapping-lr-multiplier 1 --mapping-hinges=-1.5,-0.75,-0.1,0.4,0.9,1.3,1.75 --features features.safetensors
    --part-weights "$weights" --data data --batch 12)
stage pairs editgan train generator "${network[@]}" --out pairs --learning-rate 0.012 --beta1 0.9 --paired-weight 1 \
    --adversarial-weight 0 --feature-weight 0.5 --feature-interval 2 --warmup-images 600 --total-images "$(of 150000 24)"
stage sharp editgan train generator "${network[@]}" --out sharp --grow-from pairs/checkpoint.safetensors --learning-rate 0.003 \
    --beta1 0.5 --paired-weight 1 --adversarial-weight 0.2 --relativistic --patches 16 --prior-fraction 0 --style-mixing 0 \
    --augment-target 0 --r1-gamma 0.04 --discriminator-rate 2 --feature-weight 0.3 --feature-interval 4 --warmup-images 600 \
    --decay-fraction 0.42 --final-rate 0.05 --ema-half-life 3000 --ema-rampup 0.3 --total-images "$(of 140000 24)"

stage interpreter editgan train interpreter --checkpoint sharp/checkpoint.safetensors --segmenter segmenter.safetensors \
    --candidates "$(of 300 16)" --out bare.safetensors
stage encoder editgan train encoder --model bare.safetensors --data data --out portraits-128.safetensors --photographic 0.5 \
    --code-weight 0.2 --part-weights "$weights" \
    --total-images "$(of 60000 32)"
stage vectors editgan vectors --model portraits-128.safetensors --out vectors
stage report editgan report portraits-128.safetensors --data data --segmenter segmenter.safetensors --out report \
    --factor-regressor factor_regressor.safetensors --identity identity.safetensors
