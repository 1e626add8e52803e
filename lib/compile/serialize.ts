import { Attribute, attributesKey, Data, elements, Graph, Node, Value } from './graph';
import {
  ATTRIBUTE_TYPE,
  AttributeMessage,
  encodeGraph,
  encodeModel,
  NodeMessage,
  TENSOR_TYPE,
  TensorMessage,
  ValueInfoMessage,
} from './onnx-messages';
import { sparseInitializer, tagOf } from './sparse-initializer';

/** Numbers of fields: of a ModelProto, of a GraphProto. */
const GRAPH = 7;
const SPARSE_INITIALIZER = 15;

/** The operator sets that our graphs are written in. */
const OPSETS = [
  { domain: '', version: 20 },
  { domain: 'com.microsoft', version: 1 },
];

/** Names of a graph's values: inputs, constants, node outputs; outputs are named by their place. */
export interface Encoded {
  readonly bytes: Uint8Array;
  readonly inputNames: ReadonlyMap<Value, string>;
  readonly outputNames: readonly string[];
}

/** How the ends of an exported graph are called; a program's own names serve otherwise. */
export interface SerializeOptions {
  readonly inputName?: (value: Value, index: number) => string;
  readonly outputName?: (index: number) => string;
  /** Names of constants, for those that have one of their own. */
  readonly constantName?: (value: Value) => string | undefined;
  /** Name of one more output, before all others: an empty sequence. */
  readonly sequenceName?: string;
  /** Names of the axes of inputs and outputs that have no fixed size; undefined for the others. */
  readonly axisName?: (value: Value, axis: number) => string | undefined;
  /** Write constants without their zeros where that is smaller; false by default. */
  readonly sparse?: boolean;
}

/**
 * Writes a graph as an ONNX model (IR version 10).
 *
 * An output may be an input, a constant or another output too: ONNX wants each output made by a node of its own, so such
 * ones pass through `Identity`.
 */
export function serialize(graph: Graph<unknown>, options: SerializeOptions = {}): Encoded {
  const { inputName = (_, i) => `i${i}`, outputName = (i) => `o${i}`, constantName, axisName } = options;
  const inputNames = new Map([...graph.inputs.keys()].map((value, i) => [value, inputName(value, i)]));
  const outputNames = graph.outputs.map((_, i) => outputName(i));
  const taken = new Set([...inputNames.values(), ...outputNames]);
  const ours = (name: string): string => (taken.has(name) ? `${name}_` : name);
  const names = new Map<Value, string>(inputNames);
  [...graph.constants.keys()].forEach((value, i) => names.set(value, constantName?.(value) ?? ours(`c${i}`)));
  const identities = nameOutputs(graph, names, outputNames);
  graph.nodes.forEach((node, i) => names.has(node.output) || names.set(node.output, ours(`t${i}`)));
  const sequence = emptySequence(options.sequenceName);
  const { initializer, sparse } = initializersOf(graph, names, options.sparse ?? false);
  const model = encodeModel({ irVersion: 10, opsetImport: OPSETS, producerName: 'whittle' });
  const content = {
    name: 'whittle',
    node: [
      ...sequence.node,
      ...applicationsOf(graph.nodes).map((nodes) => nodeProto(nodes, names)),
      ...identities(names),
    ],
    initializer,
    input: [...inputNames].map(([value, name]) => valueProto(name, value, axisName)),
    output: [
      ...sequence.output,
      ...graph.outputs.map((value, i) => valueProto(outputNames[i]!, value, axisName)),
    ],
  };
  const written = encodeGraph(content, model.uint32(tagOf(GRAPH)).fork());
  sparse.forEach((bytes) => written.uint32(tagOf(SPARSE_INITIALIZER)).bytes(bytes));
  return { bytes: written.ldelim().finish(), inputNames, outputNames };
}

interface Initializers {
  readonly initializer: TensorMessage[];
  /** Written `SparseTensorProto`s. */
  readonly sparse: readonly Uint8Array[];
}

/** The constants, those without their zeros that are smaller so. */
function initializersOf(
  { constants }: Graph<unknown>,
  names: ReadonlyMap<Value, string>,
  sparsely: boolean,
): Initializers {
  const initializer: TensorMessage[] = [];
  const sparse: Uint8Array[] = [];
  for (const [value, data] of constants) {
    const name = names.get(value)!;
    expectFilled(name, value, data);
    const bytes = sparsely ? sparseInitializer(name, TENSOR_TYPE[value.dtype], value, data) : undefined;
    if (bytes) sparse.push(bytes);
    else initializer.push(tensorProto(name, value, data));
  }
  return { initializer, sparse };
}

