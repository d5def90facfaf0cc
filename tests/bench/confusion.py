"""Measures fa-confusion on a stream beside pandas with scikit-learn: confusion.py STREAM. They come in turn, so that what else the
machine does falls on both alike; the table has the medians. $B is the build folder, $FA_BENCH_REPEATS how often."""
import os, statistics, subprocess, sys, time

HERE, BUILD, stream = os.path.dirname(os.path.abspath(__file__)), os.environ.get("B", "build"), sys.argv[1]
PROGRAMS = {
    "fa-confusion": [BUILD + "/fa-confusion", "-q", "-F", "summary", stream],
    "no bootstrap": [BUILD + "/fa-confusion", "-q", "-F", "summary", "--bootstrap", "0", stream],
    "scikit-learn": [sys.executable, HERE + "/confusion_peer.py", stream],
}


def spend(command):
    """Seconds, seconds of processor time and peak memory (MB) of a command."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit("%s failed" % " ".join(command))
    return time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


measured = {name: [] for name in PROGRAMS}
for _ in range(int(os.environ.get("FA_BENCH_REPEATS", "3"))):
    for name, command in PROGRAMS.items():
        measured[name].append(spend(command))
print("%s: %.0f MB" % (os.path.basename(stream), os.path.getsize(stream) / 1e6))
print("%-13s %8s %8s %8s" % ("program", "seconds", "CPU s", "peak MB"))
for name, runs in measured.items():
    print("%-13s %8.2f %8.2f %8.0f" % (name, *map(statistics.median, zip(*runs))))
