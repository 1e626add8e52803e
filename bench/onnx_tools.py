"""A BERT classifier as PyTorch exports it and onnxruntime's tools quantize it."""
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

NAMES = ["input_ids", "attention_mask", "token_type_ids"]
DYNAMIC = {"": {}, " u8": {"weight_type": QuantType.QUInt8}, " per channel": {"per_channel": True}}
STATIC = {
    " qdq": {"quant_format": QuantFormat.QDQ},
    " qdq per channel": {"quant_format": QuantFormat.QDQ, "per_channel": True},
    " operators": {"quant_format": QuantFormat.QOperator},
}


class Batches(CalibrationDataReader):
    def __init__(self, batches):
        self.batches = iter(batches)

    def get_next(self):
        return next(self.batches, None)


def export(model, file, example, dynamo):
    """Writes a PyTorch classifier. `example`: a batch, by the names of inputs."""
    inputs = tuple(torch.from_numpy(example[name]) for name in NAMES)
    if dynamo:
        axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("length")}
        torch.onnx.export(model, (), file, kwargs=dict(zip(NAMES, inputs)), dynamo=True, opset_version=20,
                          dynamic_shapes={name: axes for name in NAMES}, external_data=False)
    else:
        axes = {name: {0: "batch", 1: "length"} for name in NAMES}
        torch.onnx.export(model, inputs, file, dynamo=False, opset_version=17, input_names=NAMES,
                          output_names=["logits"], dynamic_axes=axes)


def quantize(name, source, out, batches):
    """The file by every tool and format, as a map from name to file in `out`. `batches`: to calibrate on."""
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
        quantize_static(str(ready), str(file), Batches(batches), **options)
    return made
