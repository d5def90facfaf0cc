#!/usr/bin/env python3
"""Makes tests/golden/onnx: cases for test_net_conformance that Debian's libonnx-testdata (ONNX 1.12) lacks.

Needs pip onnx and onnxruntime. Every case is a folder like those of ONNX: model.onnx, test_data_set_0/{input,output}_N.pb;
the outputs are ONNX Runtime's. Older opsets (Softmax before 13, Clip before 11 ...), opsets 18 to 21, and graphs that the
passes of lib/net rewrite: batch norm, scale, bias, residual and activation behind a convolution, values between that
are wanted, transposes around images.
"""
import os
import shutil

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "onnx")
rng = np.random.default_rng(7)


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int64)


def case(name, opset, nodes, inputs, outputs=("y",), constants=None):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, v.shape) for k, v in inputs.items()],
        [helper.make_tensor_value_info(k, TensorProto.FLOAT, None) for k in outputs],
        [numpy_helper.from_array(v, k) for k, v in (constants or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="fa")
    model.ir_version = 8
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    results = session.run(list(outputs), inputs)
    folder = os.path.join(ROOT, name, "test_data_set_0")
    os.makedirs(folder)
    onnx.save(model, os.path.join(ROOT, name, "model.onnx"))
    for kind, arrays in ("input", inputs.values()), ("output", results):
        for i, array in enumerate(arrays):
            with open(os.path.join(folder, f"{kind}_{i}.pb"), "wb") as f:
                f.write(numpy_helper.from_array(np.asarray(array)).SerializeToString())


node = helper.make_node


def older_opsets():
    x = {"x": normal(2, 3, 4)}
    for axis in 0, 1, 2:
        case(f"softmax_12_axis_{axis}", 12, [node("Softmax", ["x"], ["y"], axis=axis)], x)
    case("softmax_11_default_axis", 11, [node("Softmax", ["x"], ["y"])], x)
    case("softmax_12_negative_axis", 12, [node("Softmax", ["x"], ["y"], axis=-1)], x)
    case("logsoftmax_12_axis_1", 12, [node("LogSoftmax", ["x"], ["y"], axis=1)], x)
    case("clip_6", 6, [node("Clip", ["x"], ["y"], min=-0.5, max=0.25)], x)
    case("squeeze_11", 11, [node("Squeeze", ["x"], ["y"], axes=[0, 2])], {"x": normal(1, 3, 1, 2)})
    case("unsqueeze_11", 11, [node("Unsqueeze", ["x"], ["y"], axes=[0, 3])], {"x": normal(3, 2)})
    case("slice_9", 9, [node("Slice", ["x"], ["y"], axes=[1, 2], starts=[1, -3], ends=[9, 3])], x)
    case("pad_10", 10, [node("Pad", ["x"], ["y"], pads=[0, 1, 2, 1, 0, 3], value=1.5)], x)
    case("split_11", 11, [node("Split", ["x"], ["a", "b"], axis=2, split=[1, 3])], x, ["a", "b"])
    case("reduce_sum_11", 11, [node("ReduceSum", ["x"], ["y"], axes=[0, 2], keepdims=0)], x)
    case("reduce_l2_12", 12, [node("ReduceL2", ["x"], ["y"], axes=[-1])], x)
    case("resize_11_nearest", 11, [node("Resize", ["x", "roi", "scales"], ["y"], mode="nearest", nearest_mode="floor",
         coordinate_transformation_mode="asymmetric")], {"x": normal(1, 2, 3, 4)},
         constants={"roi": np.zeros(0, np.float32), "scales": np.array([1, 1, 2, 2], np.float32)})
    case("upsample_9_nearest", 9, [node("Upsample", ["x", "scales"], ["y"], mode="nearest")], {"x": normal(1, 2, 3, 4)},
         constants={"scales": np.array([1, 1, 2, 3], np.float32)})
    case("dropout_10", 10, [node("Dropout", ["x"], ["y"], ratio=0.4)], x)
    case("batchnorm_8", 8, [node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y"], epsilon=1e-3)],
         {"x": normal(2, 3, 4, 2)}, constants=norm(3))


def newer_opsets():
    x = {"x": normal(2, 3, 4)}
    for op in "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceL2", "ReduceSumSquare":
        case(f"{op.lower()}_18", 18, [node(op, ["x", "axes"], ["y"], keepdims=0)], x, constants={"axes": ints(0, 2)})
    case("split_18_uneven", 18, [node("Split", ["x"], ["a", "b", "c"], axis=2, num_outputs=3)], {"x": normal(2, 2, 7)},
         ["a", "b", "c"])
    case("reshape_21", 21, [node("Reshape", ["x", "shape"], ["y"])], x, constants={"shape": ints(0, -1)})
    case("transpose_21", 21, [node("Transpose", ["x"], ["y"], perm=[2, 0, 1])], x)
    case("pad_19", 19, [node("Pad", ["x", "pads", "value"], ["y"])], x,
         constants={"pads": ints(0, 1, 2, 0, 0, 1), "value": np.array(-2, np.float32)})
    for p in 1, 2:
        case(f"lpnormalization_{p}", 13, [node("LpNormalization", ["x"], ["y"], axis=1, p=p)], x)


def norm(n):
    return {"s": normal(n), "b": normal(n), "m": normal(n), "v": np.abs(normal(n)) + 0.5}


def windows():
    x = {"x": normal(2, 6, 9, 8)}
    for name, weights, attrs in [
        ("grouped", normal(4, 3, 3, 3), dict(group=2, pads=[1, 1, 1, 1])),
        ("depthwise", normal(6, 1, 3, 3), dict(group=6, pads=[1, 1, 1, 1], strides=[2, 2])),
        ("depthwise_dilated", normal(6, 1, 3, 3), dict(group=6, pads=[2, 2, 2, 2], dilations=[2, 2])),
        ("depthwise_times_2", normal(12, 1, 3, 3), dict(group=6)),
        ("dilated", normal(5, 6, 3, 2), dict(dilations=[2, 3], pads=[1, 0, 2, 3])),
        ("same_upper", normal(5, 6, 3, 3), dict(auto_pad="SAME_UPPER", strides=[2, 3])),
        ("same_lower", normal(5, 6, 2, 4), dict(auto_pad="SAME_LOWER", strides=[1, 2])),
        ("valid", normal(5, 6, 1, 7), dict(auto_pad="VALID")),
        ("pads_beyond_image", normal(2, 6, 2, 2), dict(pads=[3, 4, 3, 4], strides=[2, 2])),
        ("one_pixel", normal(7, 6, 1, 1), dict()),
        ("one_pixel_stride", normal(7, 6, 1, 1), dict(strides=[2, 2])),
    ]:
        case(f"conv_{name}", 13, [node("Conv", ["x", "w", "b"], ["y"], **attrs)], x,
             constants={"w": weights, "b": normal(weights.shape[0])})
    wide = {"x": normal(1, 37, 11, 9)}  # more channels than a vector, and some left over
    case("conv_depthwise_wide", 13, [node("Conv", ["x", "w"], ["y"], group=37, pads=[1, 1, 1, 1])], wide,
         constants={"w": normal(37, 1, 3, 3)})
    case("maxpool_wide", 13, [node("MaxPool", ["x"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])], wide)
    case("maxpool_ceil_pads", 13, [node("MaxPool", ["x"], ["y"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 0, 0, 1],
                                        ceil_mode=1)], x)
    case("maxpool_dilated", 13, [node("MaxPool", ["x"], ["y"], kernel_shape=[2, 3], dilations=[3, 2])], x)
    case("maxpool_same_lower", 13, [node("MaxPool", ["x"], ["y"], kernel_shape=[2, 3], strides=[2, 2],
                                         auto_pad="SAME_LOWER")], x)
    case("averagepool_same_upper", 13, [node("AveragePool", ["x"], ["y"], kernel_shape=[3, 3], strides=[2, 2],
                                             auto_pad="SAME_UPPER")], x)


def rewritten():
    x = {"x": normal(2, 4, 6, 5)}
    conv = node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1])
    w = {"w": normal(4, 4, 3, 3)}
    relu = node("Relu", ["s"], ["y"])
    case("conv_batchnorm_relu", 13, [conv, node("BatchNormalization", ["c", "s1", "b", "m", "v"], ["s"]), relu], x,
         constants={**w, **{("s1" if k == "s" else k): v for k, v in norm(4).items()}})
    case("conv_bias_scale_residual_relu", 13,
         [conv, node("Add", ["c", "bias"], ["d"]), node("Mul", ["d", "scale"], ["e"]), node("Add", ["x", "e"], ["s"]), relu], x,
         constants={**w, "bias": normal(1, 4, 1, 1), "scale": np.array(0.17, np.float32)})
    case("conv_sub_div", 13, [conv, node("Sub", ["k", "c"], ["d"]), node("Div", ["d", "l"], ["y"])], x,
         constants={**w, "k": normal(4, 1, 1), "l": np.abs(normal(4, 1, 1)) + 1})
    case("conv_relu_before_batchnorm", 13,
         [conv, node("Relu", ["c"], ["d"]), node("BatchNormalization", ["d", "s", "b", "m", "v"], ["y"])], x,
         constants={**w, **norm(4)})
    case("conv_wanted_before_relu", 13, [conv, node("Mul", ["c", "k"], ["s"]), relu], x, ["c", "s", "y"],
         {**w, "k": np.array(3, np.float32)})
    case("conv_read_twice", 13, [conv, node("Relu", ["c"], ["a"]), node("Add", ["a", "c"], ["y"])], x, constants=w)
    case("conv_added_to_itself", 13, [conv, node("Add", ["c", "c"], ["s"]), relu], x, constants=w)
    case("conv_residual_broadcast", 13, [conv, node("Add", ["c", "r"], ["s"]), relu], {**x, "r": normal(1, 4, 1, 1)}, constants=w)
    case("conv_smaller_than_residual", 13, [node("Conv", ["p", "w"], ["c"]), node("GlobalAveragePool", ["x"], ["p"]),
         node("Add", ["c", "x"], ["s"]), relu], x, constants={"w": normal(4, 4, 1, 1)})
    case("conv_prelu", 9, [conv, node("PRelu", ["c", "slope"], ["y"])], x, constants={**w, "slope": normal(4, 1, 1)})
    case("conv_prelu_one_slope", 9, [conv, node("PRelu", ["c", "slope"], ["y"])], x, constants={**w, "slope": normal(1)})
    case("conv_prelu_by_row", 9, [conv, node("PRelu", ["c", "slope"], ["y"])], x, constants={**w, "slope": normal(6, 1)})
    case("conv_clip", 13, [conv, node("Clip", ["c", "", "high"], ["y"])], x, constants={**w, "high": np.array(0.5, np.float32)})
    case("conv_scale_by_column", 13, [conv, node("Mul", ["c", "k"], ["y"])], x, constants={**w, "k": normal(5)})
    case("conv_transposed_images", 13,
         [node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]), node("Conv", ["t", "w"], ["c"]),
          node("PRelu", ["c", "slope"], ["p"]), node("MaxPool", ["p"], ["q"], kernel_shape=[2, 2]),
          node("Transpose", ["q"], ["u"], perm=[0, 2, 3, 1]), node("Flatten", ["u"], ["y"])],
         {"x": normal(2, 7, 6, 3)}, constants={"w": normal(4, 3, 3, 3), "slope": normal(4, 1, 1)})
    case("conv_of_channel_half", 13,
         [node("Split", ["x"], ["a", "b"], axis=1), node("Conv", ["b", "w"], ["c"]), node("Concat", ["a", "c"], ["d"], axis=1),
          node("Transpose", ["d"], ["y"], perm=[0, 3, 2, 1])], x, constants={"w": normal(3, 2, 1, 1)})
    case("conv_of_every_other_row", 13, [node("Slice", ["x", "s", "e", "a", "t"], ["z"]), node("Conv", ["z", "w"], ["y"])], x,
         constants={"w": normal(3, 4, 1, 1), "s": ints(-1), "e": ints(-99), "a": ints(2), "t": ints(-2)})
    case("flatten_images", 13, [node("Conv", ["x", "w"], ["c"]), node("Flatten", ["c"], ["y"])], x,
         constants={"w": normal(3, 4, 2, 2)})
    case("gemm_bias_relu", 13, [node("Gemm", ["x", "w", "b"], ["c"], alpha=0.5, beta=2.0, transB=1), node("Relu", ["c"], ["y"])],
         {"x": normal(3, 5)}, constants={"w": normal(4, 5), "b": normal(4)})
    case("gemm_bias_by_row", 13, [node("Gemm", ["x", "w", "b"], ["c"], beta=0.5), node("Mul", ["c", "k"], ["y"])],
         {"x": normal(3, 5)}, constants={"w": normal(5, 4), "b": normal(3, 1), "k": np.array(2, np.float32)})
    case("matmul_bias_prelu", 9, [node("MatMul", ["x", "w"], ["c"]), node("Add", ["c", "b"], ["d"]),
                                  node("PRelu", ["d", "slope"], ["y"])],
         {"x": normal(2, 3, 5)}, constants={"w": normal(5, 4), "b": normal(4), "slope": normal(4)})
    case("matmul_broadcast", 13, [node("MatMul", ["x", "z"], ["y"])], {"x": normal(2, 1, 3, 5), "z": normal(4, 5, 2)})
    case("reshape_worked_out", 11,
         [node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n"], axis=0), node("Unsqueeze", ["n"], ["u"], axes=[0]),
          node("Concat", ["u", "rest"], ["shape"], axis=0), node("Reshape", ["x", "shape"], ["y"])], x,
         constants={"zero": np.array(0, np.int64), "rest": ints(-1, 3)})
    case("half_weights", 13, [node("Cast", ["h"], ["w"], to=1), node("Conv", ["x", "w"], ["y"])], x,
         constants={"h": normal(3, 4, 2, 2).astype(np.float16)})


