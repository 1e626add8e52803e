"""Prints, as JSON, what TensorBoard's own reader finds in a folder of event files."""

import json
import sys

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator as PluginAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

folder = sys.argv[1]

keep_all = {name: 0 for name in event_accumulator.DEFAULT_SIZE_GUIDANCE}
events = event_accumulator.EventAccumulator(folder, size_guidance=keep_all)
events.Reload()
tags = events.Tags()


def histogram(event):
    value = event.histogram_value
    fields = ("min", "max", "num", "sum", "sum_squares")
    return {
        "step": event.step,
        **{name: getattr(value, name) for name in fields},
        "limits": list(value.bucket_limit),
        "counts": list(value.bucket),
    }


# The reader that the dashboards use: histograms become [buckets, 3] tensors of (left, right, count).
dashboards = PluginAccumulator(folder)
dashboards.Reload()


def dashboard_histogram(event):
    shape = [dim.size for dim in event.tensor_proto.tensor_shape.dim]
    return {"step": event.step, "shape": shape}


hparams = plugin_data_pb2.HParamsPluginData.FromString(
    events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
).session_start_info.hparams

json.dump(
    {
        "version": events.file_version,
        "plugins": {tag: events.SummaryMetadata(tag).plugin_data.plugin_name for tag in tags["tensors"]},
        "scalars": {t: [[e.step, repr(e.value)] for e in events.Scalars(t)] for t in tags["scalars"]},
        "histograms": {t: [histogram(e) for e in events.Histograms(t)] for t in tags["histograms"]},
        "dashboard": {t: [dashboard_histogram(e) for e in dashboards.Tensors(t)] for t in tags["histograms"]},
        "texts": {
            t: [[e.step, e.tensor_proto.string_val[0].decode()] for e in events.Tensors(t)]
            for t in tags["tensors"]
            if events.SummaryMetadata(t).plugin_data.plugin_name == "text"
        },
        "hparams": {name: getattr(value, value.WhichOneof("kind")) for name, value in hparams.items()},
        "wall_times": [e.wall_time for t in tags["scalars"] for e in events.Scalars(t)],
    },
    sys.stdout,
)
