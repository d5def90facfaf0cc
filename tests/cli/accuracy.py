"""Prints `head percent` for each head of the logit stream on standard input, an unknown label being a wrong answer, and at
last `rejected N`: a second opinion that shares no code with the suite."""
import sys

import msgpack

items = msgpack.Unpacker(sys.stdin.buffer)
heads = next(items)[5]["heads"]
right, n, rejected = [0] * len(heads), [0] * len(heads), 0
for item in items:
    if item[0] != 1:
        continue
    if not item[4]:
        rejected += 1
        continue
    logits = memoryview(item[4]).cast("f")
    for h, head in enumerate(heads):
        offset = sum(len(other["classes"]) for other in heads[:h])
        scores = list(logits[offset:offset + len(head["classes"])])
        if head["name"] in item[2]:
            n[h] += 1
            right[h] += head["classes"][scores.index(max(scores))] == item[2][head["name"]]
for h, head in enumerate(heads):
    print(head["name"], "%.1f" % (100 * right[h] / max(n[h], 1)))
print("rejected", rejected)