def sizes():
    x = {"x": normal(1, 3, 5, 7)}

    def resize(name, opset, scales=None, sizes=None, data=x, roi=None, **attrs):
        given = {"scales": np.array(scales, np.float32)} if scales else {"sizes": ints(*sizes)}
        if roi:
            given["roi"] = np.array(roi, np.float32)
        case(f"resize_{name}", opset,
             [node("Resize", ["x", "roi" if roi else "", "scales" if scales else "", *([] if scales else ["sizes"])], ["y"], **attrs)],
             data, constants=given)

    for place in "half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel":
        resize(f"13_linear_{place}", 13, sizes=(1, 3, 8, 4), mode="linear", coordinate_transformation_mode=place)
        resize(f"13_cubic_{place}", 13, sizes=(1, 3, 8, 4), mode="cubic", coordinate_transformation_mode=place)
    for rounding in "floor", "ceil", "round_prefer_floor", "round_prefer_ceil":
        resize(f"13_{rounding}", 13, sizes=(1, 3, 9, 4), nearest_mode=rounding)
    resize("13_cubic_outside", 13, scales=(1, 1, 0.8, 0.8), mode="cubic", exclude_outside=1, cubic_coeff_a=-0.5)
    resize("13_crop", 13, sizes=(1, 3, 6, 6), roi=(0, 0, 0.2, -0.3, 1, 1, 1.4, 0.9), mode="linear", extrapolation_value=9.0,
           coordinate_transformation_mode="tf_crop_and_resize")
    resize("18_axes", 18, scales=(2, 3), axes=[3, 2], mode="linear", data={"x": normal(1, 2, 3, 4)})
    resize("18_not_larger", 18, sizes=(9, 9), axes=[2, 3], mode="linear", keep_aspect_ratio_policy="not_larger")
    resize("18_not_smaller", 18, sizes=(9, 9), axes=[2, 3], keep_aspect_ratio_policy="not_smaller")
    resize("19_symmetric", 19, scales=(1, 1, 0.7, 1.3), mode="linear", coordinate_transformation_mode="half_pixel_symmetric")
    resize("21_batch", 21, scales=(1, 1, 1.5, 1.5), mode="linear", data={"x": normal(3, 2, 4, 4)})
    case("upsample_9_linear", 9, [node("Upsample", ["x", "scales"], ["y"], mode="linear")], x,
         constants={"scales": np.array([1, 1, 2, 3], np.float32)})
    for mode in "constant", "edge", "reflect", "wrap":
        case(f"pad_19_{mode}", 19, [node("Pad", ["x", "pads"], ["y"], mode=mode)], x, constants={"pads": ints(0, 1, 2, 3, 0, 1, 3, 4)})
    case("pad_11_reflect", 11, [node("Pad", ["x", "pads"], ["y"], mode="reflect")], x, constants={"pads": ints(0, 0, 1, 1, 0, 0, 1, 1)})
    case("pad_13_cut", 13, [node("Pad", ["x", "pads"], ["y"])], x, constants={"pads": ints(0, -1, 2, -2, 0, 0, -3, 1)})
    case("pad_18_axes", 18, [node("Pad", ["x", "pads", "", "axes"], ["y"])], x, constants={"pads": ints(1, 2, 3, 4), "axes": ints(3, -3)})
    case("tile_13", 13, [node("Tile", ["x", "r"], ["y"])], x, constants={"r": ints(2, 1, 3, 2)})
    line = {"x": normal(2, 5, 11)}
    case("maxpool_1d", 12, [node("MaxPool", ["x"], ["y"], kernel_shape=[3], strides=[2], pads=[1, 1])], line)
    case("averagepool_1d", 11, [node("AveragePool", ["x"], ["y"], kernel_shape=[4], pads=[1, 2], count_include_pad=1)], line)
    case("globalaveragepool_1d", 11, [node("GlobalAveragePool", ["x"], ["y"])], line)
    case("averagepool_19_dilated", 19, [node("AveragePool", ["x"], ["y"], kernel_shape=[2, 3], dilations=[2, 2])], x)


