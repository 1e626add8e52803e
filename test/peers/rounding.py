"""Rounds the matrices of a JSON job by GPTQ and AdaRound, written from the papers; prints the codes of each."""

import json
import sys

import numpy as np


def quantize(values, scale, zero, lowest, highest):
    return np.clip(np.rint(values / scale) + zero, lowest, highest)


def qparams(weights, bits, symmetric):
    """Of the columns of some rows."""
    if symmetric:
        most = 2 ** (bits - 1) - 1
        scale = np.abs(weights).max(0) / np.float32(most)
        return np.where(scale == 0, 1, scale).astype(np.float32), np.zeros_like(scale), -most, most
    low, high = np.minimum(weights.min(0), 0), np.maximum(weights.max(0), 0)
    scale = np.maximum((high - low) / np.float32(2**bits - 1), np.float32(2.0**-23)).astype(np.float32)
    return scale, np.clip(-np.rint(low / scale), 0, 2**bits - 1), 0, 2**bits - 1


def gptq(weight, gram, bits, symmetric, group, act_order, damping=0.01):
    """Algorithm 1 of arXiv:2210.17323 for W transposed, without its lazy batches, which change no number but for rounding."""
    inputs = len(weight)
    order = np.argsort(-np.diag(gram), kind="stable") if act_order else np.arange(inputs)
    current = weight.astype(np.float64)[order]
    hessian = 2 * gram[np.ix_(order, order)]
    hessian += np.eye(inputs) * damping * np.mean(np.diag(hessian))
    factor = np.linalg.cholesky(np.linalg.inv(hessian)).T  # upper: inverse = factor.T @ factor
    codes = np.zeros(weight.shape)
    for p, i in enumerate(order):
        if act_order:
            first = i // group * group
            scale, zero, lowest, highest = qparams(weight[first : first + group], bits, symmetric)
        elif i % group == 0:
            scale, zero, lowest, highest = qparams(current[i : i + group].astype(np.float32), bits, symmetric)
        codes[i] = quantize(current[p], scale.astype(np.float64), zero, lowest, highest)
        error = (current[p] - scale.astype(np.float64) * (codes[i] - zero)) / factor[p, p]
        current[p + 1 :] -= np.outer(factor[p, p + 1 :], error)
    return codes


def adaround(weight, gram, bits, iterations, rate, regularization, warm_up):
    """arXiv:2004.10568, symmetric, with a scale per column; Adam as Kingma and Ba have it, in double precision."""
    scale, _, lowest, highest = qparams(weight, bits, True)
    weight, scale = weight.astype(np.float64), scale.astype(np.float64)
    below = np.floor(weight / scale)
    free = (below >= lowest) & (below < highest)
    fraction = np.where(free, weight / scale - below, 0)
    gram = gram / np.mean(scale**2 * np.diag(gram)[:, None])
    zeta, gamma = 1.1, -0.1
    v = -np.log((zeta - gamma) / (fraction - gamma) - 1)
    base = np.where(free, below, np.clip(np.rint(weight / scale), lowest, highest))
    first, second = np.zeros_like(v), np.zeros_like(v)
    stretch = lambda: 1 / (1 + np.exp(-v)) * (zeta - gamma) + gamma
    for t in range(1, iterations + 1):
        progress = t / iterations
        beta = 2 + 9 * (1 + np.cos(np.pi * max(progress - warm_up, 0) / (1 - warm_up)))
        h = np.clip(stretch(), 0, 1)
        reconstruction = 2 * gram @ (scale * (base + h * free) - weight) * scale * free
        side = 2 * h - 1
        cost = -regularization * beta * np.sign(side) * np.abs(side) ** (beta - 1) * 2 * (progress > warm_up)
        sigmoid = 1 / (1 + np.exp(-v))
        inside = (stretch() >= 0) & (stretch() <= 1)
        gradient = (reconstruction + cost * free) * sigmoid * (1 - sigmoid) * (zeta - gamma) * inside
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        v -= rate * (first / (1 - 0.9**t)) / (np.sqrt(second / (1 - 0.999**t)) + 1e-8)
    return base + free * (np.clip(stretch(), 0, 1) >= 0.5)


def answer(job):
    weight = np.array(job["weight"], np.float32).reshape(job["shape"])
    gram = np.array(job["gram"]).reshape(len(weight), -1)
    if job["method"] == "gptq":
        codes = gptq(weight, gram, job["bits"], job["symmetric"], job["group"], job["actOrder"])
    else:
        options = (job[name] for name in ("iterations", "learningRate", "regularization", "warmUp"))
        codes = adaround(weight, gram, job["bits"], *options)
    return codes.astype(int).ravel().tolist()


with open(sys.argv[1]) as file:
    print(json.dumps([answer(job) for job in json.load(file)["jobs"]]))
