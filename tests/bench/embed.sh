#!/bin/sh
# Measures how fast networks run, beside ONNX Runtime, OpenVINO, ncnn and OpenCV: see embed.py, which prints the tables.
set -eu

B=${B:-build}
export B
here=$(dirname "$0")
mkdir -p "$B/bench"

packages="msgpack numpy onnx"
for peer in ${FA_BENCH_PEERS-onnxruntime openvino ncnn opencv}; do
    case $peer in ncnn) peer="ncnn pnnx" ;; opencv) peer=opencv-python-headless ;; esac
    packages="$packages $peer"
done
# shellcheck disable=SC2086 # a list
python=$("$here/venv.sh" $packages)
# shellcheck disable=SC2086
FA_MODELS=$("$here/weights.sh" mtcnn ${FA_BENCH_MODELS-facenet-vggface2 mobilefacenet})
export FA_MODELS
exec "$python" "$here/embed.py"
