"""
Development scores of trained classifiers as onnxruntime's own tools quantize them, and of the files that their folders hold, in the
same onnxruntime: a line of JSON per file.

    python bench/onnx_scores.py --task cola --data <GLUE>/CoLA <run>/model <run>/model ...
"""
import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime as ort
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from onnx_tools import NAMES, export, quantize

# Columns of label and text, and whether a header comes first.
TASKS = {"cola": (1, 3, False), "sst2": (1, 0, True)}
CALIBRATION = 512


def read(file, task):
    label, text, has_header = TASKS[task]
    lines = file.read_text("utf-8").rstrip("\n").split("\n")[has_header:]
    rows = [line.split("\t") for line in lines]
    return [row[text] for row in rows], np.array([int(row[label]) for row in rows])


def batches(tokenizer, texts, size=32):
    for begin in range(0, len(texts), size):
        encoded = tokenizer(texts[begin : begin + size], padding=True, truncation=True, max_length=128,
                            return_tensors="np", return_token_type_ids=True)
        yield {name: encoded[name].astype(np.int64) for name in NAMES}


def answers(file, given):
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    inputs = {x.name for x in session.get_inputs()}
    outputs = [session.run(None, {k: v for k, v in batch.items() if k in inputs})[0] for batch in given]
    return np.concatenate(outputs).argmax(-1)


def score(task, predicted, labels):
    if task == "sst2":
        return float((predicted == labels).mean())
    return float(np.corrcoef(predicted, labels)[0, 1]) if predicted.std() > 0 else 0.0


def compare(folder, task, data, out):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts, labels = read(data / "dev.tsv", task)
    dev = list(batches(tokenizer, texts))
    calibration = list(batches(tokenizer, read(data / "train.tsv", task)[0][:CALIBRATION]))
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    files = {}
    for name, dynamo in {"torchscript": False, "dynamo": True}.items():
        file = files[f"float {name}"] = out / f"{name}.onnx"
        export(model, str(file), dev[0], dynamo)
        files.update(quantize(name, file, out, calibration))
    for file in sorted((folder / "onnx").glob("*.onnx")):
        files[f"ours {file.stem}"] = file
    for name, file in files.items():
        row = {"folder": str(folder), "file": name, "score": score(task, answers(file, dev), labels), "bytes": file.stat().st_size}
        print(json.dumps(row), flush=True)


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--task", choices=TASKS, required=True)
parser.add_argument("--data", type=Path, required=True, help="the task's GLUE folder")
parser.add_argument("folders", type=Path, nargs="+", help="Hugging Face folders with onnx/")
options = parser.parse_args()
for folder in options.folders:
    with tempfile.TemporaryDirectory() as out:
        compare(folder, options.task, options.data, Path(out))
