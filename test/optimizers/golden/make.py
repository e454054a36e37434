"""Golden trajectories from PyTorch (float64): python3 make.py > golden.json. Written by PyTorch 1.13.1."""
import json
import torch

torch.set_default_dtype(torch.float64)
W = torch.tensor([[1.0, 0.5, -0.25], [0.25, -1.0, 0.5], [0.75, 0.25, 1.25]])
Y = torch.tensor([1.0, -0.5, 2.0])
START = [0.5, -1.0, 0.25]


def quadratic(t):
    return ((W @ t - Y) ** 2).sum()


def rosenbrock(t):
    return (1 - t[0]) ** 2 + 10 * (t[1] - t[0] ** 2) ** 2 + (t[2] - t[1]) ** 2


def run(make, f, steps):
    t = torch.tensor(START, requires_grad=True)
    optimizer = make([t])
    rows = []
    for _ in range(steps + 1):
        calls = [0]

        def closure():
            calls[0] += 1
            optimizer.zero_grad()
            loss = f(t)
            loss.backward()
            return loss

        rows.append({"loss": f(t).item(), "theta": t.tolist()})
        optimizer.step(closure)
        rows[-1]["evaluations"] = calls[0]
    return rows


o = torch.optim
methods = {
    "sgd": (0.05, lambda p, lr: o.SGD(p, lr)),
    "momentum": (0.02, lambda p, lr: o.SGD(p, lr, momentum=0.9)),
    "nag": (0.02, lambda p, lr: o.SGD(p, lr, momentum=0.9, nesterov=True)),
    "adagrad": (0.3, lambda p, lr: o.Adagrad(p, lr, eps=1e-10)),
    "adadelta": (2.0, lambda p, lr: o.Adadelta(p, lr, rho=0.9, eps=1e-6)),
    "rmsprop": (0.02, lambda p, lr: o.RMSprop(p, lr, alpha=0.99, eps=1e-8)),
    "rprop": (0.05, lambda p, lr: o.Rprop(p, lr)),
    "adam": (0.1, lambda p, lr: o.Adam(p, lr)),
}
out = {"torch": torch.__version__, "W": W.tolist(), "y": Y.tolist(), "start": START, "methods": {}}
for name, (rate, make) in methods.items():
    out["methods"][name] = {"learningRate": rate, "rows": run(lambda p: make(p, rate), quadratic, 30)}
wolfe = lambda p: o.LBFGS(p, max_iter=1, max_eval=1000, history_size=100, line_search_fn="strong_wolfe")
out["lbfgs"] = {"quadratic": run(wolfe, quadratic, 4), "rosenbrock": run(wolfe, rosenbrock, 12)}
print(json.dumps(out))
