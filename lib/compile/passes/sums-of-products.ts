import { GraphBuilder } from '../builder';
import { attributesKey, bytesOf, Data, dataOn, Graph, isSameShape, Node, Value } from '../graph';
import { concat } from '../kernels/slicing';
import { Context, rewrite } from './rewrite';

/** Fewer products are added as they are: operands are copied to lie side by side. */
const MANY = 16;

/**
 * A sum of many products is one product of their operands side by side, `Σ aᵢ · bᵢ = [a₁ a₂ …] · [b₁; b₂; …]`, such as the gradient of
 * a weight that a recurrent layer uses at every step. A sum of reshaped or joined products is that of the products, reshaped or joined.
 */
export function sumsOfProducts(graph: Graph): Graph {
  const partial = partialSums(graph);
  return rewrite(graph, (node, context) => {
    if (!isSum(node) || partial.has(node.output)) return undefined;
    const terms = termsOf(node, partial, context);
    return terms.length < MANY ? undefined : sumOf(terms, context);
  });
}

/** Two or more values of one shape, added. */
const isSum = ({ op, inputs, output }: Node): boolean =>
  (op === 'Add' || op === 'Sum') && inputs.every(({ shape }) => isSameShape(shape, output.shape));

/**
 * Sums that nothing reads but one other sum, which adds no second one: sums of sums are made so that they round less, and stay as they are
 * (`lib/analysis/statistics.ts`).
 */
function partialSums({ nodes, outputs }: Graph): Set<Value> {
  const readers = new Map<Value, (Node | undefined)[]>();
  const read = (value: Value, by?: Node) => readers.set(value, [...(readers.get(value) ?? []), by]);
  const sums = new Set(nodes.filter(isSum).map(({ output }) => output));
  for (const node of nodes) {
    const added = node.inputs.filter((value) => sums.has(value));
    for (const value of added) read(value, added.length === 1 ? node : undefined);
  }
  outputs.forEach((value) => read(value));
  const isPartial = (value: Value): boolean => {
    const [reader, ...others] = readers.get(value) ?? [];
    return reader !== undefined && others.length === 0 && sums.has(reader.output);
  };
  return new Set([...sums].filter(isPartial));
}

/** What a sum adds up in the end, in order. */
function termsOf(sum: Node, partial: ReadonlySet<Value>, { producer }: Context): Value[] {
  const terms: Value[] = [];
  const pending = [...sum.inputs].reverse();
  for (let value = pending.pop(); value; value = pending.pop()) {
    if (partial.has(value)) pending.push(...[...producer(value)!.inputs].reverse());
    else terms.push(value);
  }
  return terms;
}

/** The sum of values that many alike products are among; undefined if there are none. */
function sumOf(terms: readonly Value[], context: Context): Value | undefined {
  const alike = new Map<string, Node[]>();
  const others: Value[] = [];
  for (const term of terms) {
    const node = context.producer(term);
    const form = node && formOf(node);
    if (form) alike.set(form, [...(alike.get(form) ?? []), node]);
    else others.push(term);
  }
  let found = false;
  const sums = [...alike.values()].flatMap((nodes) => {
    const sum = nodes.length < MANY ? undefined : sumOfAlike(nodes, context);
    found ||= sum !== undefined;
    return sum ? [sum] : nodes.map(({ output }) => output);
  });
  const all = [...sums, ...others];
  if (!found || all.length === 1) return found ? all[0] : undefined;
  return context.builder.node('Sum', all, terms[0]!.shape, terms[0]!.dtype);
}

/** What nodes have in common whose sum can be taken before them; undefined for operators that are not so. */
function formOf(node: Node): string | undefined {
  const { op, inputs } = node;
  const isProduct = PRODUCTS.has(op) && inputs.every(({ shape }) => shape.length === 2);
  if (!isProduct && op !== 'Concat' && op !== 'Reshape') return undefined;
  const operands = op === 'Reshape' ? inputs.slice(0, 1) : inputs;
  return [op, attributesKey(node), ...operands.map(({ dtype, shape }) => `${dtype} ${shape}`)].join('|');
}

const PRODUCTS = new Set(['MatMul', 'FusedMatMul']);

function sumOfAlike(nodes: readonly Node[], context: Context): Value | undefined {
  const [{ op, inputs, output, attributes }] = nodes as [Node];
  if (PRODUCTS.has(op)) return productOf(nodes, context.builder);
  const count = op === 'Reshape' ? 1 : inputs.length;
  const parts = Array.from({ length: count }, (_, i) =>
    sumOf(
      nodes.map((node) => node.inputs[i]!),
      context,
    ),
  );
  if (!parts.every((part) => part !== undefined)) return undefined;
  const operands = [...parts, ...inputs.slice(count)];
  return context.builder.node(op, operands, output.shape, output.dtype, { attributes });
}

/** `[a₁ a₂ …] · [b₁; b₂; …]`, either of them transposed if its parts are. */
function productOf(nodes: readonly Node[], builder: GraphBuilder): Value {
  const [{ op, domain, output, attributes }] = nodes as [Node];
  const [axisOfA, axisOfB] = [attributes['transA'] ? 0 : 1, attributes['transB'] ? 1 : 0];
  const a = sideBySide(
    builder,
    nodes.map(({ inputs }) => inputs[0]!),
    axisOfA,
  );
  const b = sideBySide(
    builder,
    nodes.map(({ inputs }) => inputs[1]!),
    axisOfB,
  );
  return builder.node(op, [a, b], output.shape, output.dtype, { attributes, domain });
}

/** Matrices joined along an axis; vectors of constants at once. */
function sideBySide(builder: GraphBuilder, parts: readonly Value[], axis: number): Value {
  const data = parts.flatMap((part) => builder.dataOf(part) ?? []);
  const [{ shape, dtype }] = parts as [Value];
  if (data.length < parts.length || (axis === 1 && shape[0] !== 1)) return concat(builder, parts, axis);
  const joined = shape.map((size, i) => (i === axis ? size * parts.length : size));
  return builder.constant(joinedData({ shape: joined, dtype }, data), joined, dtype);
}

function joinedData(value: Value, parts: readonly Data[]): Data {
  const bytes = new Uint8Array(bytesOf(value));
  let end = 0;
  for (const { buffer, byteOffset, byteLength } of parts) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), end);
    end += byteLength;
  }
  return dataOn(value, bytes.buffer);
}
