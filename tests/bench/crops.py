"""Measures heads by the detector and the crop that their faces went through, on the data at hand ($FA_SHARED/data):

    crops.py [--seeds 3] [CASE ...]

A case is a network's card, a slash, and the options of fa-align: "mobilefacenet/-d rfb --template eyes-1.15". Without any,
the two networks with their own crops by every detector, and with other crops. Prints percentages of right ages, genders and
races, mean and standard deviation: of UTKFace's test faces, with fa-train's defaults and so many seeds; and of FairFace's
pictures (margin125) in five folds, with the options for few faces (tests/bench/crossval.sh). Pictures in which no face is
found are cut in the middle, so that all cases are measured on the same faces. Streams and figures are kept in $B/bench/crops, and
what is there is not done again."""
import argparse, csv, glob, os, re, statistics, subprocess, sys

BUILD, DATA = os.environ["B"], os.path.join(os.environ["FA_SHARED"], "data")
HERE, KEPT = os.path.dirname(os.path.abspath(__file__)), os.path.join(BUILD, "bench", "crops")
HEADS = ("age", "gender", "race")
SETS = {
    "train": ("utkface", ["utkface/labels_train.csv"]),
    "test": ("utkface", ["utkface/labels_test.csv"]),
    "fairface": ("fairface/margin125", ["fairface/fairface_label_train.csv", "fairface/fairface_label_val.csv"]),
}
CASES = {  # a box is the detector's, whatever --refine does to the points
    "mobilefacenet": ("-d mtcnn", "-d mtcnn --refine", "-d rfb", "-d rfb --refine", "-d yunet", "--template eyes-1.15",
                      "--template chip-0.25", "--template box-1.15"),
    "facenet-taps": ("-d mtcnn", "-d rfb", "-d yunet", "--template eyes-1.15", "--template box-1.3"),
}
FEW = ["--validation-split", "0", "--seeds", "5", "--weight-decay", "1", "--arch", "standardize, dropout 0.7, dense 512 relu, dropout 0.7"]


def tool(name):
    return os.path.join(BUILD, "fa-" + name)


def embed(case, name):
    """The embeddings of a set."""
    card, options = case.split("/")
    folder, tables = SETS[name]
    path = os.path.join(KEPT, re.sub("[^a-z0-9.]+", "-", case) + "-" + name + ".emb")
    if os.path.exists(path):
        return path
    crop = re.search("--template (.*)", options)
    other = ["--set", "crop = " + crop[1]] if crop else []  # or fa-embed would refuse them
    with open(path + ".new", "wb") as out:
        for table in tables:  # streams one behind the other are one
            align = subprocess.Popen([tool("align"), "-q", "-m", card, *options.split(), "--fallback", "centre", "-c",
                                      os.path.join(DATA, table), "-C", os.path.join(DATA, folder)], stdout=subprocess.PIPE)
            subprocess.run([tool("embed"), "-q", "-m", card, *other], stdin=align.stdout, stdout=out, check=True)
            assert align.wait() == 0
    os.rename(path + ".new", path)
    return path


def utkface(case):
    """Of each head the accuracies, one for a seed."""
    train, test = embed(case, "train"), embed(case, "test")
    folder = test.removesuffix("-test.emb")
    for seed in range(1, option.seeds + 1):
        tables, head = "%s-%d" % (folder, seed), "%s-%d.fam" % (folder, seed)
        if not os.path.exists(tables + "/summary.csv"):
            subprocess.run([tool("train"), "-q", "-s", str(seed), "-l", ",".join(HEADS), "-o", head, train], check=True)
            predict = subprocess.Popen([tool("predict"), "-q", "-m", head, test], stdout=subprocess.PIPE)
            subprocess.run([tool("confusion"), "-q", "-O", tables], stdin=predict.stdout, stdout=subprocess.DEVNULL, check=True)
    rows = [row for path in glob.glob(folder + "-[0-9]*/summary.csv") for row in csv.DictReader(open(path))]
    return [[100 * float(row["value"]) for row in rows if (row["head"], row["metric"]) == (head, "accuracy")] for head in HEADS]


def fairface(case):
    """Of each head mean and deviation, as crossval.py prints them."""
    stream = embed(case, "fairface")
    kept = stream.removesuffix(".emb") + ".txt"
    if not os.path.exists(kept):
        command = [sys.executable, HERE + "/crossval.py", "--no-peer", "--runs", str(option.seeds), stream, *FEW]
        text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        with open(kept, "w") as out:
            out.write(text)
    numbers = re.findall("[0-9.]+", open(kept).read().splitlines()[-1])
    return list(zip(numbers[::2], numbers[1::2]))


parser = argparse.ArgumentParser()
parser.add_argument("--seeds", type=int, default=3)
parser.add_argument("cases", nargs="*")
option = parser.parse_args()
cases = option.cases or [card + "/" + options for card in CASES for options in CASES[card]]
width = max(map(len, cases))
print("%-*s  %-38s  %s" % (width, "", "UTKFace: " + ", ".join(HEADS), "FairFace, five folds"))
for case in cases:
    cells = ["%5.1f ± %3.1f" % (statistics.mean(one), statistics.pstdev(one)) for one in utkface(case)]
    cells += ["%5s ± %3s" % pair for pair in fairface(case)]
    print("%-*s  %s" % (width, case, "  ".join(cells)), flush=True)
