"""Measures the original's search, fa-tune beside KerasTuner's Hyperband on TensorFlow: tune.py STREAM. Every fifth face is
held out, of both alike; space, schedule, batch, optimiser, patience and objective (the sum of the heads' accuracies) are the
same. $B is the build folder, $FA_BENCH_MAX_EPOCHS and $FA_BENCH_FACTOR the schedule (100, 10), $FA_BENCH_LIMIT the seconds
after which KerasTuner is stopped and its time extrapolated by epochs (1200), $FA_BENCH_THREADS fa-tune's trials at once.
The limit is what those trials' products take where BLIS is at its best (of the gradient of the input, the first layer needs
none), and Adam's passes at the most that floor.c sees it move; held-out faces are products alone.
$FA_BENCH_TEST is a stream of other faces, on which the accuracies of both winners are told, as the search left them."""
import csv, os, subprocess, sys, tempfile, time

import msgpack
import numpy

CLI = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli")
sys.path.insert(0, CLI)
import fastream
import floor

BUILD = os.environ.get("B", "build")
TEST = os.environ.get("FA_BENCH_TEST")
HEADS = ("age", "gender", "race")
BATCH = 16
MAX_EPOCHS, FACTOR, LIMIT, THREADS = (int(os.environ.get("FA_BENCH_" + name, default)) for name, default in (
    ("MAX_EPOCHS", 100), ("FACTOR", 10), ("LIMIT", 1200), ("THREADS", len(os.sched_getaffinity(0)))))


def read(path):
    """Header, and the records that have an embedding and all labels."""
    items = list(msgpack.Unpacker(open(path, "rb"), max_buffer_size=1 << 30))
    return items[0], [r for r in items if r[0] == 1 and r[4] and all(head in r[2] for head in HEADS)]


def write(path, header, records):
    with open(path, "w") as sys.stdout:
        fastream.write(header, records)
    sys.stdout = sys.__stdout__


