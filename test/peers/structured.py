"""Prunes heads and neurons of a saved BERT without training, in doubles, text by text without padding; prints what is cut and what the model answers then."""

import copy
import json
import sys

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification

TOKENS = 64  # that multiply-adds are counted for


def blocks_of(model):
    """The output projections of attentions and feed-forward networks, in turns, with the width of a unit of what they read."""
    config = model.config
    for layer in model.bert.encoder.layer:
        yield layer.attention.output, config.hidden_size // config.num_attention_heads
        yield layer.output, 1


def seen_by(block):
    """What a block's forward pass is given, as it is by its last call: (inputs of the projection, residual)."""
    seen = {}
    handle = block.register_forward_pre_hook(lambda _, args: seen.update(args=args))
    return seen, handle


def multiplied(block, by):
    """Multiplies what a projection reads."""
    return block.dense.register_forward_pre_hook(lambda _, args: (args[0] * by,))


def importance_of(model, texts):
    """Of the units of each block: sums over texts of squared gradients of the difference of two logits."""
    sums = None
    for ids in texts:
        gates, handles = [], []
        for block, width in blocks_of(model):
            gate = torch.ones(block.dense.in_features // width, dtype=torch.double, requires_grad=True)
            gates.append(gate)
            handles.append(multiplied(block, gate.repeat_interleave(width)))
        logits = model(input_ids=torch.tensor([ids])).logits[0]
        found = [each.numpy() ** 2 for each in torch.autograd.grad(logits[1] - logits[0], gates)]
        sums = found if sums is None else [a + b for a, b in zip(sums, found)]
        for handle in handles:
            handle.remove()
    return sums


def kept_units(importance, costs, budget):
    """Every number of heads, the best of them, with as many of the best neurons as the budget leaves."""
    ranked = [
        sorted(((value, block, unit) for block in range(kind, len(importance), 2) for unit, value in enumerate(importance[block])), reverse=True)
        for kind in (0, 1)
    ]
    head_sums, neuron_sums = (np.cumsum([0] + [value for value, _, _ in kind]) for kind in ranked)
    best = (-1, 0, 0)
    for heads in range(len(ranked[0]) + 1):
        left = budget - heads * costs[0]
        if left < 0:
            break
        neurons = min(int(left // costs[1]), len(ranked[1]))
        best = max(best, (head_sums[heads] + neuron_sums[neurons], heads, neurons))
    kept = [set() for _ in importance]
    for _, block, unit in ranked[0][: best[1]] + ranked[1][: best[2]]:
        kept[block].add(unit)
    return kept


def refit(dense, small, masks, texts, ridge):
    """Fits each projection and its bias, block after block, to what the dense model's sum before the norm was."""
    last = max((i for i in range(0, len(masks), 2) if masks[i].any()), default=0)  # from there on only the first token is read
    for i, (ours, theirs) in enumerate(zip(blocks_of(small), blocks_of(dense))):
        block, mask = ours[0], masks[i].bool()
        (seen, a), (wanted, b) = seen_by(block), seen_by(theirs[0])
        rows, lacks = [], []
        with torch.no_grad():
            for ids in texts:
                small(input_ids=torch.tensor([ids]))
                dense(input_ids=torch.tensor([ids]))
                z, residual = seen["args"]
                lack = theirs[0].dense(wanted["args"][0]) + wanted["args"][1] - block.dense(z) - residual
                read = slice(0, 1) if i >= last else slice(None)
                rows.append(z[0, read][:, mask])
                lacks.append(lack[0, read])
        a.remove()
        b.remove()
        z, e = torch.cat(rows), torch.cat(lacks)
        one = torch.cat([z, torch.ones(len(z), 1, dtype=torch.double)], 1)
        width = z.shape[1]
        hold = torch.full((width + 1,), ridge * (z**2).sum().item() / max(width, 1), dtype=torch.double)
        hold[width] = 1e-6 * len(z)
        change = torch.linalg.solve(one.T @ one + torch.diag(hold), one.T @ e)
        with torch.no_grad():
            block.dense.weight[:, mask] += change[:width].T
            block.dense.bias += change[width]


def main(folder, texts, asked, removed):
    dense = AutoModelForSequenceClassification.from_pretrained(folder, attn_implementation="eager").eval().double()
    config = dense.config
    size = config.hidden_size // config.num_attention_heads
    costs = [TOKENS * (4 * config.hidden_size * size + 2 * TOKENS * size), TOKENS * 2 * config.hidden_size]
    whole = config.num_hidden_layers * (config.num_attention_heads * costs[0] + config.intermediate_size * costs[1])
    kept = kept_units(importance_of(dense, texts), costs, (1 - removed) * whole)
    small = copy.deepcopy(dense)
    masks = []
    for (block, width), units in zip(blocks_of(small), kept):
        mask = torch.zeros(block.dense.in_features // width, dtype=torch.double)
        mask[list(units)] = 1
        masks.append(mask.repeat_interleave(width))
        multiplied(block, masks[-1])
    refit(dense, small, masks, texts, 1e-2)
    counts = [block.dense.in_features // width for block, width in blocks_of(dense)]
    cut = [[unit for unit in range(count) if unit not in units] for count, units in zip(counts, kept)]
    with torch.no_grad():
        answers = [[model(input_ids=torch.tensor([ids])).logits[0].tolist() for ids in asked] for model in (dense, small)]
    return {"heads": cut[0::2], "neurons": cut[1::2], "dense": answers[0], "small": answers[1]}


if __name__ == "__main__":
    job = json.load(open(sys.argv[1]))
    print(json.dumps(main(job["folder"], job["texts"], job["asked"], job["removed"])))
