#!/bin/sh
# Measures a search for hyperparameters beside KerasTuner with TensorFlow: see tune.py, which prints the table.
# $FA_BENCH_DATA is an embedding stream to search on in place of made-up faces.
set -eu

B=${B:-build}
export B
here=$(dirname "$0")
mkdir -p "$B/bench"
python=$("$here/venv.sh" msgpack numpy tensorflow-cpu tensorboard keras-tuner)

stream=${FA_BENCH_DATA:-$B/bench/faces.emb}
if [ ! -e "$stream" ]; then
    "$python" "$here/faces.py" >"$stream.new"
    mv "$stream.new" "$stream"
fi
[ -x "$B/tests/floor" ] || make B="$B" "$B/tests/floor" >&2
exec "$python" "$here/tune.py" "$stream"
