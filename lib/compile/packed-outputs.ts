import * as ort from 'onnxruntime-node';
import { GraphBuilder } from './builder';
import { elements, Graph, Value } from './graph';

/** Numbers of one vector at most: 64 MiB, half of what every WebGPU device binds as one buffer. */
const MOST = 2 ** 24;

/** A graph that gives its outputs in few vectors, and which of its outputs each holds, one after the other. */
export interface PackedOutputs {
  readonly graph: Graph<unknown>;
  readonly packs: readonly (readonly number[])[];
}

/**
 * Floats laid end to end: a GPU hands over one large vector in about the time of one small one, because each is waited for.
 *
 * @param most numbers of one vector; an output that is larger, or of another type, stays as it is. Default: 64 MiB of them.
 */
export function packOutputs(graph: Graph<unknown>, most = MOST): PackedOutputs {
  const packs = inPacks(graph.outputs, most);
  const builder = GraphBuilder.over(graph as Graph);
  graph.nodes.forEach((node) => builder.append(node));
  const outputs = packs.map((places) =>
    laidOut(
      builder,
      places.map((place) => graph.outputs[place]!),
    ),
  );
  return { graph: builder.finish(outputs), packs };
}

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
  const flat = pack.map((value) => {
    const length = elements(value);
    return builder.node('Reshape', [value, builder.ints([length])], [length], value.dtype);
  });
  const length = flat.reduce((sum, { shape }) => sum + shape[0]!, 0);
  return builder.node('Concat', flat, [length], 'float32', { attributes: { axis: 0 } });
}

/** Where the outputs of a pack arrive: in their own memory if there is one of them, else in a vector that is cut up afterwards. */
export function targetOf(outputs: readonly ort.Tensor[]): { tensor: ort.Tensor; unpack: () => void } {
  if (outputs.length === 1) return { tensor: outputs[0]!, unpack: () => undefined };
  const lengths = outputs.map(({ size }) => size);
  const all = new Float32Array(lengths.reduce((sum, length) => sum + length, 0));
  const unpack = () => {
    let from = 0;
    for (const { data, size } of outputs) (data as Float32Array).set(all.subarray(from, (from += size)));
  };
  return { tensor: new ort.Tensor('float32', all, [all.length]), unpack };
}
