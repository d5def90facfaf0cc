"""Writes a stream of random logits with random labels to standard output: logits.py RECORDS."""
import os, random, struct, sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import fastream

CLASSES = {
    "age": ["0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70"],
    "gender": ["Female", "Male"],
    "race": ["Black", "East Asian", "Indian", "Latino_Hispanic", "Middle Eastern", "Southeast Asian", "White"],
}
LOGITS = sum(map(len, CLASSES.values()))
rows, drawn = int(sys.argv[1]), random.Random(1)


def record(i):
    logits, at = [drawn.gauss(0, 1.5) for _ in range(LOGITS)], 0
    labels = {}
    for name, classes in CLASSES.items():
        truth = drawn.randrange(len(classes))
        labels[name] = classes[truth]
        logits[at + truth] += 2
        at += len(classes)
    about = {"width": 448, "height": 448, "face": drawn.uniform(20, 300), "score": 0.99}
    return [1, "train/%d.jpg" % i, labels, about, struct.pack("<%df" % LOGITS, *logits)]


heads = [{"name": name, "classes": classes} for name, classes in CLASSES.items()]
fastream.write([0, "fa", 1, 0, "logit", {"dtype": "f32", "shape": [LOGITS], "heads": heads, "expect": rows}],
               map(record, range(rows)))
