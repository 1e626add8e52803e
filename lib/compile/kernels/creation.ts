import { GraphBuilder } from '../builder';
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

export const creation: Record<string, Mapping> = {
  ZerosLike: filled(0),
  OnesLike: filled(1),
  Fill: (_, attrs, graph) =>
    fill(
      graph,
      attrs.get<number>('value'),
      attrs.get<number[]>('shape'),
      attrs.get<DataType>('dtype') ?? 'float32',
    ),
};
