import { GraphBuilder } from '../builder';
import { Data, Graph, isSameShape, Node, Value } from '../graph';
import { reshape } from '../reshape';
import { sliceAxis } from '../kernels/slicing';
import { rewrite, Rule } from './rewrite';

/** Elements `start` to `start + length` of one axis. */
interface Range {
  readonly axis: number;
  readonly start: number;
  readonly length: number;
}

/** A slice, and which elements it takes. */
interface Cut extends Range {
  readonly node: Node;
}

type Constants = (value: Value) => Data | undefined;

/** Slices that cut a value into all its parts along an axis (the gates of a recurrent cell) are outputs of one `Split`. */
export function splitSlices(graph: Graph): Graph {
  const split = new Map<Value, { readonly slot: number; readonly cuts: readonly Cut[] }>();
  for (const cuts of cutsOf(graph)) {
    if (cuts.length > 1 && isWhole(cuts))
      cuts.forEach(({ node }, slot) => split.set(node.output, { slot, cuts }));
  }
  return rewrite(graph, ({ inputs, output }, { builder }) => {
    const part = split.get(output);
    if (!part) return undefined;
    const { slot, cuts } = part;
    const operands = [inputs[0]!, builder.ints(cuts.map(({ length }) => length))];
    const options = { attributes: { axis: cuts[0]!.axis }, slot, slots: cuts.length };
    return builder.node('Split', operands, output.shape, output.dtype, options);
  });
}

/** The slices of each value along each axis, in order. */
function cutsOf({ nodes, constants }: Graph): Cut[][] {
  const ofValue = new Map<Value, Map<number, Cut[]>>();
  for (const node of nodes) {
    const range = rangeOf(node, (value) => constants.get(value));
    if (!range) continue;
    const [x] = node.inputs as [Value];
    const ofAxis = ofValue.get(x) ?? new Map<number, Cut[]>();
    ofValue.set(x, ofAxis);
    ofAxis.set(range.axis, [...(ofAxis.get(range.axis) ?? []), { ...range, node }]);
  }
  const all = [...ofValue.values()].flatMap((ofAxis) => [...ofAxis.values()]);
  return all.map((cuts) => cuts.sort((a, b) => a.start - b.start));
}

/** Whether parts in order follow each other from the first element to the last. */
function isWhole(cuts: readonly Cut[]): boolean {
  const { axis, node } = cuts[0]!;
  const ends = cuts.map(({ start, length }) => start + length);
  return (
    cuts.every(({ start }, i) => start === (ends[i - 1] ?? 0)) && ends.at(-1) === node.inputs[0]!.shape[axis]
  );
}

/** What a slice takes, if it takes a part of one axis and all of the others. */
function rangeOf({ op, inputs, output }: Node, dataOf: Constants): Range | undefined {
  if (op !== 'Slice' || inputs.length !== 5) return undefined;
  const [x, ...rest] = inputs as [Value, ...Value[]];
  const [starts, , axes, steps] = rest.map((value) => dataOf(value));
  if (!starts || !steps?.every((step) => Number(step) === 1)) return undefined;
  if (!axes?.every((axis, i) => Number(axis) === i) || axes.length !== x.shape.length) return undefined;
  const cut = x.shape.flatMap((length, axis) => (length === output.shape[axis] ? [] : [axis]));
  const [axis] = cut;
  if (axis === undefined || cut.length > 1) return undefined;
  return { axis, start: Number(starts[axis]), length: output.shape[axis]! };
}

/**
 * A rule for a graph's values that are taken apart element by element along an axis: an element without that axis, `Reshape(Slice(x))`, is a
 * slice of x with this axis and the next one as one, so that each step of a sequence takes one node instead of two.
 */
export function sliceMerged(graph: Graph): Rule {
  const parts = new Set(
    cutsOf(graph).flatMap((cuts) => (isWhole(cuts) ? cuts.map(({ node }) => node.output) : [])),
  );
  const merged = new Map<Value, Map<number, Value>>();
  return ({ op, inputs, output }, { builder, producer }) => {
    const slice = op === 'Reshape' && parts.has(inputs[0]!) ? producer(inputs[0]!) : undefined;
    const range = slice && rangeOf(slice, (value) => builder.dataOf(value));
    if (range?.length !== 1) return undefined;
    const [x] = slice!.inputs as [Value];
    const { axis, start } = range;
    const rest = x.shape.filter((_, i) => i !== axis);
    const size = rest[axis];
    if (size === undefined || !isSameShape(rest, output.shape)) return undefined;
    const ofAxis = merged.get(x) ?? new Map<number, Value>();
    const whole = ofAxis.get(axis) ?? mergedAxes(builder, x, axis);
    merged.set(x, ofAxis.set(axis, whole));
    return sliceAxis(builder, whole, axis, start * size, size);
  };
}

/** x with an axis and the next one as one. */
function mergedAxes(builder: GraphBuilder, x: Value, axis: number): Value {
  const [length, next] = x.shape.slice(axis) as [number, number];
  return reshape(builder, x, [...x.shape.slice(0, axis), length * next, ...x.shape.slice(axis + 2)]);
}
