"""Exports a folder's BERT classifier with PyTorch and quantizes that file with onnxruntime's tools, into files of another folder."""
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from transformers import AutoModelForSequenceClassification

folder, out = sys.argv[1], Path(sys.argv[2])
NAMES = ["input_ids", "attention_mask", "token_type_ids"]
model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
random = np.random.default_rng(0)


def batch(rows, length):
    ids = random.integers(1000, 30000, (rows, length))
    return dict(zip(NAMES, [ids, np.ones_like(ids), np.zeros_like(ids)]))


class Batches(CalibrationDataReader):
    def __init__(self):
        self.batches = iter([batch(8, 32) for _ in range(4)])

    def get_next(self):
        return next(self.batches, None)


def export(file, dynamo):
    inputs = tuple(torch.from_numpy(x) for x in batch(2, 16).values())
    if dynamo:
        axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("length")}
        torch.onnx.export(model, (), file, kwargs=dict(zip(NAMES, inputs)), dynamo=True, opset_version=20,
                          dynamic_shapes={name: axes for name in NAMES}, external_data=False)
    else:
        axes = {name: {0: "batch", 1: "length"} for name in NAMES}
        torch.onnx.export(model, inputs, file, dynamo=False, opset_version=17, input_names=NAMES,
                          output_names=["logits"], dynamic_axes=axes)


def quantize(name, source):
    """The file by every tool and format, as a map from name to file."""
    ready = out / f"{name}.ready.onnx"
    quant_pre_process(str(source), str(ready), skip_symbolic_shape=True)
    model = onnx.load(ready)
    del model.graph.value_info[:]  # shapes of before a fusion, which the tools refuse
    onnx.save(model, ready)
    made = {}
    for kind, options in DYNAMIC.items():
        file = made[f"dynamic {name}{kind}"] = out / f"{name}.dynamic{kind.replace(' ', '-')}.onnx"
        quantize_dynamic(str(ready), str(file), **options)
    for kind, options in STATIC.items():
        file = made[f"static {name}{kind}"] = out / f"{name}.static{kind.replace(' ', '-')}.onnx"
        quantize_static(str(ready), str(file), Batches(), **options)
    return made


DYNAMIC = {"": {}, " u8": {"weight_type": QuantType.QUInt8}, " per channel": {"per_channel": True}}
STATIC = {
    " qdq": {"quant_format": QuantFormat.QDQ},
    " qdq per channel": {"quant_format": QuantFormat.QDQ, "per_channel": True},
    " operators": {"quant_format": QuantFormat.QOperator},
}
files = {}
for name, dynamo in {"torchscript": False, "dynamo": True}.items():
    file = files[f"float {name}"] = out / f"{name}.onnx"
    export(str(file), dynamo)
    files.update(quantize(name, file))
print(json.dumps({name: str(file) for name, file in files.items()}))
