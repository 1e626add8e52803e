import type { DerivedInput } from '../core/derived';
import type * as tf from '@tensorflow/tfjs';

/** Element types of a program's values: tfjs's and the raw ones that tfjs does not know. */
export type DataType =
  'float32' | 'float64' | 'float16' | 'bfloat16' | 'int32' | 'bool' | 'int64' | 'int8' | 'uint8';

export type Data =
  Float32Array | Float64Array | Uint16Array | Int32Array | Uint8Array | Int8Array | BigInt64Array;

/** One tensor of the graph, in single assignment form: produced by exactly one node, input or constant. */
export interface Value {
  readonly dtype: DataType;
  readonly shape: readonly number[];
}

/** Where an input's data comes from at every run. */
export type Source =
  | { readonly kind: 'argument'; readonly index: number }
  | { readonly kind: 'variable'; readonly variable: tf.Variable }
  | { readonly kind: 'derived'; readonly input: DerivedInput };

export type Attribute = number | string | readonly number[] | { readonly float: number };

/** An ONNX operator applied to values. The domain '' is ONNX's own; 'whittle' marks what a pass must lower. */
export interface Node {
  readonly op: string;
  readonly domain: Domain;
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Which of the operator's outputs this is; the others are computed and dropped. Default 0. */
  readonly slot?: number;
  /** How many outputs the operator must have; those that are wanted, by default. */
  readonly slots?: number;
}

export type Domain = '' | 'com.microsoft' | 'whittle';

/** What a traced function became: nodes in execution order between inputs, constants and outputs. */
export interface Graph<From = Source> {
  readonly inputs: ReadonlyMap<Value, From>;
  readonly constants: ReadonlyMap<Value, Data>;
  readonly nodes: readonly Node[];
  readonly outputs: readonly Value[];
}

/**
 * Beyond so many nodes, those of a recurrent layer over some hundred steps, onnxruntime takes longer to optimize a graph than its
 * runs win by it: its passes are many, each goes through all nodes, and their time grows faster than the graph. A training step of
 * 24 transformer layers has 4000.
 */
export const LONG = 6000;

/** How many elements a value has. */
export function elements(value: Value): number {
  return value.shape.reduce((product, size) => product * size, 1);
}

/** Whether two shapes are the same. */
export function isSameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** A node's attributes as text, which is empty for the many without any. */
export function attributesKey({ attributes }: Pick<Node, 'attributes'>): string {
  for (const _ in attributes) return JSON.stringify(attributes);
  return '';
}

/** The node that produces each value. */
export function producers(nodes: readonly Node[]): Map<Value, Node> {
  return new Map(nodes.map((node) => [node.output, node]));
}

/** The view of a buffer that holds a value. */
export function dataOn({ dtype, shape }: Value, buffer: ArrayBuffer, offset = 0): Data {
  return new ARRAYS[dtype](buffer, offset, elements({ dtype, shape }));
}

/** New memory for a value. */
export function memoryFor(value: Value): Data {
  return dataOn(value, new ArrayBuffer(bytesOf(value)));
}

/** How many bytes a value takes. */
export function bytesOf(value: Value): number {
  return elements(value) * ARRAYS[value.dtype].BYTES_PER_ELEMENT;
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;
