#!/usr/bin/env python3
"""Writes metrics-tables.csv and metrics-expected.csv: random confusion tables, and their metrics as scikit-learn 1.x and
scipy compute them. Run in this folder: pip install scikit-learn; python3 metrics.py

A table has a class a column; rows beyond the columns are labels that the model does not have. Values of nothing (0/0) are
empty cells."""
import csv
import math
import warnings

import numpy as np
from scipy.stats import binomtest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, balanced_accuracy_score, precision_recall_fscore_support

warnings.filterwarnings("ignore")
rng = np.random.default_rng(1)


def tables():
    for case in range(50):
        columns = [1, 2, 7, 9][case % 4]
        rows = columns + [0, 0, 1, 3][case // 4 % 4]
        table = rng.poisson(rng.gamma(0.5, 8, (rows, columns)))
        table[rng.random(rows) < 0.2] = 0
        table[:, rng.random(columns) < 0.15] = 0
        if case % 10 == 9:
            table[:] = 0
        yield table


def wilson(k, n):
    interval = binomtest(int(k), int(n)).proportion_ci(0.95, method="wilson") if n else (math.nan, math.nan)
    return tuple(interval)


def metrics(table):
    rows, columns = table.shape
    true, predicted = (np.repeat(i.ravel(), table.ravel()) for i in np.indices(table.shape))
    n, none = len(true), (math.nan, math.nan)
    if n:
        majority = DummyClassifier(strategy="most_frequent").fit(np.zeros((n, 1)), true).score(np.zeros((n, 1)), true)
        yield "accuracy", "", accuracy_score(true, predicted), *wilson((true == predicted).sum(), n)
        yield "balanced_accuracy", "", balanced_accuracy_score(true, predicted), *none
        yield "majority", "", majority, *none
        precision, recall, f1, _ = precision_recall_fscore_support(
            true, predicted, labels=range(rows), average=None, zero_division=np.nan)
    else:
        for name in "accuracy", "balanced_accuracy", "majority":
            yield name, "", math.nan, *none
        precision = recall = f1 = [math.nan] * rows
    for i in range(rows):
        hits = table[i, i] if i < columns else 0
        yield "recall", i, recall[i], *wilson(hits, table[i].sum())
        yield "precision", i, precision[i], *wilson(hits, table[:, i].sum() if i < columns else 0)
        yield "f1", i, f1[i], *none


def cell(value):
    return "" if math.isnan(value) else repr(float(value))


with open("metrics-tables.csv", "w", newline="") as t, open("metrics-expected.csv", "w", newline="") as e:
    t, e = csv.writer(t, lineterminator="\n"), csv.writer(e, lineterminator="\n")
    t.writerow(["case", "rows", "columns", "counts"])
    e.writerow(["case", "metric", "row", "value", "low", "high"])
    for case, table in enumerate(tables()):
        t.writerow([case, *table.shape, " ".join(map(str, table.ravel()))])
        for name, row, *values in metrics(table):
            e.writerow([case, name, row, *map(cell, values)])
