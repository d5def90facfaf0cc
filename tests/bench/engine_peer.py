"""A peer of the embedding engine, for embed.py, which talks to it as to engine.c:
engine_peer.py NAME NET SIDE BATCH THREADS INPUT OUTPUT, NAME being onnxruntime, openvino, ncnn (NET is then the stem of what pnnx
made) or opencv."""
import ctypes, ctypes.util, resource, struct, sys, time

import numpy

name, net, side, batch, threads, source, target = sys.argv[1:]
side, batch, threads = int(side), int(batch), int(threads)
pictures = numpy.fromfile(source, "<f4").reshape(-1, 3, side, side)


def flush_subnormals():
    """Channels that died in training fade into subnormal numbers, which take this kind of processor a hundred times as long: peers take
    them for zero, as the engine does, by the bits of the control word (x86-64's fenv_t has it last) that new threads inherit."""
    libm, state = ctypes.CDLL(ctypes.util.find_library("m")), ctypes.create_string_buffer(32)
    libm.fegetenv(state)
    struct.pack_into("<I", state, 28, struct.unpack_from("<I", state, 28)[0] | 0x8040)
    libm.fesetenv(state)


def open_onnxruntime():
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    session = onnxruntime.InferenceSession(net, options, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0].name
    return lambda x: session.run(None, {entry: x})[0]


def open_openvino():
    import openvino
    core = openvino.Core()
    model = core.read_model(net)
    model.reshape([batch, 3, side, side])
    compiled = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32",
                                                 "ENABLE_CPU_PINNING": False})
    request = compiled.create_infer_request()
    return lambda x: request.infer({0: x}, share_inputs=True)[0]


def open_ncnn():
    import ncnn
    made = ncnn.Net()
    made.opt.num_threads = threads
    made.load_param(net + ".ncnn.param")
    made.load_model(net + ".ncnn.bin")

    def run(x):
        out = []
        for picture in x: # it knows no batches
            with made.create_extractor() as extractor:
                extractor.input("in0", ncnn.Mat(picture))
                out.append(numpy.array(extractor.extract("out0")[1]).ravel())
        return numpy.stack(out)
    return run


def open_opencv():
    import cv2
    cv2.setNumThreads(threads)
    made = cv2.dnn.readNetFromONNX(net)

    def run(x):
        made.setInput(x)
        return made.forward()
    return run


flush_subnormals()
run = {"onnxruntime": open_onnxruntime, "openvino": open_openvino, "ncnn": open_ncnn, "opencv": open_opencv}[name]()
batches = [numpy.ascontiguousarray(pictures[i:i + batch]) for i in range(0, len(pictures) - batch + 1, batch)]
numpy.concatenate([numpy.array(run(x)).reshape(batch, -1) for x in batches]).astype("<f4").tofile(target)
print("ready", flush=True)
for line in sys.stdin:
    begin, done = time.perf_counter(), 0
    while time.perf_counter() - begin < float(line):
        run(batches[done % len(batches)])
        done += 1
    print("%.3f" % (done * batch / (time.perf_counter() - begin)), flush=True)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
