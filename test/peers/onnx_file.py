"""The ONNX file of a saved folder that transformers.js runs, found as it finds it: by the dtype that config.json names."""

import json

SUFFIXES = {"fp32": "", "fp16": "_fp16", "q8": "_quantized", "q4": "_q4", "q2": "_q2"}


def onnx_file(folder):
    config = json.loads((folder / "config.json").read_text("utf8"))
    return folder / f"onnx/model{SUFFIXES[config['transformers.js_config']['dtype']]}.onnx"
