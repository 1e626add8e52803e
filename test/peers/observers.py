"""What torch's observers and onnxruntime's calibrators make of batches, and a search written from Migacz' slides."""

import json
import sys
from contextlib import redirect_stdout
from io import StringIO

import numpy
import torch
from torch.ao.quantization import HistogramObserver, MinMaxObserver, MovingAverageMinMaxObserver

OBSERVERS = {"minMax": MinMaxObserver, "movingAverage": MovingAverageMinMaxObserver, "histogram": HistogramObserver}


def of_torch(make, batches, symmetric):
    if symmetric:
        kind = {"dtype": torch.qint8, "qscheme": torch.per_tensor_symmetric, "quant_min": -127, "quant_max": 127}
    else:
        kind = {"dtype": torch.quint8, "qscheme": torch.per_tensor_affine}
    observer = make(**kind)
    for batch in batches:
        observer(torch.from_numpy(batch))
    scale, zero_point = observer.calculate_qparams()
    return [float(scale), int(zero_point)]


def of_onnxruntime(batches):
    """Ranges of the percentile (affine, symmetric) and of entropy; nothing where onnx is not installed, which they import."""
    try:
        from onnxruntime.quantization.calibrate import HistogramCollector
    except ImportError:
        return None

    def collected(**options):
        collector = HistogramCollector(scenario="same", **options)
        with redirect_stdout(StringIO()):
            for batch in batches:
                collector.collect({"x": batch})
            return [float(end) for end in collector.compute_collection_result()["x"][:2]]

    common = {"num_bins": 2049, "num_quantized_bins": 255}
    return {
        "percentile": collected(method="percentile", symmetric=False, percentile=99.9, **common),
        "percentileSymmetric": collected(method="percentile", symmetric=True, percentile=99.9, **common),
        "entropy": collected(method="entropy", symmetric=True, percentile=None, **common),
    }


def entropy_threshold(values, levels, size=2049):
    """The threshold of least KL divergence, bin by bin."""
    most = numpy.abs(values).max()
    counts, edges = numpy.histogram(values[values != 0], size, (-most, most))
    middle, best = size // 2, (numpy.inf, most)
    for half in range((levels + 1) // 2, middle + 1):
        begin, end = middle - half, middle + half + 1
        inner = counts[begin:end].astype(float)
        p = inner.copy()
        p[0] += counts[:begin].sum()
        p[-1] += counts[end:].sum()
        # Halves up, as a program with Math.round shares bins out.
        bounds = numpy.floor(numpy.arange(levels + 1) * len(p) / levels + 0.5).astype(int)
        q = numpy.zeros(len(p))
        for first, last in zip(bounds, bounds[1:]):
            filled = p[first:last] > 0
            if filled.any():
                q[first:last][filled] = max(inner[first:last].sum() / filled.sum(), 1e-4)
        is_in = p > 0
        divergence = (p[is_in] / p.sum() * numpy.log(p[is_in] / p.sum() / (q[is_in] / inner.sum()))).sum()
        if divergence < best[0]:
            best = (divergence, float(edges[end]))
    return best[1]


def answer(case):
    batches = [numpy.array(batch, dtype=numpy.float32) for batch in case["batches"]]
    values = numpy.concatenate(batches)
    return {
        "torch": {
            name: [of_torch(make, batches, symmetric) for symmetric in (False, True)] for name, make in OBSERVERS.items()
        },
        "percentile": [float(end) for end in numpy.percentile(values, [0.05, 99.95])],
        "percentileSymmetric": float(numpy.percentile(numpy.abs(values), 99.9)),
        "entropy": entropy_threshold(values, 255),
        "onnxruntime": of_onnxruntime(batches),
    }


with open(sys.argv[1], encoding="utf-8") as job:
    print(json.dumps([answer(case) for case in json.load(job)["cases"]]))
