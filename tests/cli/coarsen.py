"""Copies an embedding stream; every second record of some classes of a label gets one coarser class: HEAD CLASS,CLASS...
COARSE."""
import sys

import msgpack

import fastream

head, classes, coarse = sys.argv[1], sys.argv[2].split(","), sys.argv[3]
items = list(msgpack.Unpacker(sys.stdin.buffer, max_buffer_size=1 << 27))
met = 0
for record in items[1:-1]:
    if record[2].get(head) in classes:
        met += 1
        if met % 2:
            record[2][head] = coarse
fastream.write(items[0], items[1:-1])
