#!/bin/sh
# Measures how fast the head trains, beside PyTorch, Keras and the floor: see train.py, which prints the table.
# $FA_BENCH_PEERS="keras" does without torch. $FA_BENCH_DATA is an embedding stream to train on in place of made-up faces.
set -eu

B=${B:-build}
export B
here=$(dirname "$0")
mkdir -p "$B/bench"

packages="msgpack numpy"
for peer in ${FA_BENCH_PEERS-torch keras}; do
    [ "$peer" = keras ] && peer=tensorflow-cpu
    packages="$packages $peer"
done
# shellcheck disable=SC2086 # a list
python=$("$here/venv.sh" $packages)

stream=${FA_BENCH_DATA:-$B/bench/faces.emb}
if [ ! -e "$stream" ]; then
    "$python" "$here/faces.py" >"$stream.new"
    mv "$stream.new" "$stream"
fi
exec "$python" "$here/train.py" "$stream"
