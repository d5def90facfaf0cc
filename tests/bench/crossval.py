"""Cross-validates fa-train beside scikit-learn's logistic regression, on the same vectors and the same folds:

    crossval.py [--folds 5] [--runs 5] [--labels age,gender,race] [--no-peer] STREAM [OPTION OF FA-TRAIN | FURTHER STREAM ...]

Prints the accuracies on STREAM in percent: of fa-train mean and standard deviation over runs with the seeds 1, 101 ..., of
logistic regression that of one model a fold and head, on standardised vectors, its C chosen by five-fold cross-validation
within what it trains on. Further streams fa-train trains on too, but for the faces of the fold in question. Of a face with
copies (fa-align --augment flip) the mean of the probabilities answers, as in fa-predict.
That the folds are fa-train's is checked by the frequencies of the classes that it prints for each.
Needs msgpack, numpy and scikit-learn; $B is the build folder. One thread each."""
import argparse, os, re, subprocess, tempfile, warnings

os.environ["OMP_NUM_THREADS"] = "1"
import msgpack
import numpy as np

from embeddings import Embeddings


def accuracy(probabilities, target):
    """In percent. Both have a row for each copy of a face."""
    sums = np.zeros((len(first), probabilities.shape[1]))
    np.add.at(sums, face, probabilities)
    target = target[first]
    return 100 * np.mean(sums.argmax(1)[target >= 0] == target[target >= 0])


def softmax(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


class Logits(Embeddings):
    def __init__(self, path):
        super().__init__(path)
        header = next(msgpack.Unpacker(open(path, "rb")))
        self.heads = {head["name"]: head["classes"] for head in header[5]["heads"]}

    def accuracy(self, head):
        names, row = list(self.heads), {name: i for i, name in enumerate(self.ids)}
        begin = sum(len(self.heads[name]) for name in names[:names.index(head)])
        rows = [row.get(name, 0) for name in faces.ids]  # a face that is missing has no label either: it is not counted
        logits = self.x[rows, begin:begin + len(self.heads[head])]
        return accuracy(softmax(logits), faces.target(head, self.heads[head]))


def fa_train(*more):
    """What it says on standard error."""
    command = [os.environ.get("B", "build") + "/fa-train", "-j", "1", "-l", option.labels, "--folds", str(option.folds), *more]
    return subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True).stderr


def check_folds():
    """Each fold's line "prior": entropy, and share of the commonest class in percent, of each head in what is trained on."""
    printed = fa_train("--validation-split", "0", "--epochs", "1", "-o", "/dev/null", option.stream)
    theirs = re.findall("prior.*", printed)
    assert len(theirs) == option.folds
    for k, line in enumerate(theirs):
        ours = []
        for head in heads:
            target = faces.target(head, faces.classes(head))
            share = np.bincount(target[(fold != k) & (target >= 0)])
            share = share[share > 0] / share.sum()
            ours += ["%.3f" % -(share @ np.log(share)), "%.1f" % (100 * share.max())]
        assert re.findall("[0-9.]+", line) == ours, "fold %d: fa-train says %s, want %s" % (k + 1, line, ours)


def ours(seed):
    """The accuracy of each head."""
    with tempfile.NamedTemporaryFile() as logits:
        fa_train("-q", "-s", str(seed), "-o", logits.name, *option.more, option.stream)
        answers = Logits(logits.name)
    return [answers.accuracy(head) for head in heads]


def logistic(head):
    """Accuracy of a head, and the C of each fold."""
    warnings.simplefilter("ignore", FutureWarning)  # what a later scikit-learn will call these options
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.model_selection import GroupKFold, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    target, chosen = faces.target(head, faces.classes(head)), []
    probabilities = np.zeros((len(target), len(faces.classes(head))))
    for k in range(option.folds):
        train, test = (fold != k) & (target >= 0), fold == k
        inner = StratifiedKFold(5) if len(first) == len(face) else [*GroupKFold(5).split(face[train], groups=face[train])]
        model = LogisticRegressionCV(Cs=np.logspace(-5, 1, 13), cv=inner, scoring="neg_log_loss", max_iter=1000)
        both = make_pipeline(StandardScaler(), model).fit(faces.x[train], target[train])
        probabilities[test] = both.predict_proba(faces.x[test])
        chosen.append(float(np.max(model.C_)))
    return accuracy(probabilities, target), chosen


parser = argparse.ArgumentParser(allow_abbrev=False)
parser.add_argument("--folds", type=int, default=5)
parser.add_argument("--runs", type=int, default=5)
parser.add_argument("--labels", default="age,gender,race")
parser.add_argument("--no-peer", action="store_true")
parser.add_argument("stream")
parser.add_argument("more", nargs=argparse.REMAINDER)
option = parser.parse_args()
heads = option.labels.split(",")
faces = Embeddings(option.stream)
fold = (faces.places(1) * option.folds).astype(int)
_, first, face = np.unique([re.sub("~[0-9]+$", "", name) for name in faces.ids], return_index=True, return_inverse=True)
check_folds()
print("%d faces of %d numbers, folds of %s" % (len(first), faces.x.shape[1], " ".join(map(str, np.bincount(fold[first])))))
print("%-9s" % "", *("%14s" % head for head in heads))
accuracies = np.array([ours(seed) for seed in range(1, 100 * option.runs, 100)])
print("%-9s" % "fa-train", *("%8.1f \u00b1 %3.1f" % pair for pair in zip(accuracies.mean(0), accuracies.std(0))), flush=True)
if not option.no_peer:
    accuracies, chosen = zip(*(logistic(head) for head in heads))
    print("%-9s" % "logistic", *("%8.1f      " % accuracy for accuracy in accuracies))
    for head, values in zip(heads, chosen):
        print("C of %s: %s" % (head, " ".join("%.2g" % value for value in values)))
