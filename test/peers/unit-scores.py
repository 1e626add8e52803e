"""Scores heads and neurons of a saved BERT with transformers and autograd, text by text without padding; prints them by layer."""

import json
import sys

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification

NAMES = ["variance", "entropy", "confidence"]


def statistics(probabilities):
    """Of one head, [queries, keys] of real tokens: a value of each query."""
    p = probabilities.astype(np.float64)
    length = p.shape[1]
    return ((p - 1 / length) ** 2).sum(1) / length, -(p * np.log(p)).sum(1), p.max(1)


def gate(width):
    """A multiplier 1 for each unit of what a module gives, as a hook, and the multiplier."""
    xi = {}

    def hook(_, __, output):
        context = output[0] if isinstance(output, tuple) else output
        xi["gates"] = torch.ones(width, requires_grad=True)
        gated = context * xi["gates"].repeat_interleave(context.shape[-1] // width)
        return (gated, *output[1:]) if isinstance(output, tuple) else gated

    return hook, xi


def main(folder, texts, labels):
    model = AutoModelForSequenceClassification.from_pretrained(folder, attn_implementation="eager").eval()
    layers, config = model.bert.encoder.layer, model.config
    units = []
    for layer in layers:
        for module, width in [(layer.attention.self, config.num_attention_heads), (layer.intermediate, config.intermediate_size)]:
            hook, xi = gate(width)
            module.register_forward_hook(hook)
            units.append(xi)
    sums = np.zeros((len(NAMES), config.num_hidden_layers, config.num_attention_heads))
    gradients = [[] for _ in units]
    for ids, label in zip(texts, labels):
        output = model(input_ids=torch.tensor([ids]), output_attentions=True)
        for i, attention in enumerate(output.attentions):
            for head, probabilities in enumerate(attention[0].detach().numpy()):
                sums[:, i, head] += [each.sum() for each in statistics(probabilities)]
        loss = torch.nn.functional.cross_entropy(output.logits, torch.tensor([label]))
        found = torch.autograd.grad(loss, [xi["gates"] for xi in units])
        for all_of_unit, each in zip(gradients, found):
            all_of_unit.append(each.double().numpy())
    tokens = sum(len(ids) for ids in texts)
    by_unit = [np.array(each) for each in gradients]
    return {
        "statistics": {name: (sums[i] / tokens).tolist() for i, name in enumerate(NAMES)},
        "gradients": [np.abs(each).mean(0).tolist() for each in by_unit],
        "taylor": [(each**2).sum(0).tolist() for each in by_unit],
    }


if __name__ == "__main__":
    job = json.load(open(sys.argv[1]))
    print(json.dumps(main(job["folder"], job["texts"], job["labels"])))
