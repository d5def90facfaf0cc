"""The tables and metrics of fa-confusion by pandas and scikit-learn: confusion_peer.py STREAM. No intervals: a thousand
replicates would take hours here."""
import sys

import msgpack
import numpy as np
import pandas as pd
from sklearn import metrics

heads, labels, logits = None, [], []
for item in msgpack.Unpacker(open(sys.argv[1], "rb"), max_buffer_size=1 << 31):
    if item[0] == 0:
        heads = item[5]["heads"]
    elif item[0] == 1 and item[4]:
        labels.append(item[2])
        logits.append(np.frombuffer(item[4], "<f4"))
frame, logits, at = pd.DataFrame(labels), np.array(logits), 0
for head in heads:
    name, classes = head["name"], head["classes"]
    value = logits[:, at:at + len(classes)].astype(float)
    at += len(classes)
    p = np.exp(value - value.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    truth = pd.Categorical(frame[name], categories=classes).codes
    predicted = value.argmax(axis=1)
    print(pd.crosstab(frame[name], pd.Categorical.from_codes(predicted, classes), margins=True))
    print(metrics.classification_report(truth, predicted, target_names=classes))
    print(name, "balanced accuracy", metrics.balanced_accuracy_score(truth, predicted))
    print(name, "kappa", metrics.cohen_kappa_score(truth, predicted), metrics.cohen_kappa_score(truth, predicted, weights="quadratic"))
    print(name, "mcc", metrics.matthews_corrcoef(truth, predicted))
    if len(classes) > 2:
        print(name, "top-2", metrics.top_k_accuracy_score(truth, p, k=2))
    print(name, "offset", np.abs(predicted - truth).mean(), (predicted - truth).mean())
    print(name, "nll", metrics.log_loss(truth, p))
    print(name, "brier", ((p - np.eye(len(classes))[truth]) ** 2).sum(axis=1).mean())
    confidence = p.max(axis=1)
    bin_of = np.ceil(confidence * 15).astype(int)
    print(name, "ece", sum(abs((truth == predicted)[bin_of == b].sum() - confidence[bin_of == b].sum()) for b in range(1, 16)) / len(truth))