function emptySequence(name: string | undefined): {
  node: NodeMessage[];
  output: ValueInfoMessage[];
} {
  if (name === undefined) return { node: [], output: [] };
  const elemType = { tensorType: { elemType: TENSOR_TYPE.float32 } };
  return {
    node: [{ opType: 'SequenceEmpty', output: [name] }],
    output: [{ name, type: { sequenceType: { elemType } } }],
  };
}

/** Gives produced outputs their names, and returns the `Identity` nodes for the rest. */
function nameOutputs(graph: Graph<unknown>, names: Map<Value, string>, outputNames: readonly string[]) {
  const aliases: [Value, string][] = [];
  graph.outputs.forEach((value, i) => {
    if (names.has(value)) aliases.push([value, outputNames[i]!]);
    else names.set(value, outputNames[i]!);
  });
  return (known: ReadonlyMap<Value, string>): NodeMessage[] =>
    aliases.map(([value, name]) => ({ opType: 'Identity', input: [known.get(value)!], output: [name] }));
}

/**
 * Nodes that are outputs of one application of an operator, by their inputs and attributes: several in our graphs, one in ONNX.
 */
function applicationsOf(nodes: readonly Node[]): (readonly [Node, ...Node[]])[] {
  const applications: [Node, ...Node[]][] = [];
  const known = new Map<Value | undefined, [Node, ...Node[]][]>();
  for (const node of nodes) {
    const ofInput = known.get(node.inputs[0]) ?? [];
    known.set(node.inputs[0], ofInput);
    const same = node.inputs.length > 0 && ofInput.find(([other]) => isSameApplication(other, node));
    if (same) {
      same.push(node);
      continue;
    }
    const application: [Node, ...Node[]] = [node];
    applications.push(application);
    ofInput.push(application);
  }
  return applications;
}

function isSameApplication(a: Node, b: Node): boolean {
  return (
    a.op === b.op &&
    a.domain === b.domain &&
    a.slot !== b.slot &&
    a.inputs.length === b.inputs.length &&
    a.inputs.every((value, i) => value === b.inputs[i]) &&
    attributesKey(a) === attributesKey(b)
  );
}

function nodeProto(nodes: readonly [Node, ...Node[]], names: ReadonlyMap<Value, string>): NodeMessage {
  const [node] = nodes;
  const name = names.get(node.output)!;
  const count = node.slots ?? 1 + Math.max(...nodes.map(({ slot = 0 }) => slot));
  const output = Array.from({ length: count }, (_, slot) => `${name}_${slot}`); // what is not wanted is computed and dropped
  for (const { slot = 0, output: value } of nodes) output[slot] = names.get(value)!;
  return {
    opType: node.op,
    domain: node.domain,
    name,
    input: node.inputs.map((value) => names.get(value)!),
    output,
    attribute: Object.entries(node.attributes).map(([attribute, value]) => attributeProto(attribute, value)),
  };
}

function attributeProto(name: string, value: Attribute): AttributeMessage {
  const { float, int, ints, string } = ATTRIBUTE_TYPE;
  if (typeof value === 'number') return { name, type: int, i: value };
  if (typeof value === 'string') return { name, type: string, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: float, f: value.float };
  return { name, type: ints, ints: [...value] };
}

function tensorProto(name: string, value: Value, data: Data): TensorMessage {
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dims: [...value.shape], dataType: TENSOR_TYPE[value.dtype], rawData };
}

function expectFilled(name: string, value: Value, { length }: Data): void {
  if (length === elements(value)) return;
  throw new Error(`Constant ${name} has ${length} values for shape [${value.shape.join(', ')}].`);
}

function valueProto(name: string, value: Value, axisName: SerializeOptions['axisName']): ValueInfoMessage {
  const dim = value.shape.map((size, axis) => {
    const dimParam = axisName?.(value, axis);
    return dimParam === undefined ? { dimValue: size } : { dimParam };
  });
  return { name, type: { tensorType: { elemType: TENSOR_TYPE[value.dtype], shape: { dim } } } };
}
