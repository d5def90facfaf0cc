#!/bin/sh
# Measures what fa-tune's schedules and samplers find for so many epochs of training, beside Optuna: see schedules.py, which
# prints the table. $FA_BENCH_DATA is an embedding stream to search on in place of made-up faces.
set -eu

B=${B:-build}
export B
here=$(dirname "$0")
mkdir -p "$B/bench"
python=$("$here/venv.sh" msgpack numpy optuna)

stream=${FA_BENCH_DATA:-$B/bench/faces.emb}
if [ ! -e "$stream" ]; then
    "$python" "$here/faces.py" >"$stream.new"
    mv "$stream.new" "$stream"
fi
exec "$python" "$here/schedules.py" "$stream"
