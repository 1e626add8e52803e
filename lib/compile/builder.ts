import type { DerivedInput } from '../core/derived';
import type { Take } from '../core/tap';
import type * as tf from '@tensorflow/tfjs';
import { Attribute, bytesOf, Data, dataOn, DataType, Domain, Graph, Node, Source, Value } from './graph';

/** What a node needs beside its operator and inputs. */
export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: Domain;
  readonly slot?: number;
  readonly slots?: number;
}

/** A value that is handed to the host after each run. */
export interface Tap {
  readonly value: Value;
  readonly take: Take;
}

const NONE: NonNullable<NodeOptions['attributes']> = {};

/** Grows a graph node by node; kernels and passes write ONNX through it. */
export class GraphBuilder {
  private readonly inputs = new Map<Value, Source>();
  private readonly constants = new Map<Value, Data>();
  private readonly shared = new Map<string, Value>();
  private readonly variables = new Map<tf.Variable, Value>();
  private readonly derivedInputs = new Map<DerivedInput, Value>();
  private readonly nodes: Node[] = [];
  private readonly producers = new Map<Value, Node>();
  /** How many of the nodes are among `producers`, which are many, and often not asked for. */
  private indexed = 0;
  private readonly tapped: Tap[] = [];

  /** A builder with the inputs and constants of a graph, and none of its nodes. */
  static over(graph: Graph): GraphBuilder {
    const builder = new GraphBuilder();
    graph.inputs.forEach((source, value) => builder.inputs.set(value, source));
    graph.constants.forEach((data, value) => builder.constants.set(value, data));
    return builder;
  }

  /** Appends a node and returns its output of the given shape and dtype. */
  node(
    op: string,
    inputs: readonly Value[],
    shape: readonly number[],
    dtype: DataType,
    options: NodeOptions = {},
  ): Value {
    const output: Value = { shape, dtype };
    const { attributes = NONE, domain = '', slot = 0, slots } = options;
    this.append({ op, domain, inputs, output, attributes, slot, slots });
    return output;
  }

  append(node: Node): void {
    this.nodes.push(node);
  }

  /** The node that made a value; undefined for inputs and constants. */
  producer(value: Value): Node | undefined {
    for (; this.indexed < this.nodes.length; this.indexed++) {
      const node = this.nodes[this.indexed]!;
      this.producers.set(node.output, node);
    }
    return this.producers.get(value);
  }

  /** The data of a constant; undefined for any other value. */
  dataOf(value: Value): Data | undefined {
    return this.constants.get(value);
  }

  /** Where an input's data comes from; undefined for any other value. */
  sourceOf(value: Value): Source | undefined {
    return this.inputs.get(value);
  }

  /** A constant tensor; the data is not copied. */
  constant(data: Data, shape: readonly number[], dtype: DataType): Value {
    const value: Value = { shape, dtype };
    this.constants.set(value, data);
    return value;
  }

  /** A scalar constant, one value per (dtype, number). */
  scalar(number: number, dtype: DataType = 'float32'): Value {
    return this.share(`${dtype}:${Object.is(number, -0) ? '-0' : number}`, () =>
      this.constant(dataOf([number], dtype), [], dtype),
    );
  }

  /** A vector of int64, as ONNX wants its shapes, axes and paddings. */
  ints(values: readonly number[]): Value {
    return this.share(`ints:${values.join()}`, () =>
      this.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64'),
    );
  }

  argument(index: number, shape: readonly number[], dtype: DataType): Value {
    return this.input({ kind: 'argument', index }, shape, dtype);
  }

  /** The value that a variable has when the program starts. */
  variable(variable: tf.Variable): Value {
    const known = this.variables.get(variable);
    if (known) return known;
    const value = this.input({ kind: 'variable', variable }, variable.shape, variable.dtype as DataType);
    this.variables.set(variable, value);
    return value;
  }

  /** What a derived input holds when the program starts; names need not be unique. */
  derived(input: DerivedInput): Value {
    const known = this.derivedInputs.get(input);
    if (known) return known;
    const value = this.input({ kind: 'derived', input }, input.shape, input.dtype);
    this.derivedInputs.set(input, value);
    return value;
  }

  tap(value: Value, take: Take): void {
    this.tapped.push({ value, take });
  }

  /** What is to be handed to the host, in order. */
  get taps(): readonly Tap[] {
    return this.tapped;
  }

  /** The graph so far, with these outputs. */
  finish(outputs: readonly Value[]): Graph {
    return { inputs: this.inputs, constants: this.constants, nodes: this.nodes, outputs };
  }

  private input(source: Source, shape: readonly number[], dtype: DataType): Value {
    const value: Value = { shape, dtype };
    this.inputs.set(value, source);
    return value;
  }

  private share(key: string, make: () => Value): Value {
    const known = this.shared.get(key);
    if (known) return known;
    const value = make();
    this.shared.set(key, value);
    return value;
  }
}

/** Numbers as a typed array of the dtype. */
export function dataOf(values: ArrayLike<number>, dtype: DataType): Data {
  const value: Value = { dtype, shape: [values.length] };
  const data = dataOn(value, new ArrayBuffer(bytesOf(value)));
  if (data instanceof BigInt64Array) data.set(Array.from(values, (number) => BigInt(number)));
  else data.set(values);
  return data;
}
