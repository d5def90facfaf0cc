#!/usr/bin/env python3
"""Writes eval-cases.csv, eval-records.csv and eval-expected.csv: records with logits, and their metrics as scikit-learn,
fairlearn and scipy compute them. Run in this folder: pip install scikit-learn fairlearn; python3 make_eval_golden.py

Cases 0 to 49 are random: heads of 1, 2, 7 or 9 classes, labels that are no class, empty classes, records without a label,
groups; every tenth has no records at all. Case `utkface` is real: every seventh face of a logit stream of UTKFace's test
part (an embedding stream of facenet-taps, a head trained with `fa-train -s 1 -l age,gender,race`), which this script keeps as
it finds them, or takes from the stream as `fa-cat -F json` prints it if that is named as argument. Values of nothing (0/0) are empty
cells. Logits are floats; classes are c0, c1 ...; labels that are no class x0, x1 ...; `-` is no label."""
import csv
import json
import math
import sys
import warnings

import numpy as np
from fairlearn.metrics import MetricFrame
from scipy.stats import binomtest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import (accuracy_score, balanced_accuracy_score, brier_score_loss, cohen_kappa_score, f1_score, log_loss,
                             matthews_corrcoef, precision_recall_fscore_support, top_k_accuracy_score)

warnings.filterwarnings("ignore")
rng = np.random.default_rng(1)
BINS = 15
NONE = (math.nan, math.nan)


# ---- cases: (name, classes of each head, which are ordered, labels, groups, logits) ----

