"""Fails unless every crop of the stream named is followed by its mirrored copy, equal to it to within a grey level."""
import sys

import msgpack

items = list(msgpack.Unpacker(open(sys.argv[1], "rb"), max_buffer_size=1 << 27))
height, width, _ = items[0][5]["shape"]
crops = [item for item in items if item[0] == 1 and item[4]]
assert crops and len(crops) % 2 == 0, "%d crops" % len(crops)
for crop, copy in zip(crops[::2], crops[1::2]):
    assert copy[1] == crop[1] + "~1", copy[1]
    for key in ("sharpness", "exposure", "clipped"):
        assert abs(crop[3].pop(key) - copy[3].pop(key)) < 0.02, key
    assert copy[2] == crop[2] and copy[3].pop("flip") is True and copy[3] == crop[3], copy[1]
    worst = max(abs(crop[4][3 * (y * width + x) + c] - copy[4][3 * (y * width + width - 1 - x) + c])
                for y in range(height) for x in range(width) for c in range(3))
    assert worst <= 1, "%s: %d grey levels" % (copy[1], worst)
assert any(crop[4] != copy[4] for crop, copy in zip(crops[::2], crops[1::2])), "nothing to see"
