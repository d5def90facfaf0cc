"""Writes a stream of made-up faces to standard output, of the size of the UTKFace training set under a network of 512 numbers.
Each class moves the vector by two standard deviations of the noise in a direction of its own: enough to be learned, too little
to be learned well."""
import os, sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import fastream

ROWS, DIM = 13011, 512
CLASSES = {
    "age": ["0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70"],
    "gender": ["Female", "Male"],
    "race": ["Asian", "Black", "Indian", "Others", "White"],
}

drawn = np.random.default_rng(1)
x, labels = drawn.normal(size=(ROWS, DIM)), [{} for _ in range(ROWS)]
for name, classes in CLASSES.items():
    direction = drawn.normal(size=(len(classes), DIM)) * 2 / DIM**0.5
    target = drawn.integers(len(classes), size=ROWS)
    x += direction[target]
    for face, c in zip(labels, target):
        face[name] = classes[c]
records = [[1, "%05d.jpg" % i, labels[i], {}, x[i].astype("<f4").tobytes()] for i in range(ROWS)]
fastream.write([0, "fa", 1, 0, "embedding", {"dtype": "f32", "shape": [DIM], "card": "made-up", "expect": ROWS}], records)
