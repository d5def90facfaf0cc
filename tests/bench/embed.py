"""Measures the embedding engine beside ONNX Runtime, OpenVINO, ncnn and OpenCV: embed.py. Same network (float32 ONNX), same crops,
same run; each peer with the threads, processes and batch at which it is fastest here, and once more one face at a time, by all
threads of one process. Ours is timed as a library (engine.c) and as the whole process fa-embed, start-up and streams included. All are run in turn, $FA_BENCH_REPEATS (5) times $FA_BENCH_SECONDS (2)
each, and medians told. $B is the build folder; $FA_BENCH_MODELS the cards (facenet-vggface2 mobilefacenet); $FA_BENCH_PEERS the
peers; $FA_BENCH_OUT a CSV file of all that was measured."""
import csv, io, os, statistics, subprocess, sys, time

import msgpack
import numpy
import onnx
from onnx import TensorProto, numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "cli"))
import fastream

B = os.environ.get("B", "build")
WORK = B + "/bench/engine"
CORES = sorted(os.sched_getaffinity(0))
REPEATS, SECONDS = int(os.environ.get("FA_BENCH_REPEATS", 5)), float(os.environ.get("FA_BENCH_SECONDS", 2))
PEERS = os.environ.get("FA_BENCH_PEERS", "onnxruntime openvino ncnn opencv").split()
MODELS = os.environ.get("FA_BENCH_MODELS", "facenet-vggface2 mobilefacenet").split()
CROPS = 32
written = []


class Worker:
    """A process that says `ready`, then answers lines."""

    def __init__(self, command, cores):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        preexec_fn=lambda: os.sched_setaffinity(0, cores))
        self.ready = self.process.stdout.readline().strip() == "ready"

    def ask(self, line):
        self.process.stdin.write("%s\n" % line)
        self.process.stdin.flush()

    def answer(self):
        return float(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        memory = self.process.stdout.readline()
        self.process.wait()
        return float(memory or 0)


class Setting:
    """Processes that run at once: their pictures a second are added up."""

    def __init__(self, name, model, processes, threads, batch, cores, alone):
        self.name, self.batch = name, batch
        self.what = "%d x %d, %s" % (processes, threads, "alone" if alone else "batch %d" % batch)
        self.output = "%s/%s-%s.out" % (WORK, model["name"], name)
        self.rates = []
        tail = [str(model["side"]), str(batch), str(threads), model["input"], self.output]
        if name == "fa":
            command = [B + "/tests/engine", model["onnx"]] + tail + ["share"] * alone
        else:
            command = [sys.executable, HERE + "/engine_peer.py", name, model["stem"] if name == "ncnn" else model["onnx"]] + tail
        self.workers = [Worker(command, cores) for _ in range(processes)]
        self.works = all(worker.ready for worker in self.workers)

    def measure(self, seconds):
        for worker in self.workers:
            worker.ask(seconds)
        return sum(worker.answer() for worker in self.workers)

    def end(self):
        return sum(worker.end() for worker in self.workers)


class Process:
    """fa-embed as people start it, on a stream of so many crops that it runs for a while."""

    def __init__(self, model, cores, threads, batch):
        self.name, self.what, self.rates, self.cores = "fa-embed", "-j %d -b %d" % (threads, batch), [], cores
        self.command = [B + "/fa-embed", "-q", "-j", str(threads), "-b", str(batch), "-m", model["name"], "--weights", model["onnx"], model["crops"]]
        self.memory = 0

    def measure(self, seconds):
        begin, done = time.perf_counter(), 0
        while time.perf_counter() - begin < seconds:
            process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, self.cores))
            _, status, usage = os.wait4(process.pid, 0)
            assert status == 0
            self.memory = max(self.memory, usage.ru_maxrss >> 10)
            done += 640
        return done / (time.perf_counter() - begin)

    def end(self):
        return self.memory


# ---- the network and the crops ----

