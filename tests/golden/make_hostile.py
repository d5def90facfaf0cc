#!/usr/bin/env python3
"""Makes tests/golden/hostile: network files that are malformed, truncated, cyclic, gigantic or wrongly typed.

Needs pip onnx. What fa-embed --describe says of each is in tests/golden/hostile.txt, which tests/cli/hostile.t compares.
"""
import os
import shutil
import struct

import numpy as np
from onnx import TensorProto, helper, numpy_helper

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hostile")
node = helper.make_node


def write(name, data):
    with open(os.path.join(ROOT, name), "wb") as f:
        f.write(data)


def model(nodes, constants=None, shape=(1, 2, 6, 6), opset=13, outputs=("y",), raw=()):
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(o, TensorProto.FLOAT, None) for o in outputs],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in (constants or {}).items()] + list(raw))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    made.ir_version = 8
    return made.SerializeToString()


def tensor(name, dims, data, kind=TensorProto.FLOAT):
    made = TensorProto(name=name, data_type=kind, raw_data=data)
    made.dims.extend(dims)
    return made


def ints(*values):
    return np.array(values, np.int64)


def floats(*values):
    return np.array(values, np.float32)


def one(op, *inputs, opset=13, shape=(1, 2, 6, 6), raw=(), constants=None, **attrs):
    return model([node(op, ["x", *inputs], ["y"], **attrs)], constants, shape, opset, raw=raw)


