#!/bin/sh
# Counts the pictures in which each detector finds a face, and measures how still its points lie: see detect.py, whose
# operands it takes.
set -eu

B=${B:-build}
FA_SHARED=${FA_SHARED:-../shared}
export B FA_SHARED
here=$(dirname "$0")
mkdir -p "$B/bench"
FA_MODELS=$("$here/weights.sh" mtcnn rfb yunet)
export FA_MODELS
python=$("$here/venv.sh" numpy pillow)
exec "$python" "$here/detect.py" "$@"
