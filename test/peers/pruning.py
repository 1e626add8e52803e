"""Prunes the matrices of a JSON job by torch.nn.utils.prune, and scores them in numpy as the papers have it; prints masks, counts and scores."""

import json
import sys
import warnings

import numpy as np
import torch
import torch.nn.utils.prune as prune
from torch import nn

warnings.filterwarnings("ignore")


def linear(weight):
    """Of a kernel [in, out]."""
    layer = nn.Linear(*weight.shape, bias=False)
    layer.weight.data = torch.tensor(weight.T.copy())
    return layer


def mask_of(layer):
    return layer.weight_mask.T.int().flatten().tolist()


def unstructured(weights, amount):
    layers = [linear(weight) for weight in weights]
    for layer in layers:
        prune.l1_unstructured(layer, "weight", amount)
    return [mask_of(layer) for layer in layers]


def globally(weights, amount):
    layers = [linear(weight) for weight in weights]
    prune.global_unstructured([(layer, "weight") for layer in layers], prune.L1Unstructured, amount=amount)
    return [mask_of(layer) for layer in layers]


def random_counts(weights, amount):
    layers = [linear(weight) for weight in weights]
    for layer in layers:
        prune.random_unstructured(layer, "weight", amount)
    return [int((layer.weight_mask == 0).sum()) for layer in layers]


def structured(weights, amount):
    layers = [linear(weight) for weight in weights]
    for layer in layers:
        prune.ln_structured(layer, "weight", amount, n=1, dim=0)
    return [mask_of(layer) for layer in layers]


def wanda(weight, inputs, sparsity):
    """Sun et al.: of each output the lowest |w| · norm go; weight [in, out], inputs [rows, in]."""
    scores = np.abs(weight) * np.linalg.norm(inputs.astype(np.float64), axis=0)[:, None]
    mask = np.ones_like(weight, int)
    lowest = np.argsort(scores, axis=0)[: round(sparsity * len(weight))]
    np.put_along_axis(mask, lowest, 0, axis=0)
    return mask.flatten().tolist()


def fisher(weight, gradients):
    return (weight.astype(np.float64) ** 2 * (gradients.astype(np.float64) ** 2).sum(0) / 2).flatten().tolist()


def block_fisher(weight, gradients, size, damping):
    scores = np.zeros(weight.shape)
    for column in range(weight.shape[1]):
        for first in range(0, weight.shape[0], size):
            block = gradients[:, first : first + size, column].astype(np.float64)
            matrix = block.T @ block
            matrix += damping * np.mean(np.diag(matrix)) * np.eye(len(matrix))
            inverse = np.diag(np.linalg.inv(matrix))
            scores[first : first + size, column] = weight[first : first + size, column] ** 2 / (2 * inverse)
    return scores.flatten().tolist()


def schedule(name, steps):
    """torch.ao.pruning's, of a sparsifier that does nothing but hold a level."""
    from torch.ao.pruning import CubicSL, LambdaSL, WeightNormSparsifier

    model = nn.Sequential(nn.Linear(4, 4))
    sparsifier = WeightNormSparsifier(sparsity_level=0.9)
    sparsifier.prepare(model, [{"tensor_fqn": "0.weight"}])
    if name == "cubic":
        scheduler = CubicSL(sparsifier, init_sl=0.0, init_t=0, delta_t=1, total_t=steps)
    else:
        scheduler = LambdaSL(sparsifier, lambda step: min(step / steps, 1))
    levels = [sparsifier.groups[0]["sparsity_level"]]
    for _ in range(steps + 2):
        sparsifier.step()
        scheduler.step()
        levels.append(sparsifier.groups[0]["sparsity_level"])
    return [float(level) for level in levels]


def matrices(entries):
    return [np.array(data, np.float32).reshape(shape) for data, shape in entries]


with open(sys.argv[1]) as file:
    job = json.load(file)
weights = matrices(job["weights"])
weight, (inputs, gradients) = weights[0], matrices([job["inputs"], job["gradients"]])
print(
    json.dumps(
        {
            "unstructured": [unstructured(weights, amount) for amount in job["amounts"]],
            "global": [globally(weights, amount) for amount in job["amounts"]],
            "random": [random_counts(weights, amount) for amount in job["amounts"]],
            "structured": [structured(weights, amount) for amount in job["amounts"]],
            "wanda": wanda(weight, inputs, 0.5),
            "fisher": fisher(weight, gradients),
            "blockFisher": block_fisher(weight, gradients, job["blockSize"], job["damping"]),
            "cubic": schedule("cubic", job["steps"]),
            "linear": schedule("linear", job["steps"]),
        }
    )
)