def widen(path, to):
    """Weights stored as float16 behind Casts become float32, so that no peer converts them in a run."""
    model = onnx.load(path)
    graph, renamed, kept = model.graph, {}, []
    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT16:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype("f4"), tensor.name))
    for node in graph.node:
        if node.op_type == "Cast":
            renamed[node.output[0]] = renamed.get(node.input[0], node.input[0])
        else:
            for k, name in enumerate(node.input):
                node.input[k] = renamed.get(name, name)
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)
    # batches of any size: the file may be fixed to one
    for value in list(graph.input) + list(graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    del graph.value_info[:]
    for node in graph.node:
        if node.op_type == "Reshape":
            for tensor in graph.initializer:
                shape = numpy_helper.to_array(tensor)
                if tensor.name == node.input[1] and shape.ndim == 1 and shape[0] == 1:
                    tensor.CopyFrom(numpy_helper.from_array(numpy.array([-1] + [d if d > 0 else 512 for d in shape[1:]]), tensor.name))
    onnx.save(model, to)


def lines(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def make_crops(model, card):
    """Real crops of UTKFace where they are at hand, else noise; 640 of them in a stream for fa-embed."""
    folder = os.path.join(os.environ.get("FA_SHARED", "../shared"), "data", "utkface", "images")
    stream, side = WORK + "/%s.crop" % model["name"], model["side"]
    if os.path.isdir(folder):
        paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))[:2 * CROPS]]
        made = subprocess.run([B + "/fa-align", "-1", "-q", "-m", model["name"]] + paths, check=True, capture_output=True).stdout
        items = list(msgpack.Unpacker(io.BytesIO(made)))
        header, crops = items[0], [r[4] for r in items[1:-1] if r[4]][:CROPS]
    else:
        print("no real crops without FA_SHARED: noise")
        header = [0, "fa", 1, 0, "crop", {"dtype": "u8", "shape": [side, side, 3], "template": card["crop"], "order": "rgb"}]
        crops = [numpy.random.default_rng(i).integers(0, 256, side * side * 3, "u1").tobytes() for i in range(CROPS)]
    header[5] = {key: header[5][key] for key in ("dtype", "shape", "template", "order")}
    with open(stream, "w") as sys.stdout:
        fastream.write(header, ([1, "%d" % i, {}, {}, crops[i % CROPS]] for i in range(640)))
    sys.stdout = sys.__stdout__
    pixels = numpy.frombuffer(b"".join(crops), "u1").reshape(-1, side, side, 3)[..., ::-1 if "bgr" in card["input"] else 1]
    mean, scale = float(card["mean"]), float(card["scale"])
    ((pixels.astype("f4") - numpy.float32(mean)) * numpy.float32(scale)).transpose(0, 3, 1, 2).copy().tofile(model["input"])