def normalised():
    x = {"x": normal(2, 6, 4, 5)}
    conv = node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1])
    w = {"w": normal(6, 6, 3, 3)}
    case("instancenorm_6", 6, [node("InstanceNormalization", ["x", "s", "b"], ["y"], epsilon=1e-3)], x,
         constants={"s": normal(6), "b": normal(6)})
    case("instancenorm_of_conv", 13, [conv, node("InstanceNormalization", ["c", "s", "b"], ["y"])], x,
         constants={**w, "s": normal(6), "b": normal(6)})
    case("layernorm_17", 17, [node("LayerNormalization", ["x", "s", "b"], ["y"], axis=2)], x,
         constants={"s": normal(4, 5), "b": normal(4, 5)})
    case("layernorm_of_conv", 17, [conv, node("LayerNormalization", ["c", "s"], ["y"], axis=-1)], x, constants={**w, "s": normal(5)})
    for opset, n in (18, 3), (21, 6):
        case(f"groupnorm_{opset}", opset, [conv, node("GroupNormalization", ["c", "s", "b"], ["y"], num_groups=3)], x,
             constants={**w, "s": normal(n), "b": normal(n)})
    case("lrn_of_conv", 13, [conv, node("LRN", ["c"], ["y"], size=5, alpha=0.1, beta=0.7, bias=1.5)], x, constants=w)
    case("softmax_13_of_images", 13, [conv, node("Softmax", ["c"], ["y"], axis=1)], x, constants=w)
    case("l2_by_hand", 13, [node("ReduceL2", ["x"], ["n"], axes=[1], keepdims=1), node("Clip", ["n", "low"], ["m"]),
                            node("Expand", ["m", "shape"], ["e"]), node("Div", ["x", "e"], ["y"])], {"x": normal(3, 8)},
         constants={"low": np.array(1e-12, np.float32), "shape": ints(3, 8)})


