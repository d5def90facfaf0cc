"""Cross-validates fa-train beside scikit-learn's logistic regression, on the same vectors and the same folds:

    crossval.py [--folds 5] [--runs 5] [--labels age,gender,race] [--no-peer] STREAM [OPTION OF FA-TRAIN | FURTHER STREAM ...]

Prints the accuracies on STREAM in percent: of fa-train mean and standard deviation over runs with the seeds 1, 101 ..., of
logistic regression that of one model a fold and head, on standardised vectors, its C chosen by five-fold cross-validation
within what it trains on. Further streams fa-train trains on too, but for the faces of the fold in question.
That the folds are fa-train's is checked by the frequencies of the classes that it prints for each.
Needs msgpack, numpy and scikit-learn; $B is the build folder. One thread each."""
import argparse, os, re, subprocess, sys, tempfile

os.environ["OMP_NUM_THREADS"] = "1"
import msgpack
import numpy as np

from embeddings import Embeddings


class Logits(Embeddings):
    def __init__(self, path):
        super().__init__(path)
        header = next(msgpack.Unpacker(open(path, "rb")))
        self.heads = {head["name"]: head["classes"] for head in header[5]["heads"]}

    def accuracy(self, head, among):
        """In percent, of the faces with these ids."""
        names = list(self.heads)
        begin = sum(len(self.heads[name]) for name in names[:names.index(head)])
        target = self.target(head, self.heads[head])
        answer = self.x[:, begin:begin + len(self.heads[head])].argmax(1)
        counted = (target >= 0) & np.array([name in among for name in self.ids])
        return 100 * np.mean(answer[counted] == target[counted])


def fa_train(*more):
    return subprocess.run([os.environ.get("B", "build") + "/fa-train", "-j", "1", "-l", option.labels, "--folds", str(option.folds),
                           *more], check=True, stderr=subprocess.PIPE, text=True).stderr


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
    return [answers.accuracy(head, set(faces.ids)) for head in heads]


def logistic(head):
    """Accuracy of a head, and the C of each fold."""
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    target, right, chosen = faces.target(head, faces.classes(head)), [], []
    for k in range(option.folds):
        train, test = (fold != k) & (target >= 0), (fold == k) & (target >= 0)
        model = LogisticRegressionCV(Cs=np.logspace(-5, 1, 13), cv=5, scoring="neg_log_loss", max_iter=1000)
        both = make_pipeline(StandardScaler(), model).fit(faces.x[train], target[train])
        right.append(both.predict(faces.x[test]) == target[test])
        chosen.append(float(np.max(model.C_)))
    return 100 * np.mean(np.concatenate(right)), chosen


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
check_folds()
print("%d faces of %d numbers, folds of %s" % (*faces.x.shape, " ".join(map(str, np.bincount(fold)))))
print("%-9s" % "", *("%14s" % head for head in heads))
accuracies = np.array([ours(seed) for seed in range(1, 100 * option.runs, 100)])
print("%-9s" % "fa-train", *("%8.1f \u00b1 %3.1f" % pair for pair in zip(accuracies.mean(0), accuracies.std(0))), flush=True)
if not option.no_peer:
    accuracies, chosen = zip(*(logistic(head) for head in heads))
    print("%-9s" % "logistic", *("%8.1f      " % accuracy for accuracy in accuracies))
    for head, values in zip(heads, chosen):
        print("C of %s: %s" % (head, " ".join("%.2g" % value for value in values)))
