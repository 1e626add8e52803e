import { elements, Graph, Node, Value } from '../graph';
import { GraphBuilder } from '../builder';
import { reshape } from '../reshape';
import { Rule } from './rewrite';

/** Up to this many segments, a sum over repeated indices is a matmul with the indices' one-hot matrix. */
const SMALL = 64;

/** An output of a program whose value is `dense + Σ rows scattered to ids`. */
export interface RowOutput {
  /** Index of the dense part among the graph's outputs; undefined if there is none. */
  readonly dense?: number;
  /** Indices of row values `[n, width]` and of their int32 row numbers `[n]`. */
  readonly parts: readonly { readonly rows: number; readonly ids: number }[];
}

/**
 * Takes large segment sums out of the outputs: instead of a table that is zero nearly everywhere (an embedding's gradient),
 * the program hands out its rows and their numbers, and the host adds them up, in order.
 *
 * An output that is a sum with such terms is split into a dense rest and the rows.
 */
export function rowOutputs(graph: Graph): { graph: Graph; plan: readonly RowOutput[] } {
  const builder = GraphBuilder.over(graph);
  graph.nodes.forEach((node) => builder.append(node));
  const outputs: Value[] = [];
  const push = (value: Value): number => outputs.push(value) - 1;
  const plan = graph.outputs.map((output) => {
    const terms = termsOf(output, builder);
    const sums = terms.flatMap((term) => largeSum(builder.producer(term)) ?? []);
    if (sums.length === 0) return { dense: push(output), parts: [] };
    const rest = terms.filter((term) => !largeSum(builder.producer(term)));
    const parts = sums.map((node) => ({ rows: push(node.inputs[0]!), ids: push(node.inputs[1]!) }));
    return rest.length > 0 ? { dense: push(addAll(builder, rest)), parts } : { parts };
  });
  return { graph: builder.finish(outputs), plan };
}

/** The addends of a value, if it is a sum with a segment sum in it. */
function termsOf(value: Value, builder: GraphBuilder): Value[] {
  const node = builder.producer(value);
  if (node?.op !== 'Add' && node?.op !== 'Sum') return [value];
  if (node.inputs.some((term) => elements(term) !== elements(value))) return [value];
  return node.inputs.flatMap((term) => termsOf(term, builder));
}

function largeSum(node: Node | undefined): Node | undefined {
  const isLarge = node?.op === 'SegmentSum' && node.output.shape[0]! > SMALL;
  return isLarge && node.output.shape.length === 2 && node.inputs[1]!.shape.length === 1 ? node : undefined;
}

function addAll(builder: GraphBuilder, terms: readonly Value[]): Value {
  const [first] = terms as [Value];
  return terms.length === 1 ? first : builder.node('Sum', terms, first.shape, first.dtype);
}

/**
 * Writes the segment sums that stay in the graph in ONNX: small ones as a one-hot matmul, others as
 * `ScatterElements(add)`. `ScatterND(add)` would be faster, but onnxruntime loses updates to repeated indices there
 * (microsoft/onnxruntime #18048).
 */
export const lowerSegmentSum: Rule = (node, { builder }) => {
  if (node.op !== 'SegmentSum') return undefined;
  const [x, ids] = node.inputs as [Value, Value];
  const count = elements(ids);
  const width = elements(x) / count;
  const rows = reshape(builder, x, [count, width]);
  const flat = reshape(builder, ids, [count]);
  const segments = node.output.shape[0]!;
  const sum =
    segments <= SMALL && x.dtype === 'float32'
      ? oneHotSum(builder, rows, flat, segments)
      : scatterSum(builder, rows, flat, segments);
  return reshape(builder, sum, node.output.shape);
};

function oneHotSum(builder: GraphBuilder, rows: Value, ids: Value, segments: number): Value {
  const [count, width] = rows.shape as [number, number];
  const offOn = builder.constant(Float32Array.of(0, 1), [2], 'float32');
  const hot = builder.node(
    'OneHot',
    [toInt64(builder, ids), builder.ints([segments]), offOn],
    [count, segments],
    'float32',
  );
  return builder.node('FusedMatMul', [hot, rows], [segments, width], 'float32', {
    domain: 'com.microsoft',
    attributes: { transA: 1, transB: 0 },
  });
}

function scatterSum(builder: GraphBuilder, rows: Value, ids: Value, segments: number): Value {
  const [count, width] = rows.shape as [number, number];
  const zeros = builder.node(
    'Expand',
    [builder.scalar(0, rows.dtype), builder.ints([segments, width])],
    [segments, width],
    rows.dtype,
  );
  const column = reshape(builder, toInt64(builder, ids), [count, 1]);
  const indices = builder.node('Expand', [column, builder.ints([count, width])], [count, width], 'int64');
  return builder.node('ScatterElements', [zeros, indices, rows], [segments, width], rows.dtype, {
    attributes: { axis: 0, reduction: 'add' },
  });
}

function toInt64(builder: GraphBuilder, ids: Value): Value {
  return builder.node('Cast', [ids], ids.shape, 'int64', { attributes: { to: 7 } });
}
