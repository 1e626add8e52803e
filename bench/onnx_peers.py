"""Exports a folder's BERT classifier with PyTorch and quantizes that file with onnxruntime's tools, into files of another folder."""
import json
import sys
from pathlib import Path

import numpy as np
from transformers import AutoModelForSequenceClassification

from onnx_tools import NAMES, export, quantize

folder, out = sys.argv[1], Path(sys.argv[2])
model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
random = np.random.default_rng(0)


def batch(rows, length):
    ids = random.integers(1000, 30000, (rows, length))
    return dict(zip(NAMES, [ids, np.ones_like(ids), np.zeros_like(ids)]))


files = {}
for name, dynamo in {"torchscript": False, "dynamo": True}.items():
    file = files[f"float {name}"] = out / f"{name}.onnx"
    export(model, str(file), batch(2, 16), dynamo)
    files.update(quantize(name, file, out, [batch(8, 32) for _ in range(4)]))
print(json.dumps({name: str(file) for name, file in files.items()}))
