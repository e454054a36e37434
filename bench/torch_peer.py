"""The peer: PyTorch on one thread. python3 torch_peer.py MODE N REPEATS -> JSON on stdout.

MODE unroll: 20 steps forward and back through the two-layer LSTM optimizer; forward: the same without gradients;
meta: unroll with the MNIST classifier's own gradients (random images: the time does not depend on them), everything
replayed, as autograd does. Two variants: nn.LSTMCell and gates by hand; the best one counts.
"""
import json
import resource
import sys
import time

import torch

torch.set_num_threads(1)
torch.manual_seed(0)
T, H, P = 20, 20, 10
mode, n, repeats = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
variants = sys.argv[4].split(",") if len(sys.argv) > 4 else ["cell", "gates"]


class Gates(torch.nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.linear = torch.nn.Linear(inputs + H, 4 * H)

    def forward(self, x, state):
        h, c = state
        i, j, f, o = self.linear(torch.cat([x, h], 1)).split(H, 1)
        c = torch.sigmoid(f + 1) * c + torch.sigmoid(i) * torch.tanh(j)
        return torch.sigmoid(o) * torch.tanh(c), c


def features(d):
    size = d.abs()
    big = size >= 4.5399931e-5
    return torch.stack([torch.where(big, torch.log(size + 1e-30) / P, -torch.ones_like(d)), torch.where(big, d.sign(), d * 22026.4658)], 1)


def mlp_gradient(theta, x, y):
    leaf = theta.detach().requires_grad_()
    h = torch.sigmoid(x @ leaf[:15680].view(784, 20) + leaf[15680:15700])
    logits = h @ leaf[15700:15900].view(20, 10) + leaf[15900:15910]
    loss = torch.nn.functional.cross_entropy(logits, y)
    return torch.autograd.grad(loss, leaf)[0]


def unroll(cells, out, grads, train, problem):
    if not train:
        torch.set_grad_enabled(False)
    states = [(torch.zeros(n, H), torch.zeros(n, H)) for _ in cells]
    theta = torch.randn(n) * 0.01
    steps = []
    for t in range(T):
        with torch.enable_grad():
            d = mlp_gradient(theta, *problem) if problem else grads[t]
        x = features(d)
        for l, cell in enumerate(cells):
            states[l] = cell(x, states[l])
            x = states[l][0]
        g = out(x)[:, 0] * 0.1
        steps.append((g, d))
        theta = theta + g.detach()
    if train:
        lam = mlp_gradient(theta, *problem) if problem else grads[T]
        loss = 0
        for g, d in reversed(steps):
            loss = loss + (g * lam).sum()
            lam = lam + d
        loss.backward()
    torch.set_grad_enabled(True)


result = {}
for variant in variants:
    make = (lambda i: torch.nn.LSTMCell(i, H)) if variant == "cell" else Gates
    cells, out = [make(2), make(H)], torch.nn.Linear(H, 1)
    grads = [torch.randn(n) * 0.01 for _ in range(T + 1)]
    problem = (torch.rand(128, 784), torch.randint(10, (128,))) if mode == "meta" else None
    times = []
    for r in range(repeats + 1):
        start = time.perf_counter()
        unroll(cells, out, grads, mode != "forward", problem)
        if r > 0 or repeats == 0:
            times.append(time.perf_counter() - start)
    result[variant] = times
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"seconds": result, "peak": peak, "version": torch.__version__}))
