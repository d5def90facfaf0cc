#!/bin/sh
# Counts the pictures in which each detector finds a face, and measures how still its points lie: see detect.py, whose
# operands it takes.
set -eu

B=${B:-build}
FA_SHARED=${FA_SHARED:-../shared}
FA_MODELS=${FA_MODELS:-$FA_SHARED/models}
export B FA_SHARED FA_MODELS
here=$(dirname "$0")
mkdir -p "$B/bench"
python=$("$here/venv.sh" numpy pillow)
exec "$python" "$here/detect.py" "$@"
