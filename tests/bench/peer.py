"""Trains the original's net on an embedding stream with another program: peer.py torch|keras STREAM BATCH THREADS EPOCHS.
Prints the steps a second of the epochs after the first and the peak memory in MB, or why it cannot. The data lie in memory as
arrays, in the order of the program's own shuffling, and nothing is validated."""
import os, resource, sys, time

program, stream, batch, threads, epochs = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
os.environ.update(OMP_NUM_THREADS=str(threads), CUDA_VISIBLE_DEVICES="", KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")

import msgpack
import numpy as np

HEADS = ["age", "gender", "race"]


def read():
    x, labels = [], []
    for item in msgpack.Unpacker(open(stream, "rb"), max_buffer_size=1 << 28):
        if item[0] == 0:
            dtype = {"f16": "<f2", "f32": "<f4"}[item[5]["dtype"]]
        elif item[0] == 1 and item[4]:
            x.append(np.frombuffer(item[4], dtype).astype("f4"))
            labels.append([item[2][head] for head in HEADS])
    classes = [sorted(set(column)) for column in zip(*labels)]
    y = [np.array([names.index(label) for label in column]) for names, column in zip(classes, zip(*labels))]
    return np.stack(x), y, [len(names) for names in classes]


def report(ends, steps):
    rate = steps * (len(ends) - 1) / (ends[-1] - ends[0])
    print(rate, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def run_torch():
    import torch
    from torch import nn
    torch.set_num_threads(threads)
    x, y, sizes = read()
    net = nn.Sequential(nn.Linear(x.shape[1], 464), nn.ReLU(), nn.Dropout(0.2), nn.Linear(464, 480), nn.ReLU(), nn.Dropout(0.4),
                        nn.Linear(480, 32), nn.ReLU(), nn.BatchNorm1d(32, eps=1e-3, momentum=0.01), nn.Linear(32, 64), nn.ReLU(),
                        nn.BatchNorm1d(64, eps=1e-3, momentum=0.01), nn.Linear(64, sum(sizes)))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
    x, y = torch.from_numpy(x), torch.from_numpy(np.stack(y, 1))
    ends = []
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(batch):
            loss = sum(nn.functional.cross_entropy(logits, labels)
                       for logits, labels in zip(net(x[rows]).split(sizes, 1), y[rows].unbind(1)))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        ends.append(time.perf_counter())
    report(ends, -(-len(x) // batch))


def run_keras():
    import tensorflow
    import keras
    from keras import layers
    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    x, y, sizes = read()
    z = inputs = keras.Input((x.shape[1],))
    z = layers.Dropout(0.2)(layers.Dense(464, "relu")(z))
    z = layers.Dropout(0.4)(layers.Dense(480, "relu")(z))
    z = layers.BatchNormalization()(layers.Dense(32, "relu")(z))
    z = layers.BatchNormalization()(layers.Dense(64, "relu")(z))
    net = keras.Model(inputs, [layers.Dense(size, "softmax")(z) for size in sizes])
    net.compile("adam", ["sparse_categorical_crossentropy"] * len(sizes))
    ends = []
    net.fit(x, y, batch_size=batch, epochs=epochs, verbose=0,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))])
    report(ends, -(-len(x) // batch))


{"torch": run_torch, "keras": run_keras}[program]()
