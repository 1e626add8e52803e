import * as ort from 'onnxruntime-node';
import { GraphBuilder } from './builder';
import { elements, Graph, Value } from './graph';
import { reshape } from './reshape';

/** Numbers of one vector at most: 64 MiB, half of what every WebGPU device binds as one buffer. */
const MOST = 2 ** 24;

/** Which outputs follow each other in a vector, and that vector's memory; none where it is one output, in memory of its own. */
export interface Pack {
  readonly places: readonly number[];
  readonly vector?: ort.Tensor;
}

/** A graph that gives its outputs in few vectors. */
export interface PackedOutputs {
  readonly graph: Graph<unknown>;
  readonly packs: readonly Pack[];
}

/**
 * Floats laid end to end: a GPU hands over one large vector in about the time of one small one, because each is waited for.
 *
 * @param most numbers of one vector; an output that is larger, or of another type, stays as it is. Default: 64 MiB of them.
 */
export function packOutputs(graph: Graph<unknown>, most = MOST): PackedOutputs {
  const builder = GraphBuilder.over(graph as Graph);
  graph.nodes.forEach((node) => builder.append(node));
  const placed = inPacks(graph.outputs, most);
  const outputs = placed.map((places) => laidOut(builder, valuesAt(graph, places)));
  const packs = placed.map((places, i) =>
    places.length === 1 ? { places } : { places, vector: memoryOf(outputs[i]!) },
  );
  return { graph: builder.finish(outputs), packs };
}

/** Copies what arrived in a pack's vector to where its outputs belong. */
export function unpack({ places, vector }: Pack, outputs: readonly ort.Tensor[]): void {
  if (!vector) return;
  let from = 0;
  for (const place of places) {
    const { data, size } = outputs[place]!;
    (data as Float32Array).set((vector.data as Float32Array).subarray(from, (from += size)));
  }
}

const valuesAt = ({ outputs }: Graph<unknown>, places: readonly number[]) =>
  places.map((place) => outputs[place]!);

const memoryOf = (vector: Value) =>
  new ort.Tensor('float32', new Float32Array(elements(vector)), vector.shape);

function inPacks(outputs: readonly Value[], most: number): number[][] {
  const packs: number[][] = [];
  let room = 0;
  outputs.forEach((value, place) => {
    const length = value.dtype === 'float32' ? elements(value) : Infinity;
    if (length <= room) packs.at(-1)!.push(place);
    else packs.push([place]);
    room = (length <= room ? room : most) - length;
  });
  return packs;
}

function laidOut(builder: GraphBuilder, pack: readonly Value[]): Value {
  if (pack.length === 1) return pack[0]!;
  const flat = pack.map((value) => reshape(builder, value, [elements(value)]));
  const length = flat.reduce((sum, { shape }) => sum + shape[0]!, 0);
  return builder.node('Concat', flat, [length], 'float32', { attributes: { axis: 0 } });
}
