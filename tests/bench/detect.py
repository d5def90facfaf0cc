"""Measures detectors on the data at hand ($FA_SHARED/data):

    detect.py [--share] [--still] [--turned] [--every N] [--detectors mtcnn,rfb,...] [OPTION OF FA-ALIGN ...]

--share: of data/fairface (both margins) and data/utkface, the percentage of pictures with a face, at the first look
(--once) and at the second. --still: of FairFace margin125, how far the five points move where the picture is halved,
mirrored or turned by 20 degrees: the mean of their distances from those of the picture itself, in percent of the distance
of its eyes; median over the pictures, mean, and percentage of pictures in which the face is lost (not found, or points
more than half that distance away). --turned: of the same pictures, turned by several angles about their middle (corners
are cut off and black ones come in), the percentage in which the face is found within half its side of where it is,
with --upright. Without any, all. --every N takes every N-th picture only. A detector's name may have options behind it:
"mtcnn --refine". Needs numpy and Pillow; $B is the build folder. The figures do not depend on the machine."""
import argparse, csv, json, os, subprocess, tempfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

ALIGN, CAT = (os.path.join(os.environ["B"], tool) for tool in ("fa-align", "fa-cat"))
DATA = os.path.join(os.environ["FA_SHARED"], "data")
SETS = {
    "fairface margin125": ("fairface/margin125", ["fairface/fairface_label_train.csv", "fairface/fairface_label_val.csv"]),
    "fairface margin025": ("fairface/margin025", ["fairface/fairface_label_train.csv", "fairface/fairface_label_val.csv"]),
    "utkface": ("utkface", ["utkface/labels_train.csv", "utkface/labels_test.csv"]),
}


def pictures(name):
    folder, tables = SETS[name]
    paths = [os.path.join(DATA, folder, row["file"]) for table in tables for row in csv.DictReader(open(os.path.join(DATA, table)))]
    return paths[:: args.every]


def faces(detector, paths, *options):
    """What is told about the main face of each picture, by path; without points where there is none."""
    name, *more = detector.split()
    align = subprocess.Popen([ALIGN, "-q", "-0", "-1", "-d", name, "--template", "box-1", "--size", "4", *more, *options, *others],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    cat = subprocess.Popen([CAT, "-q", "-F", "json"], stdin=align.stdout, stdout=subprocess.PIPE)
    align.stdout.close()
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(lambda: [json.loads(line) for line in cat.stdout])
        align.stdin.write(b"".join(path.encode() + b"\0" for path in paths))
        align.stdin.close()
        records = read.result()
    if align.wait() or cat.wait():
        raise SystemExit("detect.py: fa-align failed")
    return {record["id"]: record["about"] for record in records}


def share():
    print("pictures with a face, %: at the first look, at the second")
    print(f"{'':20}" + "".join(f"{name:>28}" for name in SETS))
    for detector in detectors:
        line = f"{detector:20}"
        for name in SETS:
            found = [faces(detector, pictures(name), *once).values() for once in (["--once"], [])]
            line += "{:>14.2f}{:>14.2f}".format(*(100 * np.mean(["points" in about for about in one]) for one in found))
        print(line, flush=True)


# ---- stillness ----


def halve(image):
    return image.resize((image.width // 2, image.height // 2), Image.BOX), lambda point: (point + 0.5) * 2 - 0.5


def mirror(image):
    def back(point):
        return np.stack([image.width - 1 - point[:, 0], point[:, 1]], 1)[[1, 0, 2, 4, 3]]

    return image.transpose(Image.FLIP_LEFT_RIGHT), back


def turn(image, angle=20):
    sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    middle = np.array([image.width - 1, image.height - 1]) / 2

    def back(point):
        return (point - middle) @ np.array([[cosine, -sine], [sine, cosine]]) + middle

    return image.rotate(-angle, Image.BICUBIC), back  # Pillow's angles run against the clock


CHANGES = {"halved": halve, "mirrored": mirror, "turned": turn}


def still():
    print("points moved, % of the distance of the eyes: median, mean; faces lost, %")
    print(f"{'':20}" + "".join(f"{name:>22}" for name in CHANGES))
    paths = pictures("fairface margin125")
    with tempfile.TemporaryDirectory() as folder:
        changed, back = {name: [] for name in CHANGES}, {name: [] for name in CHANGES}
        for i, path in enumerate(paths):
            for name, change in CHANGES.items():
                image, inverse = change(Image.open(path).convert("RGB"))
                changed[name].append(f"{folder}/{i}-{name}.png")
                image.save(changed[name][-1], compress_level=1)
                back[name].append(inverse)
        for detector in detectors:
            before, line = list(faces(detector, paths).values()), f"{detector:20}"
            for name in CHANGES:
                after, moved, total = list(faces(detector, changed[name]).values()), [], 0
                for i, (one, other) in enumerate(zip(before, after)):
                    if "points" not in one:
                        continue
                    total += 1
                    points = np.array(one["points"])
                    eyes = np.linalg.norm(points[0] - points[1])
                    if "points" in other:
                        away = np.linalg.norm(back[name][i](np.array(other["points"])) - points, axis=1).mean() / eyes
                        moved += [100 * away] if away < 0.5 else []
                line += f"{np.median(moved):>8.2f}{np.mean(moved):>7.2f}{100 - 100 * len(moved) / total:>7.2f}"
            print(line, flush=True)


def turned():
    angles = [15, 30, 45, 60, 90, 135, 180]
    print("faces found in turned pictures, %, by degrees")
    print(f"{'':20}" + "".join(f"{angle:>8}" for angle in angles))
    paths = pictures("fairface margin125")
    before = {path: about for path, about in faces("mtcnn", paths).items() if "points" in about}
    found = {detector: [] for detector in detectors}
    for angle in angles:
        with tempfile.TemporaryDirectory() as folder:
            changed, back = [], []
            for i, path in enumerate(before):
                image, inverse = turn(Image.open(path).convert("RGB"), angle if i % 2 else -angle)
                changed.append(f"{folder}/{i}.png")
                image.save(changed[-1], compress_level=1)
                back.append(inverse)
            for detector in detectors:
                right = 0
                after = faces(detector, changed, "--upright").values()
                for one, other, inverse in zip(before.values(), after, back):
                    if "points" in other:
                        away = inverse(np.array(other["points"])).mean(0) - np.mean(one["points"], 0)
                        right += np.linalg.norm(away) < 0.5 * one["face"]
                found[detector].append(100 * right / len(before))
    for detector in detectors:
        print(f"{detector:20}" + "".join(f"{share:>8.2f}" for share in found[detector]), flush=True)


parser = argparse.ArgumentParser()
parser.add_argument("--share", action="store_true")
parser.add_argument("--still", action="store_true")
parser.add_argument("--turned", action="store_true")
parser.add_argument("--every", type=int, default=1)
parser.add_argument("--detectors", default="mtcnn,mtcnn --refine,rfb,rfb --refine,yunet,yunet --refine")
args, others = parser.parse_known_args()
detectors = args.detectors.split(",")
everything = not (args.share or args.still or args.turned)
if args.still or everything:
    still()
detectors = [name for name in detectors if "--refine" not in name]
if args.share or everything:
    share()
if args.turned or everything:
    turned()