def functions():
    x = {"x": normal(2, 3, 5) * 2}
    for opset, op, attrs in [(6, "Elu", dict(alpha=0.5)), (6, "LeakyRelu", dict(alpha=0.2)), (6, "HardSigmoid", dict(alpha=0.3, beta=0.4)),
                             (14, "HardSwish", {}), (18, "Mish", {}), (20, "Gelu", {}), (20, "Gelu", dict(approximate="tanh")),
                             (12, "Celu", dict(alpha=0.7)), (11, "Round", {}), (13, "Sign", {}), (10, "ThresholdedRelu", dict(alpha=0.6)),
                             (9, "Shrink", dict(bias=0.3, lambd=0.9)), (18, "ReduceLogSumExp", {}), (13, "ReduceProd", dict(axes=[1])),
                             (13, "Sigmoid", {}), (21, "Identity", {})]:
        case("_".join([op.lower(), str(opset), *map(str, attrs.values())]).replace(".", "").replace("[", "").replace("]", ""), opset,
             [node(op, ["x"], ["y"], **attrs)], x)
    case("mean_13", 13, [node("Mean", ["x", "z", "x"], ["y"])], {**x, "z": normal(3, 1)})
    case("pow_of_integer", 13, [node("Pow", ["x", "two"], ["y"])], x, constants={"two": np.array(2, np.int64)})
    case("clip_6_of_conv", 6, [node("Conv", ["x", "w"], ["c"]), node("Clip", ["c"], ["y"], min=0.0, max=6.0)],
         {"x": normal(1, 2, 4, 4) * 4}, constants={"w": normal(3, 2, 1, 1)})
    case("where_decided", 16, [node("Greater", ["a", "b"], ["t"]), node("Where", ["t", "x", "z"], ["y"])],
         {**x, "z": normal(3, 1)}, constants={"a": normal(5), "b": np.zeros(1, np.float32)})


