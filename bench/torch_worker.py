"""Trains a transformers BERT with PyTorch, so many steps per line of standard input; prints their milliseconds as JSON."""
import functools
import json
import resource
import sys
import time

import torch
from transformers import BertConfig, BertForSequenceClassification

VOCABULARY = 30522
options = json.loads(sys.argv[1])
torch.set_num_threads(options["threads"])
torch.manual_seed(0)
device = torch.device("cpu" if options["provider"] == "cpu" else "cuda")
layers, width, heads = options["layers"], options["width"], options["heads"]
batch, length = options["batch"], options["length"]
config = BertConfig(
    vocab_size=VOCABULARY,
    hidden_size=width,
    num_hidden_layers=layers,
    num_attention_heads=heads,
    intermediate_size=4 * width,
    hidden_dropout_prob=options["dropout"],
    attention_probs_dropout_prob=options["dropout"],
    attn_implementation="sdpa" if options["kind"] == "torch-products" else options["kind"],
)
model = BertForSequenceClassification(config).to(device).train()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, fused=True)
# Rows of different lengths, so that the attention mask is real.
lengths = torch.arange(batch) * (length // 4) // batch + length - length // 4
mask = (torch.arange(length)[None, :] < lengths[:, None]).long().to(device)


def products():
    """Only the products with weights, forward and both gradients: no float step can be faster."""
    rows = batch * length
    begin = time.perf_counter()
    for inner, columns in ([(width, width)] * 4 + [(width, 4 * width), (4 * width, width)]) * layers:
        x, w, y = operands(rows, inner), operands(inner, columns), operands(rows, columns)
        x @ w, y @ w.T, x.T @ y
    if device.type == "cuda":
        torch.cuda.synchronize()
    return (time.perf_counter() - begin) * 1e3


@functools.cache
def operands(*shape):
    return torch.randn(*shape, device=device)


def step():
    drawn = torch.randint(0, VOCABULARY, (batch, length))
    begin = time.perf_counter()
    ids = drawn.to(device)
    labels = ids[:, 0] % 2
    loss = model(input_ids=ids, attention_mask=mask, token_type_ids=torch.zeros_like(ids), labels=labels).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    loss.item()
    return (time.perf_counter() - begin) * 1e3


run = products if options["kind"] == "torch-products" else step
for line in sys.stdin:
    times = [run() for _ in range(int(line))]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"times": times, "peakMegabytes": peak}), flush=True)
