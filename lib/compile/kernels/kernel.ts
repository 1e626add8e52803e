import * as tf from '@tensorflow/tfjs';
import { TRACE } from '../../core/derived';
import { UserError } from '../../core/errors';
import { traceBackend } from '../backend';
import { GraphBuilder } from '../builder';
import { elements, Value } from '../graph';
import { nothing } from '../reshape';

/** How one tfjs kernel is written in ONNX: its inputs by name, its attributes, and the graph to append to. */
export type Mapping = (
  inputs: Readonly<Record<string, Value>>,
  attrs: Attrs,
  graph: GraphBuilder,
) => Value | readonly Value[];

/** A kernel's attributes, read through accessors that check their type once, here at the edge. */
export class Attrs {
  constructor(private readonly raw: Readonly<Record<string, unknown>>) {}

  get<T>(name: string): T {
    return this.raw[name] as T;
  }
}

/** Registers mappings, by tfjs kernel name, with the tracing backend. */
export function registerMappings(mappings: Readonly<Record<string, Mapping>>): void {
  for (const [kernelName, mapping] of Object.entries(mappings)) {
    tf.registerKernel({ kernelName, backendName: TRACE, kernelFunc: (params) => run(mapping, params) });
  }
}

function run(mapping: Mapping, { inputs, attrs }: KernelParams): tf.TensorInfo | tf.TensorInfo[] {
  const values: Record<string, Value> = {};
  for (const name of Object.keys(inputs)) {
    const tensor = inputs[name] as tf.TensorInfo | null | undefined;
    if (tensor) values[name] = traceBackend.lookup(tensor);
  }
  const { builder } = traceBackend;
  const result = mapping(values, new Attrs(attrs ?? {}), builder);
  const wrap = (value: Value) => traceBackend.wrap(elements(value) === 0 ? nothing(builder, value) : value);
  return isList(result) ? result.map(wrap) : wrap(result);
}

type KernelParams = Parameters<tf.KernelFunc>[0];

function isList(result: Value | readonly Value[]): result is readonly Value[] {
  return Array.isArray(result);
}

/** The error for what cannot be written in ONNX, named. */
export function unmapped(what: string): UserError {
  return new UserError(
    `${what} has no ONNX mapping, so this function cannot be compiled; run it eagerly (\`eagerEngine\`, or call the function itself).`,
  );
}

/** Input `name` of a kernel. */
export function input(inputs: Readonly<Record<string, Value>>, name: string): Value {
  const value = inputs[name];
  if (!value) throw new Error(`Kernel input "${name}" is missing.`);
  return value;
}

/** The shape that two operands broadcast to. */
export function broadcastShape(a: Value, b: Value): number[] {
  return tf.backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
}
