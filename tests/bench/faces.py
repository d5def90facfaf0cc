"""Writes a stream of random embeddings with random labels to standard output, of the size of the UTKFace training set under
a network of 512 numbers: what a step of training costs does not depend on what can be learned."""
import os, random, struct, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import fastream

ROWS, DIM = 13011, 512
CLASSES = {
    "age": ["0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70"],
    "gender": ["Female", "Male"],
    "race": ["Asian", "Black", "Indian", "Others", "White"],
}

drawn = random.Random(1)
records = [[1, "%05d.jpg" % i, {name: drawn.choice(classes) for name, classes in CLASSES.items()}, {},
            struct.pack("<%df" % DIM, *(drawn.gauss(0, 1) for _ in range(DIM)))] for i in range(ROWS)]
fastream.write([0, "fa", 1, 0, "embedding", {"dtype": "f32", "shape": [DIM], "card": "random", "expect": ROWS}], records)
