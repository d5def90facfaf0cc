#!/bin/sh
# Prints the folder with the weights of the cards named: $FA_MODELS, else one in the build folder, into which they are fetched.
# What people bring themselves is taken from $FA_SHARED/models, where that is at hand.
set -eu

[ -z "${FA_MODELS:-}" ] || { echo "$FA_MODELS"; exit 0; }

FA_MODELS=${B:-build}/bench/models
export FA_MODELS
mkdir -p "$FA_MODELS"
for file in "${FA_SHARED:-../shared}"/models/*.onnx; do
    [ ! -e "$file" ] || ln -sf "$(readlink -f "$file")" "$FA_MODELS"
done
pipelines/models.sh "$@" >&2
echo "$FA_MODELS"
