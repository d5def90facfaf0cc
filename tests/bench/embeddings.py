"""Embedding streams as arrays, split as fa-train splits them. Stands beside tests/cli/fastream.py, whose libxxhash it uses."""
import os, re, sys

import msgpack
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import fastream


class Embeddings:
    """ids, labels (one dictionary a face) and x (one row a face) of streams read as one; rejects are left out."""

    def __init__(self, *paths):
        self.ids, self.labels, rows = [], [], []
        for path in paths:
            for item in msgpack.Unpacker(open(path, "rb"), max_buffer_size=1 << 28):
                if item[0] == 0:
                    dtype = {"f16": "<f2", "f32": "<f4"}[item[5]["dtype"]]
                elif item[0] == 1 and item[4]:
                    self.ids.append(item[1])
                    self.labels.append(item[2])
                    rows.append(np.frombuffer(item[4], dtype).astype("f4"))
        self.x = np.stack(rows)

    def classes(self, head):
        return sorted({labels[head] for labels in self.labels if head in labels})

    def target(self, head, classes):
        """The number of each face's class, -1 where it has none."""
        return np.array([classes.index(labels[head]) if labels.get(head) in classes else -1 for labels in self.labels])

    def places(self, seed):
        """Of each face's picture, 0 up to 1: below the share of --validation-split (seed 0) it is held out; times --folds
        (seed 1) it is the fold."""
        pictures = [re.sub("(#[0-9]+)?(~[0-9]+)?$", "", name).encode() for name in self.ids]
        return np.array([(fastream.xxhash.XXH3_64bits_withSeed(name, len(name), seed) >> 11) * 2.0**-53 for name in pictures])
