"""Reads compressed folders as anybody would: safetensors, numpy, transformers and onnxruntime, nothing of Whittle's."""

import json
import sys
from pathlib import Path

import numpy
import onnxruntime
import torch
from onnx_file import onnx_file
from safetensors import safe_open
from safetensors.numpy import load_file
from transformers import AutoModelForSequenceClassification


def codes_of(stored, spec):
    """Codes one by one: int8 as they are, 4 bits two in a byte, the first in the lower half."""
    if spec["bits"] > 4:
        return stored.astype(numpy.float32).reshape(-1)
    halves = numpy.stack([stored & 15, stored >> 4], -1).reshape(-1)[: numpy.prod(spec["shape"])]
    signed = halves.astype(numpy.int8)
    return numpy.where(signed > 7, signed - 16, signed).astype(numpy.float32)


def per_value(scales, spec):
    """The scale of each value, from the granularity that the file tells."""
    shape, granularity = spec["shape"], spec["granularity"]
    if granularity["name"] == "perAxis":
        size = [n if axis in granularity["axes"] else 1 for axis, n in enumerate(shape)]
        return numpy.broadcast_to(scales.reshape(size), shape)
    axis, size = granularity["axis"], granularity["size"]
    groups = [-(-n // size) if i == axis else n for i, n in enumerate(shape)]
    return numpy.repeat(scales.reshape(groups), size, axis).take(range(shape[axis]), axis)


def decoded(folder):
    with safe_open(folder / "codes.safetensors", "numpy") as file:
        description = json.loads(file.metadata()["whittle"])
        for path, spec in description["weights"].items():
            codes = codes_of(file.get_tensor(f"{path}/codes"), spec).reshape(spec["shape"])
            yield path, codes * per_value(file.get_tensor(f"{path}/scales"), spec)


def by_onnxruntime(file, inputs):
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    feeds = {each.name: inputs[each.name].numpy() for each in session.get_inputs()}
    return session.run(None, feeds)[0].tolist()


def answer(job):
    folder = Path(job["folder"])
    floats = load_file(folder / "model.safetensors")
    for path, values in decoded(folder):
        stored = floats[job["names"][path]]
        numpy.testing.assert_array_equal(stored.T if path.endswith("/kernel") else stored, values, path)
    for name, bits in load_file(folder / "masks.safetensors").items():
        path, count = name.rsplit(":", 1)
        keep = numpy.unpackbits(bits, bitorder="little")[: int(count)]
        assert not floats[job["names"][path]].T.reshape(-1)[keep == 0].any(), path
    model, report = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
    assert not any(report.values()), report
    inputs = {name: torch.tensor(rows) for name, rows in job["inputs"].items()}
    with torch.no_grad():
        logits = model.eval()(**inputs).logits
    return {
        "floats": logits.tolist(),
        "file": by_onnxruntime(onnx_file(folder), inputs),
        "floatFile": by_onnxruntime(folder / "onnx/model.onnx", inputs),
    }


with open(sys.argv[1]) as file:
    print(json.dumps([answer(job) for job in json.load(file)["jobs"]]))