def worked_out():
    x = {"x": normal(2, 3, 4, 6)}
    case("size_doubled", 13, [node("Shape", ["x"], ["s"]), node("Slice", ["s", "two", "four"], ["hw"]), node("Mul", ["hw", "two"], ["big"]),
                              node("Slice", ["s", "zero", "two"], ["nc"]), node("Concat", ["nc", "big"], ["all"], axis=0),
                              node("Resize", ["x", "", "", "all"], ["y"], mode="linear")], x,
         constants={"zero": ints(0), "two": ints(2), "four": ints(4)})
    case("size_by_scale", 11, [node("Shape", ["x"], ["s"]), node("Cast", ["s"], ["f"], to=1), node("Mul", ["f", "k"], ["g"]),
                               node("Floor", ["g"], ["h"]), node("Cast", ["h"], ["i"], to=7),
                               node("Resize", ["x", "r", "r", "i"], ["y"], mode="nearest", nearest_mode="floor",
                                    coordinate_transformation_mode="asymmetric")], x,
         constants={"k": np.array([1, 1, 1.5, 2], np.float32), "r": np.zeros(0, np.float32)})
    case("size_chosen", 13, [node("Shape", ["x"], ["s"]), node("Equal", ["want", "open"], ["t"]), node("Where", ["t", "ones", "want"], ["e"]),
                             node("Expand", ["x", "e"], ["y"])], x,
         constants={"want": ints(2, -1, 4, 6), "open": ints(-1), "ones": ints(1, 1, 1, 1)})
    case("anchors", 13, [node("Shape", ["x"], ["s"]), node("Gather", ["s", "three"], ["w"], axis=0), node("Range", ["zero", "w", "one"], ["r"]),
                         node("Cast", ["r"], ["f"], to=1), node("Neg", ["f"], ["g"]), node("Add", ["x", "g"], ["y"])], x,
         constants={"zero": np.array(0, np.int64), "one": np.array(1, np.int64), "three": np.array(3, np.int64)})
    case("elements_counted", 13, [node("Size", ["x"], ["n"]), node("Cast", ["n"], ["f"], to=1), node("ReduceSum", ["x"], ["t"], keepdims=0),
                                  node("Div", ["t", "f"], ["y"])], x)
    case("doubles_and_halves", 13, [node("Cast", ["d"], ["e"], to=1), node("Cast", ["x"], ["h"], to=10), node("Cast", ["h"], ["i"], to=1),
                                    node("Mul", ["i", "e"], ["y"])], {"x": np.round(normal(2, 3) * 64) / 64},
         constants={"d": np.array([1.5, -2, 3], np.float64)})


