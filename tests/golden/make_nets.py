#!/usr/bin/env python3
"""Makes networks of the shapes people use on faces, with random weights, and what ONNX Runtime makes of a random input.

usage: make_nets.py [--full FOLDER] [NAME...]

Needs pip torch, torchvision, onnx, onnxscript and onnxruntime. Without --full, tests/golden/nets is made anew: the same
operators in the same order with few channels and small inputs. With it, FOLDER gets them, or those named, in full size, for tests/cli/nets.t.
Each is a folder like ONNX's cases: model.onnx, test_data_set_0/{input,output}_N.pb. Both of PyTorch's exporters are used,
opsets from 7 to 21, batch and size open or fixed, weights in float16, and weights beside the file.
"""
import argparse
import os
import shutil
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
import torchvision
from onnx import numpy_helper
from onnxruntime.transformers.float16 import convert_float_to_float16
from torch import nn

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "nets")


def cbr(i, o, k=3, s=1, g=1, act=nn.ReLU, d=1):
    layers = [nn.Conv2d(i, o, k, s, d * (k // 2), d, g, bias=False), nn.BatchNorm2d(o)]
    return nn.Sequential(*layers, *([act(o) if act is nn.PReLU else act()] if act else []))


class IBlock(nn.Module):
    """Of iresnet: BatchNorm before the convolution, which is padded, so it does not fold."""

    def __init__(self, i, o, s):
        super().__init__()
        self.body = nn.Sequential(nn.BatchNorm2d(i), nn.Conv2d(i, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o), nn.PReLU(o),
                                  nn.Conv2d(o, o, 3, s, 1, bias=False), nn.BatchNorm2d(o))
        self.skip = nn.Sequential(nn.Conv2d(i, o, 1, s, bias=False), nn.BatchNorm2d(o)) if s != 1 or i != o else nn.Identity()

    def forward(self, x):
        return self.body(x) + self.skip(x)


def iresnet(blocks, w, size, out):
    layers, i = [cbr(3, w, act=nn.PReLU)], w
    for stage, n in enumerate(blocks):
        for b in range(n):
            layers.append(IBlock(i, w << stage, 2 if b == 0 else 1))
            i = w << stage
    return nn.Sequential(*layers, nn.BatchNorm2d(i), nn.Dropout(0.4), nn.Flatten(),
                         nn.Linear(i * (size // 16) ** 2, out), nn.BatchNorm1d(out))


class Bottleneck(nn.Module):
    """Of ResNet, by width; torchvision's has its first width fixed."""

    def __init__(self, i, w, s, wide):
        super().__init__()
        o = 4 * w if wide else w
        self.body = nn.Sequential(cbr(i, w, 1), cbr(w, w, 3, s), cbr(w, o, 1, act=None)) if wide else nn.Sequential(
            cbr(i, w, 3, s), cbr(w, w, act=None))
        self.skip = cbr(i, o, 1, s, act=None) if s != 1 or i != o else nn.Identity()

    def forward(self, x):
        return F.relu(self.body(x) + self.skip(x))


def resnet(blocks, w, wide, out):
    layers, i = [cbr(3, w, 7, 2), nn.MaxPool2d(3, 2, 1)], w
    for stage, n in enumerate(blocks):
        for b in range(n):
            layers.append(Bottleneck(i, w << stage, 2 if b == 0 and stage else 1, wide))
            i = (w << stage) * (4 if wide else 1)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(i, out))


class Ghost(nn.Module):
    def __init__(self, i, o, act):
        super().__init__()
        self.o, half = o, (o + 1) // 2
        self.first, self.cheap = cbr(i, half, 1, act=act), cbr(half, half, 3, g=half, act=act)

    def forward(self, x):
        a = self.first(x)
        return torch.cat([a, self.cheap(a)], 1)[:, :self.o]


class Squeeze(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.fc = nn.Sequential(nn.Conv2d(n, n // 4, 1), nn.PReLU(n // 4), nn.Conv2d(n // 4, n, 1), nn.Hardsigmoid())

    def forward(self, x):
        return x * self.fc(x.mean((2, 3), keepdim=True))


class GhostFaceNet(nn.Module):
    """As converted from Keras: images are N,H,W,C outside."""

    def __init__(self, w, n, size, out):
        super().__init__()
        layers = [cbr(3, w, 3, 2, act=nn.PReLU)]
        for k in range(n):
            layers += [Ghost(w, 3 * w, nn.PReLU), cbr(3 * w, 3 * w, 3, 2 if k == n - 1 else 1, 3 * w, None), Squeeze(3 * w),
                       Ghost(3 * w, w, None)]
        k = size // 4
        self.body = nn.Sequential(*layers, cbr(w, 4 * w, 1, act=nn.PReLU), nn.Conv2d(4 * w, 4 * w, k, groups=4 * w, bias=False),
                                  nn.BatchNorm2d(4 * w), nn.Conv2d(4 * w, out, 1, bias=False), nn.Flatten(), nn.BatchNorm1d(out))

    def forward(self, x):
        return F.normalize(self.body(x.permute(0, 3, 1, 2)))


class SFace(nn.Module):
    """A MobileNet with its preprocessing inside."""

    def __init__(self, w, n, size, out):
        super().__init__()
        layers, i = [cbr(3, w, act=nn.PReLU)], w
        for k in range(n):
            s = 2 if k % 2 == 0 else 1
            o = i * s
            layers += [cbr(i, i, 3, s, i, nn.PReLU), cbr(i, o, 1, act=nn.PReLU)]
            i = o
        self.body = nn.Sequential(*layers, nn.Dropout(0.5), nn.Flatten(),
                                  nn.Linear(i * (size >> (n + 1) // 2) ** 2, out), nn.BatchNorm1d(out))

    def forward(self, x):
        return self.body((x - 127.5) * 0.0078125)


class YuNet(nn.Module):
    def __init__(self, w):
        super().__init__()
        def unit(i, o):
            return nn.Sequential(nn.Conv2d(i, o, 1), cbr(o, o, 3, g=o))
        self.stem = nn.Sequential(cbr(3, w, 3, 2), unit(w, w))
        self.down = nn.ModuleList(nn.Sequential(nn.MaxPool2d(2), unit(w, w), unit(w, w)) for _ in range(4))
        self.lateral = nn.ModuleList(unit(w, w) for _ in range(3))
        self.heads = nn.ModuleList(nn.ModuleList(unit(w, n) for n in (1, 1, 4, 10)) for _ in range(3))

    def forward(self, x):
        x, maps = self.stem(x), []
        for level in self.down:
            x = level(x)
            maps.append(x)
        maps = maps[1:]
        for k in 2, 1, 0:
            up = F.interpolate(maps[k + 1], scale_factor=2.0, mode="nearest") if k < 2 else 0
            maps[k] = self.lateral[k](maps[k] + up)
        flat = [[head(m).permute(0, 2, 3, 1).reshape(m.shape[0], -1, n) for head, n in zip(heads, (1, 1, 4, 10))]
                for heads, m in zip(self.heads, maps)]
        return tuple(y.sigmoid() if k < 2 else y for k in range(4) for y in (level[k] for level in flat))


class RFB(nn.Module):
    def __init__(self, w, priors):
        super().__init__()
        self.body = nn.Sequential(cbr(3, w, 3, 2), *(nn.Sequential(cbr(w, w, 3, s, w), cbr(w, w, 1)) for s in (2, 1, 2)))
        self.branch = nn.ModuleList(nn.Sequential(cbr(w, w // 2, 1, act=None), cbr(w // 2, w // 2, act=nn.ReLU),
                                                  cbr(w // 2, w // 2, d=d, act=None)) for d in (2, 3, 5))
        self.mix, self.skip = cbr(3 * (w // 2), w, 1, act=None), cbr(w, w, 1, act=None)
        self.score, self.box = nn.Conv2d(w, 6, 3, 1, 1), nn.Conv2d(w, 12, 3, 1, 1)
        self.register_buffer("prior", torch.rand(1, priors, 4))

    def forward(self, x):
        x = self.body(x)
        x = F.relu(self.mix(torch.cat([b(x) for b in self.branch], 1)) + self.skip(x))
        n = x.shape[0]
        score = self.score(x).permute(0, 2, 3, 1).contiguous().view(n, -1, 2)
        box = self.box(x).permute(0, 2, 3, 1).contiguous().view(n, -1, 4)
        centre = box[..., :2] * 0.1 * self.prior[..., 2:] + self.prior[..., :2]
        size = torch.exp(box[..., 2:] * 0.2) * self.prior[..., 2:]
        return F.softmax(score, 2), torch.cat([centre - size / 2, centre + size / 2], 2)


class SCRFD(nn.Module):
    """Sizes are open: the pyramid is brought to size by shapes worked out in the graph."""

    def __init__(self, w):
        super().__init__()
        self.stem = nn.Sequential(cbr(3, w, 3, 2), cbr(w, w), nn.MaxPool2d(2))
        self.down = nn.ModuleList(nn.Sequential(Bottleneck(w, w, 2, False), Bottleneck(w, w, 1, False)) for _ in range(3))
        self.skip = nn.Sequential(nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False), nn.Conv2d(w, w, 1, bias=False))
        self.tower = nn.Sequential(nn.Conv2d(w, w, 3, 1, 1, bias=False), nn.GroupNorm(4, w), nn.ReLU())
        self.score, self.box = nn.Conv2d(w, 2, 3, 1, 1), nn.Conv2d(w, 8, 3, 1, 1)
        self.scale = nn.Parameter(torch.rand(3) + 0.5)

    def forward(self, x):
        x, maps, out = self.stem(x), [], []
        for level in self.down:
            x = level(x)
            maps.append(x)
        for k in 1, 0:
            maps[k] = maps[k] + F.interpolate(maps[k + 1], size=maps[k].shape[2:], mode="nearest")
        maps[1] = maps[1] + self.skip(maps[0])
        for k, m in enumerate(maps):
            t = self.tower(m)
            out.append(self.score(t).permute(2, 3, 0, 1).reshape(-1, 1).sigmoid())
            out.append((self.box(t) * self.scale[k]).permute(2, 3, 0, 1).reshape(-1, 4))
        return tuple(out)


def mobile(v, width, out):
    if v == 2:
        net = torchvision.models.mobilenet_v2(num_classes=out, width_mult=width)
        if width < 1:  # its last width does not follow
            net.features[-1], net.classifier = cbr(net.features[-1][0].in_channels, 32, 1, act=nn.ReLU6), nn.Linear(32, out)
        return net
    make, last = torchvision.models.mobilenetv3._mobilenet_v3_conf("mobilenet_v3_small", width_mult=width)
    return torchvision.models.MobileNetV3(make, max(8, int(last * width)), num_classes=out)


def calibrated(net, x):
    """Statistics of normalisations as after training, so that nothing vanishes or explodes; of few images where they have
    many pixels."""
    more = 31 if x[0].numel() < 20000 else 1
    norms = [m for m in net.modules() if isinstance(m, (nn.BatchNorm2d, nn.BatchNorm1d))]
    for m in norms:
        m.momentum = 1.0
        nn.init.uniform_(m.weight, 0.6, 1.4)
        nn.init.normal_(m.bias, std=0.2)
    with torch.no_grad():
        net.train()(torch.cat([x] + [torch.randn_like(x) * x.std() + x.mean() for _ in range(more)]))
    return net.eval()


def half_weights(path, model):
    """float32 around, float16 inside; what is expected is computed in float32 from the rounded weights."""
    onnx.save(convert_float_to_float16(model, keep_io_types=True), path)
    rounded = onnx.ModelProto()
    rounded.CopyFrom(model)
    for t in rounded.graph.initializer:
        if t.data_type == onnx.TensorProto.FLOAT:
            t.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(t).astype(np.float16).astype(np.float32), t.name))
    return rounded.SerializeToString()


def slim(path):
    """Without what exporters say about where nodes come from."""
    model = onnx.load(path, load_external_data=False)
    for thing in [model, model.graph, *model.graph.node, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        thing.ClearField("metadata_props")
        thing.ClearField("doc_string")
    model.graph.ClearField("value_info")
    onnx.save(model, path)


def save(root, name, net, shape, opset, open_axes=None, dynamo=False, half=False, picture=False):
    if given.name and name not in given.name:
        return
    torch.manual_seed(sum(name.encode()))
    for p in net.parameters():
        if p.dim() > 1:
            nn.init.kaiming_normal_(p)
    x = torch.randint(0, 256, shape).float() if picture else torch.randn(shape).half().float()
    net = calibrated(net, x)
    folder = os.path.join(root, name, "test_data_set_0")
    os.makedirs(folder)
    path = os.path.join(root, name, "model.onnx")
    how = dict(dynamic_axes={"x": open_axes} if open_axes else None)
    if dynamo:
        how = dict(dynamic_shapes=({k: torch.export.Dim(v) for k, v in open_axes.items()},) if open_axes else None)
    torch.onnx.export(net, (x,), path, input_names=["x"], opset_version=opset, dynamo=dynamo, **how)
    slim(path)
    source = half_weights(path, onnx.load(path)) if half else path
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    results = onnxruntime.InferenceSession(source, options).run(None, {"x": x.numpy()})
    for kind, arrays in ("input", [x.numpy().astype(np.float16)]), ("output", results):
        for i, array in enumerate(arrays):
            with open(os.path.join(folder, f"{kind}_{i}.pb"), "wb") as f:
                f.write(numpy_helper.from_array(np.ascontiguousarray(array)).SerializeToString())
    print(f"{name}: {os.path.getsize(path)} bytes", file=sys.stderr)


def main(full, root):
    def w(few, all_):
        return all_ if full else few
    face, n = w(32, 112), {0: "n"}
    save(root, "resnet18", resnet((2, 2, 2, 2), w(2, 64), False, w(8, 512)), (2, 3, w(32, 224), w(32, 224)), 9, n)
    save(root, "resnet34-attributes", resnet((3, 4, 6, 3), w(2, 64), False, 18), (1, 3, w(32, 224), w(32, 224)), 10)
    save(root, "resnet50", resnet((3, 4, 6, 3), w(1, 64), True, w(8, 512)), (2, 3, w(32, 224), w(32, 224)), 17, n)
    save(root, "iresnet50", iresnet((3, 4, 14, 3), w(1, 64), face, w(8, 512)), (2, 3, face, face), 11, n)
    save(root, "iresnet100", iresnet(w((1, 2, 3, 1), (3, 13, 30, 3)), w(2, 64), face, w(8, 512)), (1, 3, face, face), 14)
    save(root, "mobilenetv2", mobile(2, w(0.05, 1), w(4, 512)), (1, 3, w(32, 224), w(32, 224)), 12, n)
    save(root, "mobilenetv2-half", mobile(2, w(0.05, 1), w(4, 512)), (2, 3, w(32, 224), w(32, 224)), 13, n, half=True)
    save(root, "mobilenetv3", mobile(3, w(0.05, 1), w(4, 512)), (2, 3, w(32, 224), w(32, 224)), 14, n)
    save(root, "mobilenetv3-beside", mobile(3, w(0.05, 1), w(4, 512)), (2, 3, w(32, 224), w(32, 224)), 18, n, dynamo=True)
    save(root, "ghostfacenet", GhostFaceNet(w(4, 32), w(3, 9), face, w(8, 512)), (2, face, face, 3), 13, n)
    save(root, "ghostfacenet-21", GhostFaceNet(w(4, 32), w(3, 9), face, w(8, 512)), (2, face, face, 3), 21, n, dynamo=True)
    save(root, "sface", SFace(w(2, 32), w(6, 8), face, w(8, 128)), (1, 3, face, face), 7, picture=True)
    save(root, "yunet", YuNet(w(4, 64)), (1, 3, w(64, 320), w(64, 320)), 11, picture=True)
    save(root, "rfb", RFB(w(4, 64), w(18, 3600)), (1, 3, w(16, 240), w(24, 320)), 9)
    save(root, "scrfd", SCRFD(w(4, 56)), (1, 3, w(40, 360), w(56, 480)), 11, {0: "n", 2: "h", 3: "w"})
    save(root, "scrfd-18", SCRFD(w(4, 56)), (1, 3, w(40, 360), w(56, 480)), 18, {2: "h", 3: "w"})


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("--full")
    parser.add_argument("name", nargs="*")
    given = parser.parse_args()
    if not given.full:
        shutil.rmtree(ROOT, ignore_errors=True)
    main(bool(given.full), given.full or ROOT)
