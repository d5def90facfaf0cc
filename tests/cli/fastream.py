"""Writes a stream as fa-stream(5) describes it, with libxxhash for the check at its end."""
import ctypes, ctypes.util, sys

import msgpack

xxhash = ctypes.CDLL(ctypes.util.find_library("xxhash"))
xxhash.XXH3_64bits.restype = ctypes.c_uint64
xxhash.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
xxhash.XXH3_64bits_withSeed.restype = ctypes.c_uint64
xxhash.XXH3_64bits_withSeed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]


def write(header, records):
    """records is any iterable; what it yields is not kept."""
    count = rejects = 0
    body = [msgpack.packb(header)]
    for record in records:
        body.append(msgpack.packb(record))
        count += 1
        rejects += not record[4]
    body = b"".join(body)
    sys.stdout.buffer.write(body + msgpack.packb([2, count, rejects, xxhash.XXH3_64bits(body, len(body))]))
