import * as tf from '@tensorflow/tfjs';
import { GraphBuilder } from '../builder';
import { isSameShape, Value } from '../graph';
import { input, Mapping } from './kernel';
import { concat, sliceAxis } from './slicing';

type Paddings = readonly (readonly [before: number, after: number])[];

/** `x` between so many copies of a number. */
export function pad(graph: GraphBuilder, x: Value, paddings: Paddings, value: number): Value {
  tf.util.assert(
    paddings.length === x.shape.length,
    () =>
      `Error in pad: expected ${x.shape.length} pairs for [${x.shape.join(', ')}], got ${paddings.length}.`,
  );
  const shape = x.shape.map((size, i) => size + paddings[i]![0] + paddings[i]![1]);
  if (isSameShape(shape, x.shape)) return x;
  const amounts = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
  return graph.node('Pad', [x, graph.ints(amounts), graph.scalar(value, x.dtype)], shape, x.dtype);
}

/** `x` between its own reflections along an axis, which leave out (`edge` 1) or repeat (0) the outermost elements. */
function mirror(
  graph: GraphBuilder,
  x: Value,
  axis: number,
  [before, after]: Paddings[number],
  edge: number,
): Value {
  const size = x.shape[axis]!;
  const part = (start: number, length: number): Value[] =>
    length > 0 ? [sliceAxis(graph, x, axis, start, length, -1)] : [];
  const parts = [...part(edge + before - 1, before), x, ...part(size - 1 - edge, after)];
  return concat(graph, parts, axis);
}

export const padding: Record<string, Mapping> = {
  PadV2: (inputs, attrs, graph) =>
    pad(graph, input(inputs, 'x'), attrs.get<Paddings>('paddings'), attrs.get<number>('constantValue')),
  MirrorPad: (inputs, attrs, graph) => {
    const edge = attrs.get<string>('mode') === 'reflect' ? 1 : 0;
    const paddings = attrs.get<Paddings>('paddings');
    return paddings.reduce((x, amounts, axis) => mirror(graph, x, axis, amounts, edge), input(inputs, 'x'));
  },
};
