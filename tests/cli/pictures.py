"""Writes hostile and odd pictures into the folder named, each 16x8, orange left and blue right, unless its name says otherwise."""
import base64
import os
import struct
import sys
import zlib

os.chdir(sys.argv[1])
WIDE, HIGH = 16, 8
ORANGE, BLUE = (215, 121, 29), (84, 60, 202)

# By Pillow 12, quality 60.
JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYE"
    "pRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAIABADASIA"
    "AhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0"
    "KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWm"
    "p6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8"
    "QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElK"
    "U1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6O"
    "nq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwCeucoop8Pf8vPl+p3477PzP//Z")
PROGRESSIVE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYE"
    "pRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wgARCAAIABADASIA"
    "AhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAAAAIF/8QAFQEBAQAAAAAAAAAAAAAAAAAAAAP/2gAMAwEAAhADEAAAAbzhf//EABQQAQAAAAAAAAAAAA"
    "AAAAAAABD/2gAIAQEAAQUCP//EABYRAAMAAAAAAAAAAAAAAAAAAAADQf/aAAgBAwEBPwF8P//EABYRAAMAAAAAAAAAAAAAAAAAAAAFQv/aAAgBAgEB"
    "PwFfR//EABQQAQAAAAAAAAAAAAAAAAAAABD/2gAIAQEABj8CP//EABQQAQAAAAAAAAAAAAAAAAAAABD/2gAIAQEAAT8hP//aAAwDAQACAAMAAAAQj/"
    "/EABURAQEAAAAAAAAAAAAAAAAAAADB/9oACAEDAQE/EKP/xAAVEQEBAAAAAAAAAAAAAAAAAADBAP/aAAgBAgEBPxAm/8QAFBABAAAAAAAAAAAAAAAA"
    "AAAAEP/aAAgBAQABPxA//9k=")
CMYK = base64.b64decode(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2RjcsLUBXQUZMTlJTUjI+WmFaUGBKUV"
    "JP/8AAFAgACAAQBEMRAE0RAFkRAEsRAP/EABcAAAMBAAAAAAAAAAAAAAAAAAAGBwP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oADgRDAE0AWQBLAAA/"
    "AHZmQlOS4srWH//Z")
WEBP = base64.b64decode("UklGRjgAAABXRUJQVlA4ICwAAACwAQCdASoQAAgAAoBCJaACdLcAAdgAAP7hJ//tDW/+bA/JHy68D//kjnMwAA==")


def save(name, *parts):
    with open(name, "wb") as file:
        file.writelines(parts)


# ---- PNG ----

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind, body=b"", crc=None):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body) if crc is None else crc)


def head(width=WIDE, height=HIGH, depth=8, colour=2, interlaced=0):
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))


def colour_at(x):
    return ORANGE if x < WIDE // 2 else BLUE


def rows(pixel, x0=0, dx=1, y0=0, dy=1):
    return b"".join(b"\0" + b"".join(pixel(x) for x in range(x0, WIDE, dx)) for y in range(y0, HIGH, dy))


def pixels(pixel=lambda x: bytes(colour_at(x))):
    return chunk(b"IDAT", zlib.compress(rows(pixel)))


def zeros(megabytes):
    """So many zero bytes, a thousandth of that when packed."""
    pack = zlib.compressobj(9)
    return b"".join(pack.compress(bytes(1 << 20)) for _ in range(megabytes)) + pack.flush()


END = chunk(b"IEND")
ADAM7 = ((0, 8, 0, 8), (4, 8, 0, 8), (0, 4, 4, 8), (2, 4, 0, 4), (0, 2, 2, 4), (1, 2, 0, 2), (0, 1, 1, 2))

