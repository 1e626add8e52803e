import { dataOf, GraphBuilder } from '../builder';
import { DataType, Value } from '../graph';
import { input, Mapping } from './kernel';

/** A tensor of one repeated value. */
export function fill(graph: GraphBuilder, value: number, shape: readonly number[], dtype: DataType): Value {
  const scalar = graph.scalar(value, dtype);
  return shape.length === 0 ? scalar : graph.node('Expand', [scalar, graph.ints(shape)], shape, dtype);
}

function filled(value: number): Mapping {
  return (inputs, _, graph) => fill(graph, value, input(inputs, 'x').shape, input(inputs, 'x').dtype);
}

/** The constant vector `start + i · step`; a single element needs no step. */
function sequence(graph: GraphBuilder, start: number, step: number, length: number, dtype: DataType): Value {
  const values = Array.from({ length }, (_, i) => (i === 0 ? start : start + i * step));
  return graph.constant(dataOf(values, dtype), [length], dtype);
}

export const creation: Record<string, Mapping> = {
  ZerosLike: filled(0),
  OnesLike: filled(1),
  Fill: (_, attrs, graph) => {
    const dtype = attrs.get<DataType | undefined>('dtype') ?? 'float32';
    return fill(graph, attrs.get<number>('value'), attrs.get<number[]>('shape'), dtype);
  },
  Range: (_, attrs, graph) => {
    const [start, stop] = [attrs.get<number>('start'), attrs.get<number>('stop')];
    const distance = stop - start;
    // Like tfjs, a default step of 1 turns round where the range goes down.
    const step = distance < 0 && attrs.get<number>('step') === 1 ? -1 : attrs.get<number>('step');
    const length = Math.max(Math.ceil(distance / step), 0);
    return sequence(graph, start, step, length, attrs.get<DataType>('dtype'));
  },
  LinSpace: (_, attrs, graph) => {
    const [start, stop] = [attrs.get<number>('start'), attrs.get<number>('stop')];
    const count = attrs.get<number>('num');
    return sequence(graph, start, (stop - start) / (count - 1), count, 'float32');
  },
};
