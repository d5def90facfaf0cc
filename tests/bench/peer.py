"""Trains the original's net on an embedding stream with another program:

    peer.py torch|keras STREAM BATCH THREADS EPOCHS SHARE PATIENCE

SHARE of the faces, the same as fa-train's, are held out, and training stops when their loss has not been lower for PATIENCE
epochs (with SHARE 0 after all EPOCHS). Prints, for each epoch, the seconds since the beginning and the validation loss, and
last the peak memory in MB. The data lie in memory as arrays, in the order of the program's own shuffling."""
import os, resource, sys, time

program, stream, batch, threads, epochs = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
share, patience = float(sys.argv[6]), int(sys.argv[7])
os.environ.update(OMP_NUM_THREADS=str(threads), CUDA_VISIBLE_DEVICES="", KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")

import numpy as np

from embeddings import Embeddings

HEADS = ["age", "gender", "race"]


def read():
    """x and y (one array a head) of what is trained on, the same of what is held out, and the number of each head's classes."""
    faces = Embeddings(stream)
    classes = [faces.classes(head) for head in HEADS]
    y, held = [faces.target(head, names) for head, names in zip(HEADS, classes)], faces.places(0) < share
    return faces.x[~held], [t[~held] for t in y], faces.x[held], [t[held] for t in y], [len(names) for names in classes]


class History:
    def __init__(self):
        self.begin, self.losses = time.perf_counter(), []

    def add(self, loss):
        print(time.perf_counter() - self.begin, loss, flush=True)
        self.losses.append(loss)

    def over(self):
        best = self.losses.index(min(self.losses))
        return len(self.losses) == epochs or share and len(self.losses) > best + patience


def run_torch():
    import torch
    from torch import nn
    torch.set_num_threads(threads)
    x, y, x_held, y_held, sizes = read()
    net = nn.Sequential(nn.Linear(x.shape[1], 464), nn.ReLU(), nn.Dropout(0.2), nn.Linear(464, 480), nn.ReLU(), nn.Dropout(0.4),
                        nn.Linear(480, 32), nn.ReLU(), nn.BatchNorm1d(32, eps=1e-3, momentum=0.01), nn.Linear(32, 64), nn.ReLU(),
                        nn.BatchNorm1d(64, eps=1e-3, momentum=0.01), nn.Linear(64, sum(sizes)))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
    x, y, x_held, y_held = (torch.from_numpy(np.array(array)) for array in (x, np.stack(y, 1), x_held, np.stack(y_held, 1)))

    def loss_of(x, y):
        return sum(nn.functional.cross_entropy(logits, labels) for logits, labels in zip(net(x).split(sizes, 1), y.unbind(1)))

    history = History()
    while not history.losses or not history.over():
        net.train()
        for rows in torch.randperm(len(x)).split(batch):
            loss = loss_of(x[rows], y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        net.eval()
        with torch.no_grad():
            history.add(float(loss_of(x_held, y_held)) if share else 0.0)


def run_keras():
    import tensorflow
    import keras
    from keras import layers
    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    x, y, x_held, y_held, sizes = read()
    z = inputs = keras.Input((x.shape[1],))
    z = layers.Dropout(0.2)(layers.Dense(464, "relu")(z))
    z = layers.Dropout(0.4)(layers.Dense(480, "relu")(z))
    z = layers.BatchNormalization()(layers.Dense(32, "relu")(z))
    z = layers.BatchNormalization()(layers.Dense(64, "relu")(z))
    net = keras.Model(inputs, [layers.Dense(size, "softmax")(z) for size in sizes])
    net.compile("adam", ["sparse_categorical_crossentropy"] * len(sizes))
    history = History()

    def end(epoch, logs):
        history.add(logs.get("val_loss", 0.0))
        net.stop_training = history.over()

    net.fit(x, y, batch_size=batch, epochs=epochs, verbose=0, validation_data=(x_held, y_held) if share else None,
            validation_batch_size=1024, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=end)])


{"torch": run_torch, "keras": run_keras}[program]()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