save("plain.png", head(), pixels(), END)
save("png_named.jpg", head(), pixels(), END)
save("one.png", head(1, 1), chunk(b"IDAT", zlib.compress(b"\0" + bytes(ORANGE))), END)
save("deep.png", head(depth=16), pixels(lambda x: b"".join(bytes((v, v)) for v in colour_at(x))), END)
save("grey_alpha.png", head(colour=4), pixels(lambda x: bytes((100, 255 if x < 8 else 0))), END)
save("palette.png", head(depth=8, colour=3), chunk(b"PLTE", bytes(ORANGE + BLUE)), pixels(lambda x: bytes((x // 8,))), END)
save("palette_short.png", head(colour=3), chunk(b"PLTE", bytes(ORANGE)), pixels(lambda x: bytes((200,))), END)
save("interlaced.png", head(interlaced=1),
     chunk(b"IDAT", zlib.compress(b"".join(rows(lambda x: bytes(colour_at(x)), *step) for step in ADAM7))), END)
save("cut.png", head(), pixels()[:20])
save("no_end.png", head(), pixels())
save("wrong_crc.png", head(), chunk(b"IDAT", zlib.compress(rows(lambda x: bytes(colour_at(x)))), crc=1), END)
save("wrong_crc_text.png", head(), chunk(b"tEXt", b"a\0b", crc=1), pixels(), END)
save("short_data.png", head(), chunk(b"IDAT", zlib.compress(rows(lambda x: bytes(colour_at(x)))[:100])), END)
save("no_data.png", head(), END)
save("flat.png", head(0, 0), pixels(), END)
save("filter_9.png", head(), chunk(b"IDAT", zlib.compress(rows(lambda x: bytes(colour_at(x))).replace(b"\0", b"\x09", 1))), END)
save("depth_7.png", head(depth=7), pixels(), END)
save("large_30000.png", head(30000, 30000), pixels(), END)
save("large_2e9.png", head(2000000000, 2000000000), pixels(), END)
save("text_bomb.png", head(), chunk(b"zTXt", b"Comment\0\0" + zeros(64)), pixels(), END)
save("text_many.png", head(), *[chunk(b"tEXt", b"key%d\0" % i + bytes(65 + i % 26 for _ in range(40))) for i in range(5000)],
     pixels(), END)
save("text_giant.png", head(), chunk(b"tEXt", b"key\0" + b"x" * (9 << 20)), pixels(), END)
save("icc_bomb.png", head(), chunk(b"iCCP", b"icc\0\0" + zeros(64)), pixels(), END)
save("icc_broken.png", head(), chunk(b"iCCP", b"icc\0\0" + zlib.compress(b"no profile" * 100)), pixels(), END)

# ---- JPEG ----


def segment(marker, body):
    return bytes((0xff, marker)) + struct.pack(">H", len(body) + 2) + body


def after_start(*segments, jpeg=JPEG):
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def exif(entries, following=0):
    """One directory of short values: (tag, type, count, value)."""
    body = b"".join(struct.pack(">HHIHH", tag, kind, count, value, 0) for tag, kind, count, value in entries)
    return segment(0xe1, b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(">H", len(entries)) + body + struct.pack(">I", following))


def frame(**change):
    """The picture with another frame header."""
    at = JPEG.index(b"\xff\xc0")
    precision, height, width = struct.unpack(">BHH", JPEG[at + 4:at + 9])
    new = struct.pack(">BHH", change.get("precision", precision), change.get("height", height), change.get("width", width))
    return JPEG[:at + 4] + new + JPEG[at + 9:]


save("plain.jpg", JPEG)
save("jpeg_named.png", JPEG)
save("progressive.jpg", PROGRESSIVE)
save("progressive_cut.jpg", PROGRESSIVE[:420])
save("cmyk.jpg", CMYK)
save("cut.jpg", JPEG[:-12])
save("cut_header.jpg", JPEG[:100])
save("start_only.jpg", JPEG[:2])
save("no_tables.jpg", JPEG[:2] + JPEG[JPEG.index(b"\xff\xc0"):])
tall = frame(height=64)
scan = tall.index(b"\xff\xda") + 14
save("bad_huffman.jpg", tall[:scan] + b"\xff\0" * 300 + tall[-2:])
save("stray_bytes.jpg", after_start(segment(0xfe, b"x") + bytes(3)))
save("large_30000.jpg", frame(width=30000, height=30000))
save("flat.jpg", frame(height=0))
save("precision_12.jpg", frame(precision=12))
for orientation in range(1, 10):
    save("orientation_%d.jpg" % orientation, after_start(exif([(0x112, 3, 1, orientation)])))
save("exif_huge.jpg", after_start(exif([(0x112, 3, 1, 6)]), *[segment(0xe1, b"Exif\0\0" + bytes(65000))] * 40))
save("exif_cycle.jpg", after_start(exif([(0x112, 3, 1, 3), (0x8769, 4, 1, 0)], following=8)))
save("exif_wild.jpg", after_start(exif([(0x112, 3, 0xffffffff, 6), (0x10f, 2, 0xfffffff0, 0xffff)], following=0xfffffff0)))
save("icc_broken.jpg", after_start(segment(0xe2, b"ICC_PROFILE\0\x01\x01" + b"no profile" * 100)))
save("icc_parts.jpg", after_start(*[segment(0xe2, b"ICC_PROFILE\0" + bytes((i, 255)) + bytes(60000)) for i in range(1, 200)]))
save("comment_bomb.jpg", after_start(*[segment(0xfe, b"x" * 65000)] * 100))

# ---- others ----

GIF_FRAME = b"\x2c" + struct.pack("<HHHHB", 0, 0, 2, 1, 0) + bytes((2, 2, 0x84, 0x51, 0))  # red, blue
GIF = b"GIF89a" + struct.pack("<HHBBB", 2, 1, 0x80, 0, 0) + bytes((255, 0, 0, 0, 0, 255))
save("moving_2x1.gif", GIF, *[b"\x21\xf9\x04\x04\x0a\0\0\0" + GIF_FRAME] * 2, b"\x3b")
save("frames_2000.gif", GIF, *[b"\x21\xf9\x04\x04\x0a\0\0\0" + GIF_FRAME] * 2000, b"\x3b")
save("cut.gif", GIF, GIF_FRAME[:8])
save("large.gif", b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0x80, 0, 0) + bytes(6), GIF_FRAME, b"\x3b")
save("plain.webp", WEBP)
save("cut.webp", WEBP[:40])


def tiff(entries, following=0, data=b""):
    body = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + body + struct.pack("<I", following) + data


def grey(width, height, offset, length):
    return [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, offset), (277, 1), (278, height), (279, length)]


save("grey_4x4.tif", tiff(grey(4, 4, 200, 16), data=bytes(78) + bytes(range(100, 116))))
save("cycle_4x4.tif", tiff(grey(4, 4, 200, 16), following=8, data=bytes(78) + bytes(range(100, 116))))
save("strip.tif", tiff(grey(4, 4, 0x7fffff00, 0x7fffffff)))
save("large.tif", tiff(grey(30000, 30000, 200, 16), data=bytes(94)))
save("empty.jpg")
save("text.jpg", b"not a photograph\n")
save("svg.png", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>')
save("pdf.jpg", b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n")
save("script.jpg", b"%!PS\nshowpage\n")
save("msl.jpg", b'<?xml version="1.0"?><image><read filename="/etc/passwd"/></image>')
save("bmp.jpg", b"BM" + struct.pack("<IHHIIiiHHIIiiII", 58, 0, 0, 54, 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0) + bytes(4))
save("zeros.png", bytes(1000))
save("page.html.jpg", b"<!doctype html><title>403</title>")
save("pointer.jpg", b"version 1\noid sha256:0\nsize 1\n")