def external(**entries):
    made = TensorProto(name="w", data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    made.dims.extend([2, 2, 1, 1])
    for key, value in entries.items():
        made.external_data.add(key=key, value=value)
    return made


def onnx_files():
    w = np.ones((2, 2, 3, 3), np.float32)
    good = one("Conv", "w", constants={"w": w})
    yield "empty", b""
    yield "text", b"not a network\n"
    yield "random", np.random.default_rng(1).bytes(500)
    for cut in 5, 40, len(good) // 2, len(good) - 1:
        yield f"cut-{cut}", good[:cut]
    yield "length-beyond", b"\x08\x08\x3a\xff\xff\xff\xff\x0f" + good[10:]
    yield "endless-varint", b"\x08" + b"\xff" * 40
    yield "no-graph", b"\x08\x08\x42\x02\x10\x0d"
    yield "no-output", model([node("Relu", ["x"], ["y"])], outputs=())
    yield "output-unmade", model([node("Relu", ["x"], ["z"])])
    yield "cycle", model([node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])])
    yield "cycle-self", one("Add", "y")
    yield "made-twice", model([node("Relu", ["x"], ["y"]), node("Neg", ["x"], ["y"])])
    yield "input-unmade", one("Add", "nowhere")
    yield "unknown-operator", one("Frobnicate")
    yield "unknown-domain", model([node("Relu", ["x"], ["y"], domain="org.example")])
    yield "lines-in-name", model([node("Frob\nnicate", ["x"], ["y"], name="a\nfa-embed: all is well\n")])
    yield "long-name", model([node("Frobnicate", ["x"], ["y"], name="n" * 5000)])
    yield "attribute-type", one("Softmax", axis="one")
    yield "attribute-unknown", one("Relu", slope=3)
    yield "weights-gigantic", one("Conv", "w", raw=[tensor("w", [1 << 20] * 4, b"")])
    yield "weights-negative", one("Conv", "w", raw=[tensor("w", [2, -2, 3, 3], bytes(144))])
    yield "weights-rank-9", one("Conv", "w", raw=[tensor("w", [1] * 9, bytes(4))])
    yield "weights-short", one("Conv", "w", raw=[tensor("w", [2, 2, 3, 3], bytes(100))])
    yield "weights-long", one("Conv", "w", raw=[tensor("w", [2, 2, 3, 3], bytes(200))])
    yield "weights-integers", one("Conv", "w", constants={"w": w.astype(np.int64)})
    yield "weights-strings", one("Conv", "w", raw=[tensor("w", [2, 2, 3, 3], b"", TensorProto.STRING)])
    yield "weights-rank-2", one("Conv", "w", constants={"w": w[0, 0]})
    yield "weights-none", one("Conv", "w", constants={"w": w[:0]})
    yield "weights-of-run", one("Conv", "x")
    yield "group-zero", one("Conv", "w", constants={"w": w}, group=0)
    yield "group-odd", one("Conv", "w", constants={"w": w}, group=3)
    yield "stride-zero", one("Conv", "w", constants={"w": w}, strides=[0, 1])
    yield "pads-negative", one("Conv", "w", constants={"w": w}, pads=[-1, 0, 0, 0])
    yield "pads-gigantic", one("MaxPool", kernel_shape=[65536, 65536], pads=[65535] * 4)
    yield "window-too-large", one("Conv", "w", constants={"w": np.ones((2, 2, 9, 9), np.float32)})
    yield "axis-beyond", one("Concat", "x", axis=7)
    yield "perm-twice", one("Transpose", perm=[0, 1, 1, 2])
    yield "perm-short", one("Transpose", perm=[0, 1])
    yield "reshape-two-open", one("Reshape", "s", constants={"s": ints(-1, -1)})
    yield "reshape-overflow", one("Reshape", "s", constants={"s": ints(1 << 40, 1 << 40)})
    yield "reshape-of-floats", one("Reshape", "s", constants={"s": floats(1, 72)})
    yield "expand-gigantic", one("Expand", "s", constants={"s": ints(1 << 14, 1 << 14, 1, 2, 6, 6)})
    yield "tile-gigantic", one("Tile", "s", constants={"s": ints(1, 1 << 62, 4, 1)})
    yield "filled-gigantic", model([node("ConstantOfShape", ["s"], ["c"]), node("Add", ["x", "c"], ["y"])], {"s": ints(1 << 40)})
    yield "range-gigantic", model([node("Range", ["a", "b", "c"], ["r"]), node("Add", ["x", "r"], ["y"])],
                                  {"a": floats(0)[0], "b": np.float32(3e38), "c": np.float32(1e-30)})
    yield "range-endless", model([node("Range", ["a", "b", "c"], ["r"]), node("Add", ["x", "r"], ["y"])],
                                 {"a": np.float32(0), "b": np.float32(1), "c": np.float32(0)})
    yield "doubling", model([node("Concat", [f"v{i}" if i else "x"] * 2, [f"v{i + 1}" if i < 59 else "y"], axis=1)
                             for i in range(60)])
    for name, scale in ("infinite", np.inf), ("nan", np.nan), ("gigantic", 1e30), ("zero", 0):
        yield f"resize-{name}", one("Resize", "", "s", constants={"s": floats(1, 1, scale, 1)}, mode="linear")
    yield "resize-thin", one("Resize", "", "s", constants={"s": floats(1, 1, 0.2, 1e-9)}, opset=18, antialias=1, mode="cubic")
    yield "split-negative", model([node("Split", ["x", "s"], ["y", "z"], axis=3)], {"s": ints(-3, 9)})
    yield "gather-beyond", one("Gather", "i", constants={"i": ints(99)})
    yield "gather-by-floats", one("Gather", "i", constants={"i": floats(0)})
    yield "slice-step-zero", one("Slice", "a", "b", "c", "d", constants={"a": ints(0), "b": ints(9), "c": ints(1), "d": ints(0)})
    yield "batchnorm-short", one("BatchNormalization", "s", "s", "s", "s", constants={"s": floats(1)})
    yield "matmul-unfit", one("MatMul", "w", constants={"w": np.ones((5, 5), np.float32)})
    yield "groupnorm-odd", one("GroupNormalization", "s", "s", opset=18, constants={"s": floats(1, 1, 1)}, num_groups=3)
    yield "lrn-none", one("LRN", size=0)
    yield "beside-escapes", one("Conv", "w", raw=[external(location="../../etc/passwd")])
    yield "beside-absolute", one("Conv", "w", raw=[external(location="/etc/passwd")])
    yield "beside-missing", one("Conv", "w", raw=[external(location="nowhere.data")])
    yield "beside-short", one("Conv", "w", raw=[external(location="text.onnx", offset="4")])
    yield "beside-overflow", one("Conv", "w", raw=[external(location="text.onnx", offset=str(2**64 - 8))])
    yield "beside-no-number", one("Conv", "w", raw=[external(location="text.onnx", offset="-1")])
    yield "input-integers", model([node("Relu", ["x"], ["y"])]).replace(b"\x08\x01\x12", b"\x08\x07\x12")
    yield "input-gigantic", model([node("Relu", ["x"], ["y"])], shape=(1, 1 << 20, 1 << 20))
    yield "input-gigantic-turned", model([node("Transpose", ["x"], ["y"])], shape=(1, 1 << 20, 1 << 20))
    yield "constants-many", model([node("ConstantOfShape", ["s"], ["c0"])] +
                                  [node("Add", [f"c{i}"] * 2, [f"c{i + 1}"]) for i in range(30)] +
                                  [node("ReduceMax", ["c30"], ["r"]), node("Add", ["x", "r"], ["y"])], {"s": ints(1 << 12, 1 << 12)})
    yield "values-many", model([node("Expand", ["x", "s"], ["e"])] + [node("Relu", ["e"], [f"v{i}"]) for i in range(16)] +
                               [node("Sum", [f"v{i}" for i in range(16)], ["t"]), node("ReduceMax", ["t"], ["y"])],
                               {"s": ints(1 << 20, 1, 2, 6, 6)})


