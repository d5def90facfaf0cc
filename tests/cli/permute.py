"""Copies an embedding stream from standard input, permuted by a fixed seed: `records` their order, `labels` whose labels are
whose."""
import random, sys

import msgpack

import fastream

items = list(msgpack.Unpacker(sys.stdin.buffer, max_buffer_size=1 << 27))
records = items[1:-1]
order = random.Random(1).sample(range(len(records)), len(records))
if sys.argv[1] == "records":
    records = [records[i] for i in order]
else:
    records = [[*record[:2], records[i][2], *record[3:]] for record, i in zip(records, order)]
fastream.write(items[0], records)
