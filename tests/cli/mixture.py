"""Writes an embedding stream of made-up faces to standard output: each attribute moves a face's vector along directions of
its own, and noise is added. Options are NAME=VALUE:

rows=600 dim=24 seed=1   how many, how long, which
noise=1                  its standard deviation, in units of the distance between classes
order=0                  another order of the same records
shuffle=0                1: labels that have nothing to do with the vectors
missing=0                share of the labels left out
reject=0                 every n-th record is a reject
card=test digest=00000000000000aa features=out
nan=0                    the n-th record holds a NaN
labels=age,gender,race   those written
copies=0                 records that follow each one as copies of it, ID~1 and so on, of the number of rows
"""
import random, struct, sys

import fastream

CLASSES = {
    "age": ["0-2", "3-9", "10-19", "20-29", "more than 70"],
    "gender": ["Female", "Male"],
    "race": ["Black", "East Asian", "White"],
    "service_test": ["False", "True"],
    "one": ["only"],
}

option = dict(rows="600", dim="24", seed="1", noise="1", order="0", shuffle="0", missing="0", reject="0", card="test",
              digest="00000000000000aa", features="out", nan="0", labels="age,gender,race,service_test", copies="0")
option.update(argument.split("=", 1) for argument in sys.argv[1:])
number = {key: float(option[key]) for key in ("rows", "dim", "seed", "noise", "order", "shuffle", "missing", "reject", "nan", "copies")}
rows, dim = int(number["rows"]), int(number["dim"])

# The directions are the same for every seed, so that sets of different seeds can train and test one model.
fixed = random.Random(12345)
direction = {(name, c): [fixed.gauss(0, 1) for _ in range(dim)] for name in CLASSES for c in CLASSES[name]}
drawn = random.Random(int(number["seed"]))

records = []
for i in range(rows):
    truth = {name: drawn.choice(CLASSES[name]) for name in CLASSES}
    vector = [sum(direction[name, truth[name]][k] for name in CLASSES if name != "service_test") +
              drawn.gauss(0, 4 * number["noise"]) + 0.5 * k for k in range(dim)]
    if number["shuffle"]:
        truth = {name: drawn.choice(CLASSES[name]) for name in CLASSES}
    labels = {name: truth[name] for name in option["labels"].split(",") if name and drawn.random() >= number["missing"]}
    data, about = struct.pack("<%df" % dim, *vector), {"score": 0.5}
    if number["reject"] and i % int(number["reject"]) == 1:
        data, about = b"", {"reject": "no face found"}
    if number["nan"] and i + 1 == int(number["nan"]):
        data = struct.pack("<f", float("nan")) + data[4:]
    picture, copy = divmod(i, int(number["copies"]) + 1)
    name = "%d-%05d.jpg%s" % (int(number["seed"]), picture, "~%d" % copy if copy else "")
    records.append([1, name, labels, about, data])
if number["order"]:
    random.Random(int(number["order"])).shuffle(records)

header = [0, "fa", 1, 0, "embedding", {"dtype": "f32", "shape": [dim], "card": option["card"], "digest": option["digest"],
                                       "features": option["features"].split(","), "template": "box"}]
fastream.write(header, records)
