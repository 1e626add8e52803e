import { dataOf, GraphBuilder } from '../builder';
import { Value } from '../graph';
import { reshape } from '../reshape';
import { Attrs, input, Mapping } from './kernel';
import { cast } from './shape';

/** What one place of a resized axis is made of: the value between two places of the axis before, `fraction` of the way. */
interface Between {
  readonly from: number;
  readonly to: number;
  readonly fraction: number;
}

/** How the places of an axis of `to` elements are made of one of `from`. */
type Plan = (from: number, to: number, attrs: Attrs) => Between[];

/** Where a place of the resized axis lies on the axis before, as tfjs and TensorFlow have it. */
function sourceOf(place: number, from: number, to: number, attrs: Attrs, centre: number): number {
  const corners = attrs.get<boolean>('alignCorners') && to > 1;
  const ratio = corners ? (from - 1) / (to - 1) : from / to;
  return attrs.get<boolean>('halfPixelCenters') ? ratio * (place + 0.5) - centre : ratio * place;
}

const nearest: Plan = (from, to, attrs) =>
  Array.from({ length: to }, (_, place) => {
    const source = sourceOf(place, from, to, attrs, 0);
    const at = Math.min(
      from - 1,
      attrs.get<boolean>('alignCorners') ? Math.round(source) : Math.floor(source),
    );
    return { from: at, to: at, fraction: 0 };
  });

const linear: Plan = (from, to, attrs) =>
  Array.from({ length: to }, (_, place) => {
    const source = sourceOf(place, from, to, attrs, 0.5);
    const before = Math.max(0, Math.floor(source));
    const after = Math.min(from - 1, Math.ceil(source));
    return { from: before, to: after, fraction: source - before };
  });

/** `x` with an axis as planned. */
function resizeAxis(graph: GraphBuilder, x: Value, axis: number, plan: readonly Between[]): Value {
  const shape = x.shape.map((size, i) => (i === axis ? plan.length : size));
  const at = (places: number[]): Value => {
    const indices = graph.constant(dataOf(places, 'int32'), [places.length], 'int32');
    return graph.node('Gather', [x, indices], shape, x.dtype, { attributes: { axis } });
  };
  const before = at(plan.map(({ from }) => from));
  if (plan.every(({ fraction }) => fraction === 0)) return before;
  const after = at(plan.map(({ to }) => to));
  const sizes = shape.map((size, i) => (i === axis ? size : 1));
  const fractions = graph.constant(
    Float32Array.from(plan, ({ fraction }) => fraction),
    sizes,
    'float32',
  );
  const way = graph.node('Sub', [after, before], shape, x.dtype);
  return graph.node('Add', [before, graph.node('Mul', [way, fractions], shape, x.dtype)], shape, x.dtype);
}

/** The gradient of an axis from that of the resized one: the transposed map, as a matrix `[from, to]`. */
function spreadAxis(
  graph: GraphBuilder,
  dy: Value,
  axis: number,
  from: number,
  plan: readonly Between[],
): Value {
  const weights = new Float32Array(from * plan.length);
  plan.forEach((between, place) => {
    weights[between.from * plan.length + place]! += 1 - between.fraction;
    weights[between.to * plan.length + place]! += between.fraction;
  });
  const [before, after] = [dy.shape.slice(0, axis), dy.shape.slice(axis + 1)];
  const [outer, inner] = [before, after].map((sizes) =>
    sizes.reduce((product, size) => product * size, 1),
  ) as [number, number];
  const operands = [
    graph.constant(weights, [from, plan.length], 'float32'),
    reshape(graph, dy, [outer, plan.length, inner]),
  ];
  return reshape(graph, graph.node('MatMul', operands, [outer, from, inner], dy.dtype), [
    ...before,
    from,
    ...after,
  ]);
}

/** Images `[batch, height, width, channels]` of another size. */
function resized(plan: Plan, prepare: (graph: GraphBuilder, x: Value) => Value): Mapping {
  return (inputs, attrs, graph) => {
    const x = prepare(graph, input(inputs, 'images'));
    return attrs
      .get<number[]>('size')
      .reduce((y, size, i) => resizeAxis(graph, y, i + 1, plan(x.shape[i + 1]!, size, attrs)), x);
  };
}

function gradient(plan: Plan): Mapping {
  return (inputs, attrs, graph) => {
    const [images, dy] = [input(inputs, 'images'), input(inputs, 'dy')];
    return [1, 2].reduce((dx, axis) => {
      const size = images.shape[axis]!;
      return spreadAxis(graph, dx, axis, size, plan(size, dy.shape[axis]!, attrs));
    }, dy);
  };
}

/**
 * Images of another size, each axis for itself; the gradients are the transposed maps. tfjs's cpu backend has others: of the nearest
 * neighbour from the second example on, of bilinear with half pixels.
 */
export const resize: Record<string, Mapping> = {
  ResizeBilinear: resized(linear, (graph, x) => cast(graph, x, 'float32')),
  ResizeBilinearGrad: gradient(linear),
  ResizeNearestNeighbor: resized(nearest, (_, x) => x),
  ResizeNearestNeighborGrad: gradient(nearest),
};
