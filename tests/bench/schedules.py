"""Measures what searches find for so many epochs of training, fa-tune's beside Optuna's: schedules.py STREAM. All search the
original's space for the best sum of the heads' validation accuracies in any epoch of any trial. $FA_BENCH_FACES (2000) faces
are taken evenly from the stream and every fifth of them is held out; a trial has up to $FA_BENCH_MAX_EPOCHS (27), factor 3, no
early stopping; each search spends $FA_BENCH_BUDGET (750) epochs, which is two rounds of Keras's brackets, and is done with
$FA_BENCH_SEEDS (5) seeds. Optuna's trials are trained by fa-train, whose lines it reads and which it kills when a trial is
pruned. Every search's best score so far, by the epochs and the seconds of processor time spent, goes to a CSV file in a
folder of $B/bench, and a search that is there is not done again. $FA_BENCH_THREADS searches are done at once."""
import concurrent.futures, csv, os, re, signal, statistics, subprocess, sys, tempfile, time

import msgpack
import optuna

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, ROOT + "/tests/cli")
import fastream

BUILD = os.environ.get("B", "build")
HEADS = ("age", "gender", "race")
FACES, MAX_EPOCHS, BUDGET, SEEDS, THREADS = (int(os.environ.get("FA_BENCH_" + name, default)) for name, default in (
    ("FACES", 2000), ("MAX_EPOCHS", 27), ("BUDGET", 750), ("SEEDS", 5), ("THREADS", len(os.sched_getaffinity(0)))))
FACTOR = 3
SHARES = (0.1, 0.25, 0.5, 1)
ARCH = ("dense {units1} {activation}, dropout {rate1}, dense {units2} {activation}, dropout {rate2}, "
        "dense {units3} {activation}, batchnorm, dense {units4} {activation}, batchnorm")