def random_case(case):
    classes = [1, 2, 7, 9][case % 4]
    extra = [0, 0, 1, 3][case // 4 % 4]
    n = 0 if case % 10 == 9 else int(rng.integers(1, 60))
    weight = rng.gamma(0.5, 1, classes + extra) * (rng.random(classes + extra) > 0.2) + 1e-12
    truth = rng.choice(classes + extra, n, p=weight / weight.sum())
    labels = np.array([["-" if rng.random() < 0.05 else "c%d" % t if t < classes else "x%d" % (t - classes)] for t in truth],
                      dtype=object).reshape(n, 1)
    logits = np.array([rng.choice(4096, classes, replace=False) for _ in range(n)], dtype=np.float32).reshape(n, classes) / 512
    seen = truth < classes
    logits[np.flatnonzero(seen), truth[seen]] += np.float32(1.5003)
    logits[:, rng.random(classes) < 0.15] -= 20  # no further: log_loss() clips probabilities at 2.2e-16
    groups = rng.choice(["a", "b", "tiny"], n, p=[0.6, 0.3, 0.1])
    return str(case), [classes], [case % 3 != 0], labels, groups, logits


def real_case(path):
    records = [json.loads(line) for line in open(path)]
    records = [r for r in records if r["values"]][::7]
    heads = {h: list(v) for h, v in records[0]["values"].items()}
    labels = np.array([["c%d" % heads[h].index(r["labels"][h]) for h in heads] for r in records], dtype=object)
    logits = np.array([[np.float32(math.log(max(p, 1e-30))) for h in heads for p in r["values"][h].values()] for r in records])
    groups = np.array([r["labels"]["gender"] for r in records])
    return "utkface", [len(c) for c in heads.values()], [True, False, False][:len(heads)], labels, groups, logits.astype(np.float32)


def stored_case():
    case = [r for r in csv.DictReader(open("eval-cases.csv")) if r["case"] == "utkface"][0]
    rows = [r for r in csv.DictReader(open("eval-records.csv")) if r["case"] == "utkface"]
    return ("utkface", [int(n) for n in case["classes"].split()], [o == "1" for o in case["ordered"].split()],
            np.array([r["labels"].split() for r in rows], dtype=object), np.array([r["group"] for r in rows]),
            np.array([[np.float32(x) for x in r["logits"].split()] for r in rows]))


# ---- metrics ----

def wilson(k, n):
    return tuple(binomtest(int(k), int(n)).proportion_ci(0.95, method="wilson")) if n else NONE


def ratio(a, b):
    return a / b if b else math.nan


def of_counts(truth, predicted, classes):
    n = len(truth)
    if not n:
        for name in "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "kappa", "mcc", "majority":
            yield name, math.nan, *NONE
        return
    yield "accuracy", accuracy_score(truth, predicted), *wilson((truth == predicted).sum(), n)
    yield "balanced_accuracy", balanced_accuracy_score(truth, predicted), *NONE
    yield "macro_f1", f1_score(truth, predicted, average="macro"), *NONE
    yield "weighted_f1", f1_score(truth, predicted, average="weighted"), *NONE
    yield "kappa", cohen_kappa_score(truth, predicted), *NONE
    constant = len(set(truth)) == 1 or len(set(predicted)) == 1  # there scikit-learn says 0
    yield "mcc", math.nan if constant else matthews_corrcoef(truth, predicted), *NONE
    majority = DummyClassifier(strategy="most_frequent").fit(np.zeros((n, 1)), truth).score(np.zeros((n, 1)), truth)
    yield "majority", majority, *NONE


def of_rows(truth, predicted, classes, rows):
    n = len(truth)
    precision, recall, f1, _ = (precision_recall_fscore_support(truth, predicted, labels=range(rows), average=None,
                                                                zero_division=np.nan) if n else np.full((4, rows), np.nan))
    for i in range(rows):
        hits, support, guesses = ((truth == i) & (predicted == i)).sum(), (truth == i).sum(), (predicted == i).sum()
        yield "recall %d" % i, recall[i], *wilson(hits, support)
        yield "precision %d" % i, precision[i], *wilson(hits, guesses)
        low, high = wilson(hits, support + guesses - hits)
        yield "f1 %d" % i, f1[i], 2 * low / (1 + low), 2 * high / (1 + high)


def of_scale(truth, predicted, classes):
    seen = truth < classes
    t, p, n = truth[seen], predicted[seen], len(truth)
    offset = p - t
    within = (np.abs(offset) <= 1).sum()
    yield "within_one", ratio(within, n), *wilson(within, n)
    yield "mean_absolute_offset", ratio(np.abs(offset).sum(), len(t)), *NONE
    yield "mean_signed_offset", ratio(offset.sum(), len(t)), *NONE
    kappa = cohen_kappa_score(t, p, labels=range(classes), weights="quadratic") if len(t) else math.nan
    yield "quadratic_kappa", kappa, *NONE


def of_probabilities(truth, predicted, p, classes):
    seen, n = truth < classes, len(truth)
    t, q, labels = truth[seen], p[seen], list(range(classes))
    if classes > 2:
        top = top_k_accuracy_score(t, q, k=2, labels=labels, normalize=False) if len(t) else 0
        yield "top2_accuracy", ratio(top, n), *wilson(top, n)
    if classes == 1:
        empty = math.nan if not len(t) else 0.0
        for name in "nll", "brier", "prior_nll", "prior_brier":
            yield name, empty, *NONE
    else:
        prior = np.zeros((len(t), classes))
        if len(t):
            dummy = DummyClassifier(strategy="prior").fit(np.zeros((len(t), 1)), t)
            prior[:, dummy.classes_] = dummy.predict_proba(np.zeros((len(t), 1)))
        for before, q in (("", q), ("prior_", prior)):
            yield before + "nll", log_loss(t, q, labels=labels) if len(t) else math.nan, *NONE
            yield before + "brier", (brier_score_loss(t, q, labels=labels, scale_by_half=False) if len(t) else math.nan), *NONE
    confidence, error = p.max(axis=1) if n else np.zeros(0), 0
    bin_of = np.clip(np.ceil(confidence * BINS) - 1, 0, BINS - 1)
    for i in range(BINS):
        here = bin_of == i
        error += abs((truth == predicted)[here].sum() - confidence[here].sum())
    yield "ece", ratio(error, n), *NONE


def measure(truth, logits, classes, ordered, rows):
    e = np.exp(logits.astype(float) - logits.max(axis=1, keepdims=True).astype(float)) if len(logits) else np.zeros((0, classes))
    p = e / e.sum(axis=1, keepdims=True)
    predicted = logits.argmax(axis=1) if len(logits) else np.zeros(0, int)
    yield from of_counts(truth, predicted, classes)
    if ordered:
        yield from of_scale(truth, predicted, classes)
    yield from of_probabilities(truth, predicted, p, classes)
    yield from of_rows(truth, predicted, classes, rows)


def measure_gaps(truth, predicted, groups):
    frame = MetricFrame(metrics={"accuracy": accuracy_score, "balanced_accuracy": balanced_accuracy_score},
                        y_true=truth, y_pred=predicted, sensitive_features=groups)
    gap, proportion = frame.difference(method="between_groups"), frame.ratio(method="between_groups")
    for name in gap.index:
        yield "gap " + name, gap[name], math.nan if math.isnan(proportion[name]) else proportion[name], math.nan


def measure_joint(labels, classes, logits):
    accuracies, right, bits, n = 0, 0, 0, 0
    for h, count in enumerate(classes):
        at = sum(classes[:h])
        truth = np.array([int(label[1:]) for label in labels[:, h]])
        e = np.exp(logits[:, at:at + count].astype(float))
        p, one_hot = e / e.sum(axis=1, keepdims=True), np.eye(count)[truth]
        accuracies += accuracy_score(truth, p.argmax(axis=1))
        right += ((p > 0.5) == one_hot).sum()
        bits += one_hot.size
        n += len(truth)
    yield "sum_of_accuracies", accuracies, *NONE
    yield "binary_accuracy", right / bits, *NONE
    yield "binary_accuracy_of_no", (bits - n) / bits, *NONE


# ---- files ----

def cell(value):
    return "" if math.isnan(value) else "%.14g" % value


def head_of(case, h):
    """Truths (classes, then the numbers of other labels), logits and groups of the labelled records."""
    _, classes, _, labels, groups, logits = case
    at, kept = sum(classes[:h]), [i for i in range(len(labels)) if labels[i, h] != "-"]
    truth = [labels[i, h] for i in kept]
    truth = np.array([int(t[1:]) + (classes[h] if t[0] == "x" else 0) for t in truth], dtype=int)
    return truth, logits[kept, at:at + classes[h]] if kept else np.zeros((0, classes[h]), np.float32), groups[kept]


def write(cases):
    with open("eval-cases.csv", "w") as c, open("eval-records.csv", "w") as r, open("eval-expected.csv", "w") as e:
        c, r, e = (csv.writer(f, lineterminator="\n") for f in (c, r, e))
        c.writerow(["case", "classes", "ordered"])
        r.writerow(["case", "labels", "group", "logits"])
        e.writerow(["case", "group", "head", "metric", "value", "low", "high"])
        for case in cases:
            name, classes, ordered, labels, groups, logits = case
            c.writerow([name, " ".join(map(str, classes)), " ".join("%d" % o for o in ordered)])
            for i in range(len(labels)):
                r.writerow([name, " ".join(labels[i]), groups[i], " ".join("%.9g" % x for x in logits[i])])
            for h, count in enumerate(classes):
                truth, values, group = head_of(case, h)
                for metric, *value in measure(truth, values, count, ordered[h], count + 3):
                    e.writerow([name, "", h, metric, *map(cell, value)])
                for g in sorted(set(group)):
                    for metric, *value in measure(truth[group == g], values[group == g], count, ordered[h], count):
                        e.writerow([name, g, h, metric, *map(cell, value)])
                if len(truth):
                    for metric, *value in measure_gaps(truth, values.argmax(axis=1), group):
                        e.writerow([name, "", h, metric, *map(cell, value)])
            if name == "utkface":
                for metric, *value in measure_joint(labels, classes, logits):
                    e.writerow([name, "", len(classes), metric, *map(cell, value)])


real = real_case(sys.argv[1]) if len(sys.argv) > 1 else stored_case()
write([random_case(case) for case in range(50)] + [real])