def deep_and_back():
    x = {"x": normal(2, 3, 6, 7, 5)}
    for name, op, attrs in [("maxpool_3d", "MaxPool", dict(kernel_shape=[2, 3, 3], strides=[2, 1, 2], pads=[1, 1, 0, 0, 1, 2], ceil_mode=1)),
                            ("maxpool_3d_dilated", "MaxPool", dict(kernel_shape=[2, 2, 2], dilations=[3, 2, 1])),
                            ("maxpool_3d_same", "MaxPool", dict(kernel_shape=[3, 2, 2], strides=[2, 2, 2], auto_pad="SAME_UPPER")),
                            ("averagepool_3d", "AveragePool", dict(kernel_shape=[3, 2, 3], strides=[1, 2, 2], pads=[1, 1, 1, 1, 0, 1])),
                            ("averagepool_3d_padding", "AveragePool", dict(kernel_shape=[3, 2, 3], pads=[1, 1, 1, 1, 0, 1], count_include_pad=1))]:
        case(name, 13, [node(op, ["x"], ["y"], **attrs)], x)
    x = {"x": normal(2, 4, 5, 3)}
    for name, shape, attrs in [("groups", (4, 3, 3, 2), dict(group=2, strides=[2, 1], pads=[1, 0, 0, 1])),
                               ("dilated", (4, 2, 2, 3), dict(dilations=[2, 3], strides=[1, 2], output_padding=[0, 1])),
                               ("same_lower", (4, 5, 4, 3), dict(strides=[3, 2], auto_pad="SAME_LOWER")),
                               ("one_pixel", (4, 6, 1, 1), dict())]:
        case(f"convtranspose_{name}", 11, [node("ConvTranspose", ["x", "w", "b"], ["c"], **attrs), node("Relu", ["c"], ["y"])], x,
             constants={"w": normal(*shape), "b": normal(shape[1] * attrs.get("group", 1))})


