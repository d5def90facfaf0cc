"""Writes head_golden.txt: small heads trained for ten steps by PyTorch in double precision, for tests/unit/test_head_golden.c.

    python tests/golden/make_head_golden.py >tests/golden/head_golden.txt

Needs torch (CPU; made with 2.15.0). Every array is a line with its name and length, and a line with its numbers. A case is
its name alone on a line, then, for each array of the weights in the order of fa-model(5), where it begins; the class weights;
for each step the batch x and its labels (-1: none); the loss of each step; the gradients of the first; the weights after the
last. PyTorch's own layers, losses and optimisers are used, but for the moving statistics of a batch norm: PyTorch takes in
the unbiased variance, Keras the biased one.
"""
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

ROWS, DIM, CLASSES, STEPS = 6, 8, (4, 3), 10
HEAD_WEIGHT = (1.0, 0.5)
DENSE = {"sigmoid": torch.sigmoid, "relu": F.relu, "tanh": torch.tanh, "gelu": F.gelu,
         "leaky_relu": lambda z: F.leaky_relu(z, 0.2)}

# No batch norm follows a relu: where all of a batch's rows are above 0, the gradient of the bias is 0 but for rounding, and
# Adam makes steps of whatever rounding left.
# Layers; label smoothing; whether classes weigh differently; gradients are clipped to; the optimiser.
CASES = {
    "adam": (((10, "sigmoid"), "batchnorm", (7, "relu")), 0.0, True, None,
             lambda kernels, rest: torch.optim.Adam(kernels + rest, lr=1e-2)),
    "adamw": (((10, "gelu"), (7, "leaky_relu")), 0.1, False, None,
              lambda kernels, rest: torch.optim.AdamW([{"params": kernels, "weight_decay": 0.1},
                                                       {"params": rest, "weight_decay": 0.0}], lr=1e-2)),
    "sgd": (((10, "tanh"), "batchnorm"), 0.0, True, 0.5,
            lambda kernels, rest: torch.optim.SGD([{"params": kernels, "weight_decay": 0.01}, {"params": rest}], lr=0.1,
                                                  momentum=0.9)),
}


def put(name, tensor):
    values = tensor.detach().flatten().tolist()
    print(name, len(values))
    print(*("%.9g" % value for value in values))


def drawn(*shape):
    """Normal numbers that are floats of 32 bits."""
    return torch.randn(*shape).float().double()


def forward(x, layers, weights):
    at = 0
    for layer in layers:
        if layer == "batchnorm":
            gamma, beta, mean, variance = (tensor for _, tensor in weights[at:at + 4])
            with torch.no_grad():
                mean += 0.01 * (x.mean(0) - mean)
                variance += 0.01 * (x.var(0, unbiased=False) - variance)
            x = F.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-3)
            at += 4
        else:
            x = DENSE[layer[1]](x @ weights[at][1] + weights[at + 1][1])
            at += 2
    return x @ weights[at][1] + weights[at + 1][1]


def loss_of(logits, labels, class_weight, smoothing):
    total, offset = 0.0, 0
    for h, classes in enumerate(CLASSES):
        has = labels[:, h] >= 0
        target = labels[has, h]
        each = F.cross_entropy(logits[has, offset:offset + classes], target, reduction="none", label_smoothing=smoothing)
        total = total + HEAD_WEIGHT[h] * (class_weight[offset:offset + classes][target] * each).sum() / has.sum()
        offset += classes
    return total


def make_weights(layers):
    weights, width, kinds = [], DIM, {"dense": 0, "batchnorm": 0}
    for layer in layers + ((sum(CLASSES), "heads"),):
        kind = layer if layer == "batchnorm" else "dense"
        kinds[kind] += 1
        name = "heads" if layer[1] == "heads" else "%s_%d" % (kind, kinds[kind])
        if kind == "batchnorm":
            weights += [(name + "/gamma", 1 + 0.25 * drawn(width)), (name + "/beta", drawn(width)),
                        (name + "/moving_mean", torch.zeros(width)), (name + "/moving_variance", torch.ones(width))]
        else:
            weights += [(name + "/kernel", 0.5 * drawn(width, layer[0])), (name + "/bias", drawn(layer[0]))]
            width = layer[0]
    return [(name, tensor.float().double().requires_grad_("moving" not in name)) for name, tensor in weights]


def run(name, layers, smoothing, weighted, clip, optimizer):
    torch.manual_seed(7)
    print(name)
    weights = make_weights(layers)
    class_weight = drawn(sum(CLASSES)).abs() if weighted else torch.ones(sum(CLASSES))
    for key, tensor in weights:
        put(key, tensor)
    put("class_weight", class_weight)
    kernels = [tensor for key, tensor in weights if key.endswith("/kernel")]
    rest = [tensor for key, tensor in weights if tensor.requires_grad and not key.endswith("/kernel")]
    step, losses, gradients = optimizer(kernels, rest), [], []
    for i in range(STEPS):
        x = drawn(ROWS, DIM)
        labels = torch.stack([torch.randint(-1, classes, (ROWS,)) for classes in CLASSES], 1)
        labels[0] = torch.tensor([1, 2])  # no batch without any label
        put("x", x)
        put("label", labels)
        loss = loss_of(forward(x, layers, weights), labels, class_weight, smoothing)
        step.zero_grad()
        loss.backward()
        losses.append(loss.detach())
        gradients = gradients or [(key, tensor.grad.clone()) for key, tensor in weights if tensor.requires_grad]
        if clip:
            torch.nn.utils.clip_grad_norm_(kernels + rest, clip)
        step.step()
    put("loss", torch.stack(losses))
    for key, tensor in gradients + weights:
        put(key, tensor)


for case, recipe in CASES.items():
    run(case, *recipe)
