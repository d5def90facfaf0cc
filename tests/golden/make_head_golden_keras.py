"""Writes head_golden_keras.txt: cases of head_golden.txt by Keras, for tests/unit/test_head_golden.c.

    python tests/golden/make_head_golden_keras.py <tests/golden/head_golden.txt >tests/golden/head_golden_keras.txt

Needs tensorflow-cpu (made with 2.21.0 and its Keras 3.15.1). Weights, batches, labels and class weights are those of
head_golden.txt; of each case its name, the loss of each step, the gradients of the first and the weights after the last are
written, as there. Keras's own layers with its defaults, losses and optimisers are used, in double precision. Three things
are to be said to it, or it does them in another way than PyTorch and fa-train:
- Faces without a label have a sample weight of 0, but count in the mean; so the others weigh more.
- Adam's epsilon, 1e-7 by default, is added to the root of the second moment before that is corrected for its zero start, not
  after as Kingma and Ba's algorithm 1 has it. The same number therefore counts for up to 31 times more in the first steps
  where gradients are tiny: in the case adam the heads' kernel ends 4e-4 of its length away with 1e-8, 3e-3 with 1e-7.
- AdamW decays biases and batch norms too, unless told not to.
The case sgd is not among them: Keras's SGD takes its decay from the weights, not from the gradient.
"""
import os, sys

os.environ.update(KERAS_BACKEND="tensorflow", CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
import keras
import numpy as np
import tensorflow as tf
from keras import layers

keras.config.set_floatx("float64")

ROWS, DIM, CLASSES, STEPS = 6, 8, (4, 3), 10
HEAD_WEIGHT = (1.0, 0.5)
# Layers; label smoothing; the optimiser.
CASES = {
    "adam": (((10, "sigmoid"), "batchnorm", (7, "relu")), 0.0, lambda: keras.optimizers.Adam(1e-2)),
    "adamw": (((10, "gelu"), (7, "leaky_relu")), 0.1, lambda: keras.optimizers.AdamW(1e-2, weight_decay=0.1)),
}

words = iter(sys.stdin.read().split())


def take(name, *shape):
    assert next(words) == name and int(next(words)) == np.prod(shape), name
    return np.array([float(next(words)) for _ in range(np.prod(shape))]).reshape(shape)


def put(name, values):
    print(name, np.size(values))
    print(*("%.9g" % value for value in np.ravel(values)))


def build(plan):
    """The net, and for each array of fa-model(5) its name and the variables that side by side make it up."""
    z, arrays, kinds = keras.Input((DIM,)), [], {"dense": 0, "batchnorm": 0}
    inputs = z
    for item in plan:
        kind = item if item == "batchnorm" else "dense"
        kinds[kind] += 1
        layer = layers.BatchNormalization() if kind == "batchnorm" else layers.Dense(*item)
        z = layer(z)
        arrays += [("%s_%d/%s" % (kind, kinds[kind], variable.name), [variable]) for variable in layer.weights]
    heads = [layers.Dense(classes, "softmax") for classes in CLASSES]
    outputs = [head(z) for head in heads]
    arrays += [("heads/kernel", [head.kernel for head in heads]), ("heads/bias", [head.bias for head in heads])]
    return keras.Model(inputs, outputs), arrays


def joined(arrays, value_of):
    return [(name, np.concatenate([value_of(variable) for variable in parts], -1)) for name, parts in arrays]


def run(name, plan, smoothing, make_optimizer):
    print(name)
    net, arrays = build(plan)
    for key, parts in arrays:
        whole = take(key, *parts[0].shape[:-1], sum(part.shape[-1] for part in parts))
        for part, value in zip(parts, np.split(whole, np.cumsum([part.shape[-1] for part in parts])[:-1], -1)):
            part.assign(value)
    class_weight = np.split(take("class_weight", sum(CLASSES)), np.cumsum(CLASSES)[:-1])
    optimizer = make_optimizer()
    if optimizer.weight_decay:
        optimizer.exclude_from_weight_decay([v for v in net.trainable_variables if not v.path.endswith("/kernel")])
    net.compile(optimizer, [keras.losses.CategoricalCrossentropy(label_smoothing=smoothing) for _ in CLASSES],
                loss_weights=list(HEAD_WEIGHT))
    losses, gradients = [], []
    for step in range(1, STEPS + 1):
        optimizer.epsilon = 1e-8 * (1 - optimizer.beta_2**step) ** 0.5
        x, labels = take("x", ROWS, DIM), take("label", ROWS, len(CLASSES)).astype(int).T
        y = [np.eye(classes)[label] for classes, label in zip(CLASSES, labels)]
        sample_weight = [(label >= 0) * weight[label] * ROWS / (label >= 0).sum() for weight, label in zip(class_weight, labels)]
        with tf.GradientTape() as tape:
            loss = net.compute_loss(x, y, net(x, training=True), sample_weight)
        gradient = tape.gradient(loss, [v.value for v in net.trainable_variables])
        optimizer.apply(gradient, net.trainable_variables)
        losses.append(float(loss))
        gradients = gradients or {v.path: g.numpy() for v, g in zip(net.trainable_variables, gradient)}
    put("loss", losses)
    trained = [(key, parts) for key, parts in arrays if parts[0].trainable]
    for key, values in joined(trained, lambda v: gradients[v.path]) + joined(arrays, lambda v: v.numpy()):
        put(key, values)


for word in words:
    if word in CASES:
        run(word, *CASES[word])
