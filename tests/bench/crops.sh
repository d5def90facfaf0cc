#!/bin/sh
# Measures what the detector and the crop are worth: the accuracy of heads that learn from the vectors of each. See crops.py.
set -eu

B=${B:-build}
FA_SHARED=${FA_SHARED:-../shared}
export B FA_SHARED
here=$(dirname "$0")
mkdir -p "$B/bench/crops"
FA_MODELS=$("$here/weights.sh" mtcnn rfb yunet facenet-taps mobilefacenet)
export FA_MODELS
python=$("$here/venv.sh" msgpack numpy)
exec "$python" "$here/crops.py" "$@"