def limit(epochs, trials, header, train, valid):
    """Seconds."""
    dim, classes = header[5]["shape"][0], sum(len({r[2][head] for r in train + valid}) for head in HEADS)
    _, _, gflops, gigabytes = floor.measure(dim, classes, BATCH, THREADS)
    seconds = 0
    for epoch in epochs:
        trial = trials[epoch["id"]]
        weights, first = int(trial["parameters"]), dim * int(trial["units1"])
        seconds += (2e-9 * ((3 * weights - first) * len(train) + weights * len(valid)) / gflops +
                    1e-9 * 28 * weights * -(-len(train) // BATCH) / gigabytes)
    return seconds


def run_ours(folder, header, train, valid):
    began = time.perf_counter()
    subprocess.run([BUILD + "/fa-tune", "-q", "-l", ",".join(HEADS), "--max-epochs", str(MAX_EPOCHS), "--factor", str(FACTOR), "-j",
                    str(THREADS), "--set", "validation-split = fixed 0", "--validation", folder + "/valid.emb", "-O", folder + "/tune",
                    "-o", folder + "/best.fam", folder + "/train.emb"], check=True)
    seconds = time.perf_counter() - began
    rows = [r for r in csv.DictReader(open(folder + "/tune/trials.csv")) if r["status"] == "done"]
    epochs = list(csv.DictReader(open(folder + "/tune/epochs.csv")))
    least = limit(epochs, {r["id"]: r for r in rows}, header, train, valid)
    tested = "-"
    if TEST:
        logits = subprocess.run([BUILD + "/fa-predict", "-q", "-m", folder + "/best.fam", TEST], check=True, capture_output=True).stdout
        lines = subprocess.run([sys.executable, os.path.join(CLI, "accuracy.py")], check=True, input=logits, capture_output=True).stdout
        found = dict(line.split() for line in lines.decode().splitlines())
        tested = " / ".join(found[head] for head in HEADS)
    print("fa-tune takes %.1f s; the limit for its epochs is %.1f s" % (seconds, least))
    return len(rows), len(epochs), seconds, seconds, max(float(r["score"]) for r in rows), tested


def run_keras(folder, header, train, valid):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import keras_tuner
    dim = header[5]["shape"][0]
    classes = {head: sorted({r[2][head] for r in train + valid}) for head in HEADS}
    state = {"epochs": 0, "began": time.perf_counter()}

    class Over(BaseException):
        pass

    class Count(keras.callbacks.Callback):
        def __deepcopy__(self, memo):
            return Count()

        def on_epoch_end(self, epoch, logs=None):
            logs["val_score"] = sum(logs["val_%s_accuracy" % head] for head in HEADS)
            state["epochs"] += 1
            if time.perf_counter() - state["began"] > LIMIT:
                raise Over

    def build(space):
        activation = space.Choice("activation", ["relu", "sigmoid"])
        x = entry = keras.Input((dim,))
        for i in range(1, 5):
            x = keras.layers.Dense(space.Int("units%d" % i, 32, 512, step=16), activation=activation)(x)
            x = keras.layers.Dropout(space.Choice("rate%d" % i, [0.2, 0.4, 0.5]))(x) if i < 3 else keras.layers.BatchNormalization()(x)
        out = {head: keras.layers.Dense(len(classes[head]), activation="softmax", name=head)(x) for head in HEADS}
        model = keras.Model(entry, out)
        model.compile(optimizer=keras.optimizers.Adam(space.Choice("lr", [1e-2, 1e-3, 1e-4])),
                      loss={head: "sparse_categorical_crossentropy" for head in HEADS}, metrics={head: ["accuracy"] for head in HEADS})
        return model

    def arrays(records):
        x = numpy.frombuffer(b"".join(r[4] for r in records), "<f2" if header[5]["dtype"] == "f16" else "<f4").reshape(-1, dim)
        return x.astype("f4"), {head: numpy.array([classes[head].index(r[2][head]) for r in records]) for head in HEADS}

    tuner = keras_tuner.Hyperband(build, objective=keras_tuner.Objective("val_score", "max"), max_epochs=MAX_EPOCHS, factor=FACTOR,
                                  seed=1, directory=folder, project_name="keras")
    x, y = arrays(train)
    try:
        tuner.search(x, y, batch_size=BATCH, validation_data=arrays(valid), verbose=0,
                     callbacks=[Count(), keras.callbacks.EarlyStopping("val_score", mode="max", patience=20)])
    except Over:
        pass
    seconds = time.perf_counter() - state["began"]
    scores = [trial.score for trial in tuner.oracle.trials.values() if trial.score is not None]
    over = seconds > LIMIT
    whole = seconds * planned(tuner.oracle) / state["epochs"] if over else seconds
    tested = "-"
    if TEST and scores:
        x, y = arrays(read(TEST)[1])
        found = tuner.get_best_models(1)[0].predict(x, verbose=0)
        tested = " / ".join("%.1f" % (100 * numpy.mean(found[head].argmax(1) == y[head])) for head in HEADS)
    return len(scores), state["epochs"], seconds, whole, max(scores, default=0), tested


def planned(oracle):
    """Epochs of the whole schedule, which early stopping may shorten."""
    epochs = 0
    for bracket in range(oracle._get_num_brackets()):
        for i in range(bracket + 1):
            before = oracle._get_epochs(bracket, i - 1) if i else 0
            epochs += oracle._get_size(bracket, i) * (oracle._get_epochs(bracket, i) - before)
    return epochs


header, records = read(sys.argv[1])
valid = records[::5]
train = [r for i, r in enumerate(records) if i % 5]
print("%d faces of %d numbers, %d of them held out; up to %d epochs, factor %d" % (len(records), header[5]["shape"][0], len(valid),
                                                                                  MAX_EPOCHS, FACTOR))
print("%-24s %7s %7s %9s %12s %11s  %s" % ("", "trials", "epochs", "seconds", "whole search", "best score",
                                          "test accuracy of " + ", ".join(HEADS)), flush=True)
with tempfile.TemporaryDirectory() as folder:
    for name, part in (("train", train), ("valid", valid)):
        write("%s/%s.emb" % (folder, name), header, part)
    for name, run in (("fa-tune -j %d" % THREADS, run_ours), ("KerasTuner, TensorFlow", run_keras)):
        print("%-24s %7d %7d %9.1f %12.1f %11.4f  %s" % ((name,) + run(folder, header, train, valid)), flush=True)