def read(path):
    """Header, and FACES of the records that have an embedding and all labels."""
    items = list(msgpack.Unpacker(open(path, "rb"), max_buffer_size=1 << 30))
    records = [r for r in items if r[0] == 1 and r[4] and all(head in r[2] for head in HEADS)]
    n = min(FACES, len(records))
    return items[0], [records[i * len(records) // n] for i in range(n)]


def write(path, header, records):
    with open(path, "w") as sys.stdout:
        fastream.write(header, records)
    sys.stdout = sys.__stdout__


def processor(process):
    """Waits for a process: its status, and its seconds of processor time."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime


class Tune:
    """fa-tune with these options. A search gives the score and the seconds of processor time of each epoch."""

    def __init__(self, *options):
        self.options = options

    def search(self, folder, seed):
        with tempfile.TemporaryDirectory() as out:
            status, spent = processor(subprocess.Popen(
                [BUILD + "/fa-tune", "-q", "-j", "1", "-s", str(seed), "-l", ",".join(HEADS), "--max-epochs", str(MAX_EPOCHS),
                 "--factor", str(FACTOR), "--cap-epochs", str(BUDGET), "--patience", "0", "--space", ROOT +
                 "/pipelines/fairface.space", "--set", "validation-split = fixed 0", "--validation", folder + "/valid.emb", "-O",
                 out, *self.options, folder + "/train.emb"]))
            assert status == 0
            rows = list(csv.DictReader(open(out + "/epochs.csv")))
        whole = sum(float(r["seconds"]) for r in rows)
        return [(sum(float(r[head + " val_accuracy"]) for head in HEADS), spent * float(r["seconds"]) / whole) for r in rows]


class Optuna:
    """Optuna's TPE with its own defaults, and one of its pruners, likewise."""

    def __init__(self, make_pruner):
        self.make_pruner = make_pruner

    def search(self, folder, seed):
        study = optuna.create_study(study_name="seed %d" % seed, direction="maximize", pruner=self.make_pruner(),
                                    sampler=optuna.samplers.TPESampler(seed=seed))
        epochs = []
        while len(epochs) < BUDGET:
            began = time.thread_time()
            trial = study.ask()
            scores, spent = self.train(folder, seed, trial, BUDGET - len(epochs))
            pruned = len(scores) < MAX_EPOCHS
            study.tell(trial, None if pruned else max(scores), optuna.trial.TrialState.PRUNED if pruned else None)
            spent += time.thread_time() - began
            epochs += [(score, spent / len(scores)) for score in scores]
        return epochs

    def train(self, folder, seed, trial, most):
        chosen = {"units%d" % i: trial.suggest_int("units%d" % i, 32, 512, step=16) for i in range(1, 5)}
        chosen.update({"rate%d" % i: trial.suggest_categorical("rate%d" % i, [0.2, 0.4, 0.5]) for i in (1, 2)})
        chosen["activation"] = trial.suggest_categorical("activation", ["relu", "sigmoid"])
        rate = trial.suggest_categorical("lr", [1e-2, 1e-3, 1e-4])
        process = subprocess.Popen(
            [BUILD + "/fa-train", "-j", "1", "-s", str(1000000 * seed + trial.number), "-l", ",".join(HEADS), "--epochs",
             str(MAX_EPOCHS), "--patience", "0", "--validation", folder + "/valid.emb", "--validation-split", "0", "--arch",
             ARCH.format(**chosen), "--lr", str(rate), "--optimizer", "adam", "--schedule", "constant", "-b", "16", "-o",
             "/dev/null", folder + "/train.emb"], stderr=subprocess.PIPE, text=True)
        scores = []
        for line in process.stderr:
            if not re.match(r" *\d+ ", line):
                continue
            scores.append(sum(exactly(part.split()[3]) for part in line.split("|")[1:]))
            trial.report(max(scores), len(scores))
            if trial.should_prune() or len(scores) in (MAX_EPOCHS, most):
                break
        os.kill(process.pid, signal.SIGKILL)  # process.kill() might reap it, which is for processor() to do
        process.stderr.close()
        _, spent = processor(process)
        return scores, spent


def exactly(percent):
    """The accuracy that fa-train prints with one decimal, which tells up to 999 faces apart."""
    return round(float(percent) / 100 * held) / held


METHODS = {
    "Hyperband": Tune("--iterations", "99"),
    "Hyperband, TPE": Tune("--iterations", "99", "--sampler", "tpe"),
    "ASHA": Tune("--search", "asha", "--trials", "9999"),
    "ASHA, TPE": Tune("--search", "asha", "--trials", "9999", "--sampler", "tpe"),
    "random": Tune("--search", "random", "--trials", "9999"),
    "TPE": Tune("--search", "random", "--trials", "9999", "--sampler", "tpe"),
    "Optuna: Hyperband, TPE": Optuna(lambda: optuna.pruners.HyperbandPruner(1, MAX_EPOCHS, FACTOR)),
    "Optuna: SuccessiveHalving, TPE": Optuna(lambda: optuna.pruners.SuccessiveHalvingPruner(1, FACTOR)),
}


def file_of(folder, method, seed):
    return "%s/%s-%d.csv" % (folder, method.replace(": ", "-").replace(", ", "-").lower(), seed)


def search(folder, method, seed):
    """Does it, if it was not done, and writes a row for each epoch that was better than all before, and for the last one."""
    path = file_of(folder, method, seed)
    if os.path.exists(path):
        return
    best = seconds = 0
    epochs = METHODS[method].search(folder, seed)
    with open(path + ".new", "w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("method", "seed", "epochs", "seconds", "best"))
        for i, (score, spent) in enumerate(epochs):
            seconds += spent
            if score > best or i + 1 == len(epochs):
                best = max(best, score)
                rows.writerow((method, seed, i + 1, "%.3f" % seconds, "%.6f" % best))
    os.rename(path + ".new", path)


def reached(rows, share):
    return max((float(r["best"]) for r in rows if int(r["epochs"]) <= share * BUDGET), default=0)


def spread(values, form):
    return (form + " ± " + form) % (statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0)


optuna.logging.set_verbosity(optuna.logging.ERROR)
header, records = read(sys.argv[1])
held = len(records[::5])
assert held < 1000, "more faces held out than a tenth of a percent tells apart"
folder = "%s/bench/schedules-%d-%d-%d" % (BUILD, len(records), MAX_EPOCHS, BUDGET)
os.makedirs(folder, exist_ok=True)
for name, part in (("train", [r for i, r in enumerate(records) if i % 5]), ("valid", records[::5])):
    write("%s/%s.emb" % (folder, name), header, part)
print("%d faces of %d numbers, %d of them held out; up to %d epochs a trial, factor %d; %d seeds" %
      (len(records), header[5]["shape"][0], held, MAX_EPOCHS, FACTOR, SEEDS))
with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
    jobs = [pool.submit(search, folder, method, seed) for seed in range(1, SEEDS + 1) for method in METHODS]
    concurrent.futures.wait(jobs, return_when=concurrent.futures.FIRST_EXCEPTION)
    pool.shutdown(cancel_futures=True)
    for job in jobs:
        if not job.cancelled():
            job.result()
print("%-31s" % "best score after epochs" + "".join("%17d" % (share * BUDGET) for share in SHARES) + "%15s" % "seconds")
with open(folder + "/schedules.csv", "w", newline="") as file:
    table = csv.DictWriter(file, ("method", "seed", "epochs", "seconds", "best"), lineterminator="\n")
    table.writeheader()
    for method in METHODS:
        seeds = [list(csv.DictReader(open(file_of(folder, method, seed)))) for seed in range(1, SEEDS + 1)]
        for rows in seeds:
            table.writerows(rows)
        print("%-31s" % method + "".join("%17s" % spread([reached(rows, share) for rows in seeds], "%.4f") for share in SHARES) +
              "%15s" % spread([float(rows[-1]["seconds"]) for rows in seeds], "%.0f"))
