"""Measures training of the original's net: train.py STREAM. Programs and settings come in turn, so that what else the machine
does falls on all alike, and the tables have the medians. $B is the build folder, $FA_BENCH_EPOCHS and $FA_BENCH_REPEATS say
how long, $FA_BENCH_BATCHES and $FA_BENCH_THREADS (lists) what is measured, $FA_BENCH_PEERS against which of torch and keras."""
import csv, itertools, os, statistics, subprocess, sys, tempfile

import floor
from embeddings import Embeddings

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("B", "build")
ARCH = "dense 464 relu, dropout 0.2, dense 480 relu, dropout 0.4, dense 32 relu, batchnorm, dense 64 relu, batchnorm"
HEADS = ["age", "gender", "race"]
SHARE, PATIENCE, MOST_EPOCHS = 0.1, 10, 100  # of the runs to the best validation loss
stream = sys.argv[1]
cores = len(os.sched_getaffinity(0))


def setting(name, default):
    return os.environ.get("FA_BENCH_" + name, default).split()


epochs, repeats = int(setting("EPOCHS", "5")[0]), int(setting("REPEATS", "3")[0])
batches = [int(b) for b in setting("BATCHES", "32 512")]
thread_counts = [int(j) for j in setting("THREADS", " ".join(str(j) for j in sorted({1, cores})))]
peers = setting("PEERS", "torch keras")
if epochs < 2 or repeats < 1:
    sys.exit("FA_BENCH_EPOCHS is at least 2, since the first is not counted, and FA_BENCH_REPEATS at least 1")


def say(batch, threads, name):
    print("batch %d, %d threads: %s" % (batch, threads, name), file=sys.stderr)


def fa_train(batch, threads, n, share, seed):
    """(seconds since the beginning, validation loss) of each epoch, and the peak memory in MB."""
    with tempfile.NamedTemporaryFile("r") as file:
        process = subprocess.Popen([BUILD + "/fa-train", "-q", "-o", "/dev/null", "-l", ",".join(HEADS), "-b", str(batch), "-j",
                                    str(threads), "-s", str(seed), "--epochs", str(n), "--arch", ARCH, "--optimizer", "adam",
                                    "--lr", "0.001", "--schedule", "constant", "--validation-split", str(share), "--patience",
                                    str(PATIENCE), "--history", file.name, stream])
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit("fa-train failed")
        rows = list(csv.DictReader(open(file.name)))
    seconds = itertools.accumulate(float(row["seconds"]) for row in rows)
    return [(at, float(row["val_loss"] or 0)) for at, row in zip(seconds, rows)], usage.ru_maxrss / 1024


def peer(name, batch, threads, n, share):
    """The same of another program; None if it cannot be run."""
    if name in missing:
        return None
    done = subprocess.run([sys.executable, HERE + "/peer.py", name, stream, str(batch), str(threads), str(n), str(share),
                           str(PATIENCE)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        missing[name] = (done.stderr.strip() or "exit status %d" % done.returncode).splitlines()[-1]
        return None
    lines = [[float(number) for number in line.split()] for line in done.stdout.splitlines()]
    return lines[:-1], lines[-1][0]


def train(name, batch, threads, n, share, seed=1):
    return fa_train(batch, threads, n, share, seed) if name == "fa-train" else peer(name, batch, threads, n, share)


def floor_rate(batch, threads):
    """Steps a second."""
    rate, gflop[batch], peak, _ = floor.measure(dim, classes, batch, threads)
    peaks.setdefault(threads, []).append(peak)
    return rate


def measure(name, batch, threads):
    """Steps a second and peak memory; the first epoch, in which much is made ready, is not counted."""
    if name == "floor":
        return floor_rate(batch, threads), None
    ran = train(name, batch, threads, epochs, 0)
    if ran:
        history, memory = ran
        return -(-rows // batch) * (epochs - 1) / (history[-1][0] - history[0][0]), memory


def best(history):
    """Seconds to the end of the epoch with the best validation loss, its number and the loss."""
    epoch = min(range(len(history)), key=lambda i: history[i][1])
    return history[epoch][0], epoch + 1, history[epoch][1]


def median(values):
    return statistics.median(values) if values[0] is not None else None


faces = Embeddings(stream)
rows, dim, classes = *faces.x.shape, sum(len(faces.classes(head)) for head in HEADS)
programs = ["fa-train", "floor", *peers]
missing, gflop, peaks, rates, bests = {}, {}, {}, {}, {}
for repeat in range(repeats):
    for batch in batches:
        for threads in thread_counts:
            for name in programs:
                say(batch, threads, name)
                got = measure(name, batch, threads)
                if got:
                    rates.setdefault((batch, threads, name), []).append(got)
    batch, threads = batches[0], thread_counts[-1]
    for name in ["fa-train", *peers]:
        say(batch, threads, name + " to the best validation loss")
        ran = train(name, batch, threads, MOST_EPOCHS, SHARE, repeat + 1)
        if ran:
            bests.setdefault(name, []).append(best(ran[0]))

print("%d faces of %d numbers; %s\nmedians of %d runs in turn, each of %d epochs, the first not counted"
      % (rows, dim, ARCH, repeats, epochs))
print("%-9s %6s %8s %9s %7s %8s %7s %8s" % ("program", "batch", "threads", "steps/s", "ours/it", "scaling", "% peak", "peak MB"))
for batch in batches:
    for threads in thread_counts:
        ours = median([rate for rate, _ in rates[batch, threads, "fa-train"]])
        for name in programs:
            if (batch, threads, name) not in rates:
                continue
            rate, memory = map(median, zip(*rates[batch, threads, name]))
            scaling = rate / median([rate for rate, _ in rates[batch, thread_counts[0], name]])
            print("%-9s %6d %8d %9.1f %7.2f %8.2f %7.1f %8s" % (name, batch, threads, rate, ours / rate, scaling,
                  100 * rate * gflop[batch] / median(peaks[threads]), "-" if memory is None else "%.0f" % memory))
print("scaling: times the steps with %d threads. %% peak: of BLIS's best on large square products, here %s GFLOP/s"
      % (thread_counts[0], ", ".join("%.0f (%d threads)" % (median(peaks[threads]), threads) for threads in thread_counts)))
print("\nto the best validation loss: batch %d, %d threads, the same %g %% held out, patience %d"
      % (batches[0], thread_counts[-1], 100 * SHARE, PATIENCE))
print("%-9s %9s %7s %9s" % ("program", "seconds", "epoch", "loss"))
for name, found in bests.items():
    print("%-9s %9.2f %7g %9.4f" % (name, *map(median, zip(*found))))
for name, why in missing.items():
    print("%s could not be run: %s" % (name, why))
