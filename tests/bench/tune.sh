#!/bin/sh
# Measures a search for hyperparameters beside KerasTuner with TensorFlow: see tune.py, which prints the table.
# The peers are installed into a folder of their own in the build folder, unless $FA_BENCH_PYTHON names a Python that has
# them. $FA_BENCH_DATA is an embedding stream to search on in place of random vectors.
set -eu

B=${B:-build}
export B
here=$(dirname "$0")
mkdir -p "$B/bench"

if [ -z "${FA_BENCH_PYTHON:-}" ]; then
    pipelines/setup.sh bench
    FA_BENCH_PYTHON=$B/bench/venv/bin/python
    [ -x "$FA_BENCH_PYTHON" ] || python3 -m venv "$B/bench/venv"
    for package in msgpack numpy tensorflow-cpu keras-tuner; do
        "$FA_BENCH_PYTHON" -m pip show -q "$package" 2>/dev/null ||
            "$FA_BENCH_PYTHON" -m pip install -q --disable-pip-version-check "$package"
    done
fi

stream=${FA_BENCH_DATA:-$B/bench/random.emb}
if [ ! -e "$stream" ]; then
    "$FA_BENCH_PYTHON" "$here/faces.py" >"$stream.new"
    mv "$stream.new" "$stream"
fi
exec "$FA_BENCH_PYTHON" "$here/tune.py" "$stream"
