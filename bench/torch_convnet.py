"""The peer of the convolutional classifier: PyTorch on one thread. python3 torch_convnet.py REPEATS -> JSON on stdout.

Loss and gradient of the released CIFAR net (5×5 convolutions of 16, 16, 16 channels, batch norm without scale, ReLU, max-pool
2×2; fully-connected 32 with the same; 10) on 128 random images. In NCHW and in channels-last; the best one counts.
"""
import json
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(0)
repeats = int(sys.argv[1])


def leaf(*shape):
    return (torch.randn(*shape) * 0.01).requires_grad_()


def run(memory_format):
    convs = []
    inputs = 3
    for outputs in (16, 16, 16):
        w = (torch.randn(outputs, inputs, 5, 5) * 0.01).contiguous(memory_format=memory_format).requires_grad_()
        convs.append((w, leaf(outputs), leaf(outputs)))
        inputs = outputs
    fc = [leaf(32, 256), leaf(32), leaf(32), leaf(10, 32), leaf(10)]
    leaves = [t for c in convs for t in c] + fc
    x = torch.rand(128, 3, 32, 32).contiguous(memory_format=memory_format)
    y = torch.randint(10, (128,))
    times = []
    for r in range(repeats + 1):
        start = time.perf_counter()
        h = x
        for w, b, beta in convs:
            h = F.batch_norm(F.conv2d(h, w, b, padding=2), None, None, None, beta, True, eps=1e-3)
            h = F.max_pool2d(F.relu(h), 2)
        h = F.relu(F.batch_norm(F.linear(h.flatten(1), fc[0], fc[1]), None, None, None, fc[2], True, eps=1e-3))
        torch.autograd.grad(F.cross_entropy(F.linear(h, fc[3], fc[4]), y), leaves)
        if r > 0:
            times.append(time.perf_counter() - start)
    return times


seconds = {"nchw": run(torch.contiguous_format), "channels-last": run(torch.channels_last)}
print(json.dumps({"seconds": seconds, "version": torch.__version__}))
