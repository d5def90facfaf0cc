"""Measures training of the original's net: train.py STREAM. Programs and settings come in turn, so that what else the machine
does falls on all alike, and the table has the medians. $B is the build folder, $FA_BENCH_EPOCHS and $FA_BENCH_REPEATS say
how long, $FA_BENCH_BATCHES and $FA_BENCH_THREADS (lists) what is measured, $FA_BENCH_PEERS against which of torch and keras."""
import os, statistics, subprocess, sys, time

import msgpack

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("B", "build")
ARCH = "dense 464 relu, dropout 0.2, dense 480 relu, dropout 0.4, dense 32 relu, batchnorm, dense 64 relu, batchnorm"
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


def measure_stream():
    """Rows, length of a vector, classes of all heads together."""
    rows, classes = 0, set()
    for item in msgpack.Unpacker(open(stream, "rb"), max_buffer_size=1 << 28):
        if item[0] == 0:
            dim = item[5]["shape"][0]
        elif item[0] == 1 and item[4]:
            rows += 1
            classes |= {(head, item[2][head]) for head in ("age", "gender", "race")}
    return rows, dim, len(classes)


def spend(command):
    """Seconds and peak memory (MB) of a command."""
    begin = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit("%s failed" % command[0])
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def run_ours(batch, threads):
    """What the epochs after the first take longer: reading, writing and the first epoch are left out, as for the peers."""
    def train(n):
        return spend([BUILD + "/fa-train", "-q", "-o", "/dev/null", "-l", "age,gender,race", "-b", str(batch), "-j", str(threads),
                      "--epochs", str(n), "--arch", ARCH, "--optimizer", "adam", "--lr", "0.001", "--schedule", "constant",
                      "--validation-split", "0", stream])
    first, _ = train(1)
    whole, memory = train(epochs)
    return -(-rows // batch) * (epochs - 1) / (whole - first), memory


def run_floor(batch, threads):
    command = [BUILD + "/tests/floor", str(dim), str(classes), str(batch), str(threads)]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout), None


def peer(name):
    def run(batch, threads):
        command = [sys.executable, HERE + "/peer.py", name, stream, str(batch), str(threads), str(epochs)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            missing[name] = done.stderr.strip().splitlines()[-1]
            return None
        return tuple(float(number) for number in done.stdout.split())
    return run


programs = {"fa-train": run_ours, "floor": run_floor, **{name: peer(name) for name in peers}}
rows, dim, classes = measure_stream()
missing, measured = {}, {}
for _ in range(repeats):
    for batch in batches:
        for threads in thread_counts:
            for name, run in programs.items():
                print("batch %d, %d threads: %s" % (batch, threads, name), file=sys.stderr)
                got = None if name in missing else run(batch, threads)
                if got:
                    measured.setdefault((batch, threads, name), []).append(got)

print("%d faces of %d numbers; %s\nmedians of %d runs in turn, each of %d epochs, the first not counted" % (rows, dim, ARCH, repeats, epochs))
print("%-9s %6s %8s %9s %7s %8s" % ("program", "batch", "threads", "steps/s", "ours/it", "peak MB"))
for batch in batches:
    for threads in thread_counts:
        ours = statistics.median(rate for rate, _ in measured[batch, threads, "fa-train"])
        for name in programs:
            if (batch, threads, name) not in measured:
                continue
            rate, memory = (statistics.median(column) if column[0] is not None else None
                            for column in zip(*measured[batch, threads, name]))
            print("%-9s %6d %8d %9.1f %7.2f %8s" % (name, batch, threads, rate, ours / rate, "-" if memory is None else "%.0f" % memory))
for name, why in missing.items():
    print("%s could not be run: %s" % (name, why))
