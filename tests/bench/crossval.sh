#!/bin/sh
# Measures how well the head learns from few faces, beside logistic regression: see crossval.py, whose operands it takes.
# Without any, the 803 images of FairFace whose embeddings the suite carries, and the options for small sets.
set -eu

B=${B:-build}
export B
here=$(dirname "$0")
mkdir -p "$B/bench"

if [ $# = 0 ]; then
    cat pipelines/sample/fairface-train.emb pipelines/sample/fairface-val.emb >"$B/bench/fairface.emb"
    set -- "$B/bench/fairface.emb" --validation-split 0 --seeds 5 --weight-decay 1 \
        --arch 'standardize, dropout 0.7, dense 512 relu, dropout 0.7'
fi
python=$("$here/venv.sh" msgpack numpy scikit-learn)
exec "$python" "$here/crossval.py" "$@"
