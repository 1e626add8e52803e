"""What onnx's checker and onnxruntime make of a file with sparse initializers: their number, and the answers to a batch."""

import json
import sys

import numpy
import onnx
import onnxruntime

with open(sys.argv[1], encoding="utf8") as file:
    job = json.load(file)
onnx.checker.check_model(job["file"])
session = onnxruntime.InferenceSession(job["file"], providers=["CPUExecutionProvider"])
xs = numpy.array(job["xs"], numpy.float32)
[answers] = session.run(None, {session.get_inputs()[0].name: xs})
count = len(onnx.load(job["file"]).graph.sparse_initializer)
print(json.dumps({"sparse": count, "answers": answers.reshape(-1).tolist()}))
