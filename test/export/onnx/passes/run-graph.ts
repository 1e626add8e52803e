import * as tf from '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { serialize } from '../../../../lib/compile/serialize';
import { Data, Graph, Value } from '../../../../lib/compile/graph';
import { deadCode } from '../../../../lib/compile/passes/dead-code';
import { rewrite, Rule } from '../../../../lib/compile/passes/rewrite';
import { ArgumentSpec, trace, Traceable } from '../../../../lib/compile/trace';

/** A function of float tensors of these shapes, traced, its derived inputs made constants. */
export function graphOf(fn: Traceable, ...shapes: number[][]): Graph {
  const specs = shapes.map((shape): ArgumentSpec => ({ shape, dtype: 'float32' }));
  return deadCode(trace(fn, specs).graph);
}

/** A graph after rules, one after the other. */
export function after(graph: Graph, ...rules: readonly Rule[]): Graph {
  return deadCode(rules.reduce(rewrite, graph));
}

export const operatorsOf = ({ nodes }: Graph): string[] => nodes.map(({ op }) => op);

/** What onnxruntime's defaults make of a graph: its first output. */
export async function run(graph: Graph, ...xs: tf.Tensor[]): Promise<Float32Array> {
  const constants = new Map<Value, Data>(graph.constants);
  const inputs = new Map(graph.inputs);
  for (const [value, source] of graph.inputs) {
    if (source.kind !== 'derived') continue;
    source.input.refresh();
    constants.set(value, source.input.data);
    inputs.delete(value);
  }
  const { bytes, inputNames, outputNames } = serialize({ ...graph, inputs, constants });
  const session = await ort.InferenceSession.create(bytes);
  const names = [...inputs].flatMap(([value, source]) =>
    source.kind === 'argument' ? [[inputNames.get(value)!, xs[source.index]!] as const] : [],
  );
  const feeds = names.map(([name, x]) => [name, new ort.Tensor('float32', x.dataSync(), x.shape)] as const);
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return results[outputNames[0]!]!.data as Float32Array;
}
