"""What onnxruntime makes of saved folders, by the file that config.json names for transformers.js; nothing of Whittle's."""

import json
import sys
from pathlib import Path

import numpy
import onnxruntime
from onnx_file import onnx_file

BATCH_SIZE = 32


def answer(job):
    folder = Path(job["folder"])
    labels = json.loads((folder / "config.json").read_text("utf8"))["id2label"]
    session = onnxruntime.InferenceSession(onnx_file(folder), providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    for start in range(0, len(job["ids"]), BATCH_SIZE):
        rows = job["ids"][start : start + BATCH_SIZE]
        shape = (len(rows), max(map(len, rows)))
        feeds = {name: numpy.zeros(shape, numpy.int64) for name in ("input_ids", "attention_mask", "token_type_ids")}
        for i, ids in enumerate(rows):
            feeds["input_ids"][i, : len(ids)] = ids
            feeds["attention_mask"][i, : len(ids)] = 1
        logits = session.run(None, {name: feeds[name] for name in names})[0].astype(numpy.float64)
        shares = numpy.exp(logits - logits.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        for ids, row in zip(rows, shares):
            scores = {labels[str(i)]: share for i, share in enumerate(row)}
            yield {"ids": ids, "scores": scores}


with open(sys.argv[1], encoding="utf8") as file:
    print(json.dumps([list(answer(job)) for job in json.load(file)["jobs"]]))