def indexed():
    """Integers and truth values that depend on the picture."""
    x = {"x": normal(2, 4, 6, 5)}
    conv, w = node("Conv", ["x", "w"], ["c"]), {"w": normal(8, 4, 1, 1)}
    to = lambda name: node("Cast", [name], ["y"], to=1)
    case("argmax_of_conv", 13, [conv, node("ArgMax", ["c"], ["i"], axis=1, keepdims=0), to("i")], x, constants=w)
    case("argmin_12_last", 12, [node("Round", ["x"], ["r"]), node("ArgMin", ["r"], ["i"], axis=-1, select_last_index=1), to("i")], x)
    case("topk_of_conv", 11, [conv, node("TopK", ["c", "k"], ["v", "i"], axis=1), node("Cast", ["i"], ["j"], to=1),
                              node("Concat", ["v", "j"], ["y"], axis=1)], x, constants={**w, "k": ints(3)})
    case("topk_smallest", 11, [node("TopK", ["x", "k"], ["y", "i"], axis=2, largest=0)], x, constants={"k": ints(6)})
    case("cumsum_of_conv", 14, [conv, node("CumSum", ["c", "a"], ["y"], reverse=1, exclusive=1)], x, constants={**w, "a": ints(1)})
    case("mask_of_conv", 13, [conv, node("Greater", ["c", "zero"], ["p"]), node("Less", ["c", "one"], ["q"]), node("And", ["p", "q"], ["m"]),
                              node("Not", ["m"], ["n"]), node("Where", ["n", "zero", "c"], ["y"])], x,
         constants={**w, "zero": np.zeros(1, np.float32), "one": np.ones(1, np.float32)})
    case("whole_part", 13, [node("Cast", ["x"], ["i"], to=7), node("Cast", ["i"], ["f"], to=1), node("Sub", ["x", "f"], ["y"])],
         {"x": normal(3, 5) * 4})
    case("mod_13_fractions", 13, [node("Mod", ["x", "z"], ["y"], fmod=1)], {"x": normal(3, 5) * 4, "z": normal(5)})
    case("depthtospace_of_conv", 13, [conv, node("DepthToSpace", ["c"], ["y"], blocksize=2, mode="CRD")], x, constants=w)
    case("spacetodepth_13", 13, [node("SpaceToDepth", ["x"], ["y"], blocksize=2)], {"x": normal(2, 3, 4, 6)})
    case("trilu_14", 14, [node("Trilu", ["x", "k"], ["y"], upper=0)], x, constants={"k": np.array(1, np.int64)})
    case("maxpool_indices", 12, [conv, node("MaxPool", ["c"], ["v", "i"], kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1]), to("i")], x,
         constants=w)
    case("dropout_mask", 13, [node("Dropout", ["x"], ["d", "m"]), node("Where", ["m", "d", "zero"], ["y"])], x,
         constants={"zero": np.zeros(1, np.float32)})
    case("isnan_of_roots", 13, [node("Sqrt", ["x"], ["r"]), node("IsNaN", ["r"], ["n"]), node("Where", ["n", "x", "r"], ["y"])], x)


if __name__ == "__main__":
    shutil.rmtree(ROOT, ignore_errors=True)
    older_opsets()
    newer_opsets()
    windows()
    rewritten()
    sizes()
    normalised()
    functions()
    worked_out()
    deep_and_back()
    indexed()