def make_model(name):
    card_path, weights = lines(B + "/fa-embed", "--files", "-m", name)[:2]
    card = dict((k.strip(), v.strip()) for k, v in (line.split("=", 1) for line in open(card_path) if "=" in line and line[0] != "#"))
    side = int(card["input"].split("x")[0])
    model = {"name": name, "side": side, "onnx": "%s/%s.onnx" % (WORK, name), "input": "%s/%s.f32" % (WORK, name),
             "crops": "%s/%s.crop" % (WORK, name), "stem": "%s/%s" % (WORK, name.replace("-", "_"))} # as pnnx calls it
    widen(weights, model["onnx"])
    make_crops(model, card)
    if "ncnn" in PEERS:
        subprocess.run([os.path.join(os.path.dirname(sys.executable), "pnnx"), os.path.basename(model["onnx"]),
                        "inputshape=[1,3,%d,%d]" % (side, side), "fp16=0"], cwd=WORK, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    described = lines(B + "/fa-embed", "--describe", model["onnx"])
    model["macs"] = 1e6 * float(next(line for line in described if "million MACs" in line).split()[4])
    return model


# ---- measuring ----

def fastest(name, model, cores, batches, alone):
    """The setting in which a peer does most, by a short run of each."""
    best = None
    for processes, threads in sorted({(1, len(cores))} if alone else {(len(cores), 1), (1, len(cores))}):
        for batch in batches if name != "ncnn" else batches[:1]:
            setting = Setting(name, model, processes, threads, batch, cores, alone)
            rate = max(setting.measure(SECONDS / 4) for _ in range(2)) if setting.works else 0
            if rate and (not best or rate > best[0]):
                if best:
                    best[1].end()
                best = (rate, setting)
            else:
                setting.end()
    return best and best[1]


def agreement(model, setting, reference):
    ours, theirs = (numpy.fromfile(path, "<f4") for path in (reference.output, setting.output))
    dim = len(ours) // (CROPS // reference.batch * reference.batch)
    n = min(len(ours), len(theirs)) // dim
    a, b = ours.reshape(-1, dim)[:n], theirs.reshape(-1, dim)[:n]
    return float(((a * b).sum(1) / numpy.linalg.norm(a, axis=1) / numpy.linalg.norm(b, axis=1)).min())


def compare(model, cores, batches, alone=False):
    ours = fastest("fa", model, cores, batches, alone)
    if not ours:
        sys.exit("embed.py: engine fails on %s" % model["onnx"])
    threads = len(ours.workers) if len(cores) == 1 else len(cores)
    runs = [ours] if alone else [ours, Process(model, cores, threads, ours.batch)]
    runs += [setting for setting in (fastest(name, model, cores, batches, alone) for name in PEERS) if setting]
    peaks = []
    for _ in range(REPEATS):
        for run in runs:
            run.rates.append(run.measure(SECONDS))
        peaks.append(ours.measure("peak") * (len(cores) if alone else 1))  # of one thread, where one does the asking
    best = max((statistics.median(run.rates) for run in runs if not run.name.startswith("fa")), default=0)
    limit = statistics.median(peaks) * 1e9 / (2 * model["macs"])
    print("\n%s on %d core%s%s, %.0f million MACs; limit of direct convolution %.1f faces/s (%.0f GFLOP/s of multiply-adds)" % (
        model["name"], len(cores), "s" if len(cores) > 1 else "", ", one face at a time" if alone else "", model["macs"] / 1e6, limit, statistics.median(peaks)))
    print("%-14s %-18s %9s %7s %7s %9s %9s %11s" % ("", "processes x threads", "faces/s", "from", "to", "to best", "% limit", "cosine"))
    for run in runs:
        rate = statistics.median(run.rates)
        cosine = "" if run.name.startswith("fa") else "%.8f" % agreement(model, run, ours)
        memory = run.end()
        print("%-14s %-18s %9.1f %7.1f %7.1f %9s %9.1f %11s %6.0f MiB" % (
            run.name, run.what, rate, min(run.rates), max(run.rates), "%.2f" % (rate / best) if best else "-", 100 * rate / limit, cosine, memory), flush=True)
        for i, each in enumerate(run.rates):
            written.append((model["name"], len(cores), run.name, run.what, i + 1, each, memory))


os.makedirs(WORK, exist_ok=True)
for name in MODELS:
    try:
        model = make_model(name)
    except (subprocess.CalledProcessError, OSError) as failed:
        print("%s: left out: %s" % (name, getattr(failed, "stderr", None) or failed))
        continue
    compare(model, set(CORES), (1, 4, 8))
    compare(model, {CORES[0]}, (1,))
    if len(CORES) > 1:
        compare(model, set(CORES), (1,), alone=True)
if os.environ.get("FA_BENCH_OUT"):
    with open(os.environ["FA_BENCH_OUT"], "w", newline="") as file:
        csv.writer(file).writerows([("model", "cores", "engine", "setting", "repeat", "faces/s", "MiB")] + written)