def varint(n):
    n &= (1 << 64) - 1
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def tf_node(name, op, inputs=(), **attrs):
    entries = (field(5, field(1, k) + field(2, v)) for k, v in attrs.items())
    return field(1, field(1, name) + field(2, op) + b"".join(field(3, i) for i in inputs) + b"".join(entries))


def tf_shape(*dims):
    return b"".join(field(2, field(1, d)) for d in dims)


def tf_const(name, dims, content, kind=1):
    return tf_node(name, "Const", value=field(8, field(1, kind) + field(2, tf_shape(*dims)) + content))


def graphdef_files():
    x = tf_node("x", "Placeholder", shape=field(7, tf_shape(-1, 6, 6, 2)))
    conv = tf_node("y", "Conv2D", ["x", "w"], padding=field(2, "SAME"))
    good = x + tf_const("w", (3, 3, 2, 2), field(4, bytes(144))) + conv
    yield "cut", good[:-9]
    yield "cycle", x + tf_node("a", "Add", ["x", "b"]) + tf_node("b", "Relu", ["a"]) + tf_node("y", "Relu", ["b"])
    yield "name-twice", x + x + tf_node("y", "Relu", ["x"])
    yield "input-unmade", x + tf_node("y", "Relu", ["z"])
    yield "unknown-operator", x + tf_node("y", "Frobnicate", ["x"])
    yield "no-inputs", x + tf_node("y", "Conv2D", ["x"])
    yield "weights-short", x + tf_const("w", (3, 3, 2, 2), field(4, bytes(100))) + conv
    yield "weights-gigantic", x + tf_const("w", (1 << 14, 1 << 14, 2, 2), field(5, struct.pack("<f", 1))) + conv
    yield "weights-negative", x + tf_const("w", (3, -3, 2, 2), field(4, bytes(144))) + conv
    yield "weights-rank-2", x + tf_const("w", (3, 12), field(4, bytes(144))) + conv
    yield "weights-strings", x + tf_const("w", (3, 3, 2, 2), b"", 7) + conv
    yield "padding-unknown", x + tf_const("w", (3, 3, 2, 2), field(4, bytes(144))) + tf_node(
        "y", "Conv2D", ["x", "w"], padding=field(2, "ROUND"))
    yield "channels-first", x + tf_node("y", "MaxPool", ["x"], data_format=field(2, "NCHW"))
    yield "input-integers", tf_node("x", "Placeholder", dtype=field(6, 3)) + tf_node("y", "Relu", ["x"])
    yield "concat-axis-open", x + tf_node("y", "ConcatV2", ["x", "x", "x"])
    yield "nothing", tf_node("x", "NoOp")


if __name__ == "__main__":
    shutil.rmtree(ROOT, ignore_errors=True)
    os.makedirs(ROOT)
    for stem, data in onnx_files():
        write(stem + ".onnx", data)
    for stem, data in graphdef_files():
        write(stem + ".pb", data)
