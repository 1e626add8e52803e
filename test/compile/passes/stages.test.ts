import { inStages } from '../../../lib/compile/passes/stages';
import { trace } from '../../../lib/compile/trace';
import { scopeEachTest } from '../../scope';

scopeEachTest();

const spec = { shape: [2, 2], dtype: 'float32' as const };
const opsOf = (parts: ReturnType<typeof inStages>) =>
  parts.map(({ graph }) => graph.nodes.map(({ op }) => op));

/** `first = tanh(a)`, `second = exp(tanh(a) + b)`, `third = sin(exp(…))`. */
function graphOf() {
  const { graph } = trace(
    (a, b) => {
      const first = a!.tanh();
      const second = first.add(b!).exp();
      return [first, second, second.sin()];
    },
    [spec, spec],
  );
  const [first, second, third] = graph.outputs as [never, never, never];
  return { graph, outputs: [first, second, third], b: [...graph.inputs.keys()][1]! };
}

test('each part computes what the ones before it have not', () => {
  const { graph, outputs } = graphOf();
  const parts = inStages(
    graph,
    outputs.map((output) => ({ outputs: [output], changes: [] })),
  );
  expect(opsOf(parts)).toEqual([['Tanh'], ['Add', 'Exp'], ['Sin']]);
  expect(parts.map(({ saved }) => saved)).toEqual([[outputs[0]], [outputs[1]], []]);
  expect(parts.map(({ readLater }) => readLater.size)).toEqual([2, 1, 0]);
});

test('what an input that changes reaches is made again', () => {
  const { graph, outputs, b } = graphOf();
  const changes = [[], [b], []];
  const parts = inStages(
    graph,
    outputs.map((output, i) => ({ outputs: [output], changes: changes[i]! })),
  );
  expect(opsOf(parts)).toEqual([['Tanh'], ['Add', 'Exp'], ['Add', 'Exp', 'Sin']]);
  expect(parts.map(({ saved }) => saved)).toEqual([[outputs[0]], [], []]);
  expect(parts.map(({ readLater }) => readLater.size)).toEqual([1, 1, 0]);
});

test('an output that was computed before is an output again', () => {
  const { graph, outputs } = graphOf();
  const parts = inStages(graph, [
    { outputs: [outputs[1]!], changes: [] },
    { outputs: [outputs[1]!, outputs[0]!], changes: [] },
  ]);
  expect(parts[1]!.graph.outputs).toEqual([outputs[1], outputs[0]]);
});
