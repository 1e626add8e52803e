import type * as tf from '@tensorflow/tfjs';
import { DataType, Graph, Value } from '../../compile/graph';
import { ArgumentSpec, trace } from '../../compile/trace';
import { UserError } from '../../core/errors';
import { forward } from '../../forward/forward';
import { lift, Lifted } from './lift';
import { plainOnnx } from './plain';
import { Probe, probeFrom } from './sizes';

/** A model in inference, for every size of the axes that it leaves free. */
export interface TracedModel extends Lifted {
  /** The places of the free axes: 0 for the batch. Inputs share the axis of a place. */
  readonly axes: readonly number[];
  /** The inputs, in the model's order. */
  readonly inputs: readonly Value[];
}

/** Batches have no upper limit. */
const BATCH = 211;
/** Lengths do, the number of positions that a model knows: the first of these that it takes. Small ones may meet its own sizes. */
const LENGTHS = [101, 41, 13, 5, 2];

/**
 * Traces a model at several sizes of its free axes, and makes one program of the traces.
 *
 * @throws UserError for what cannot be traced (see `trace`) or written for every size (see `lift`).
 */
export function traceModel(model: tf.LayersModel): TracedModel {
  const places = model.inputs.flatMap(({ shape }) =>
    shape.flatMap((size, axis) => (size === null ? [axis] : [])),
  );
  const axes = [...new Set(places)].sort((a, b) => a - b);
  const lengths = axes.some((axis) => axis > 0) ? LENGTHS : LENGTHS.slice(0, 1);
  let problem: unknown;
  for (const length of lengths) {
    try {
      return traceAt(
        model,
        axes,
        probeFrom(axes.map((axis) => (axis === 0 ? BATCH : length + 2 * (axis - 1)))),
      );
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problem = error;
    }
  }
  throw problem;
}

function traceAt(model: tf.LayersModel, axes: readonly number[], probe: Probe): TracedModel {
  const traces = probe.points.map((sizes) => {
    const specs = model.inputs.map((input) => specOf(input, axes, sizes));
    return trace((...xs) => forward(model, xs, false), specs).graph;
  });
  const inputs = argumentsOf(traces[0]!);
  const sources = axes.map((axis) => {
    const input = model.inputs.findIndex(({ shape }) => shape[axis] === null);
    return { input: inputs[input]!, axis };
  });
  return { ...lift(traces.map(plainOnnx), probe, sources), axes, inputs };
}

function specOf(
  { shape, dtype }: tf.SymbolicTensor,
  axes: readonly number[],
  sizes: readonly number[],
): ArgumentSpec {
  return { shape: shape.map((size, axis) => size ?? sizes[axes.indexOf(axis)]!), dtype: dtype as DataType };
}

function argumentsOf({ inputs }: Graph): Value[] {
  const values: Value[] = [];
  for (const [value, source] of inputs) if (source.kind === 'argument') values[source.index] = value;
  return values;
}
