#!/bin/sh
# Measures how fast fa-confusion reads a million records, beside pandas with scikit-learn: see confusion.py, which prints the
# table. The peers are installed into a folder of their own in the build folder, unless $FA_BENCH_PYTHON names a Python that
# has them. $FA_BENCH_RECORDS is how many records are made.
set -eu

B=${B:-build}
export B
here=$(dirname "$0")
records=${FA_BENCH_RECORDS:-1000000}
mkdir -p "$B/bench"

if [ -z "${FA_BENCH_PYTHON:-}" ]; then
    pipelines/setup.sh bench
    FA_BENCH_PYTHON=$B/bench/venv/bin/python
    [ -x "$FA_BENCH_PYTHON" ] || python3 -m venv "$B/bench/venv"
    "$FA_BENCH_PYTHON" -m pip install -q --disable-pip-version-check msgpack numpy pandas scikit-learn
fi

stream=$B/bench/$records.logit
if [ ! -e "$stream" ]; then
    "$FA_BENCH_PYTHON" "$here/logits.py" "$records" >"$stream.new"
    mv "$stream.new" "$stream"
fi
exec "$FA_BENCH_PYTHON" "$here/confusion.py" "$stream"
