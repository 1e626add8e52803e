import * as tf from '@tensorflow/tfjs';
import { gather, Gathered } from '../../lib/analysis/gather';
import { gatherInStages, GatherStage } from '../../lib/analysis/gather-in-stages';
import { gram, sum } from '../../lib/analysis/statistics';
import { attach, attachmentsOf } from '../../lib/core/attach';
import { DerivedInput, derivedTensor } from '../../lib/core/derived';
import { HostTensor, hostTensor } from '../../lib/core/host-tensor';
import { expectNoLeak } from '../leaks';
import { scopeEachTest } from '../scope';

scopeEachTest();

/** Adds a number to a layer's input, which may change between stages. */
function offset(layer: tf.layers.Layer): DerivedInput & { value: number } {
  const input = {
    name: `${layer.name}/offset`,
    dtype: 'float32' as const,
    shape: [1],
    data: new Float32Array(1),
    value: 0,
    refresh: () => void input.data.fill(input.value),
  };
  const apply = (x: tf.Tensor) => tf.tidy(() => x.add(derivedTensor(input)));
  attach(layer, 'input', { revision: '', apply, state: () => ({}), dispose: () => undefined });
  return input;
}

const values = (size: number, from: number): HostTensor =>
  hostTensor(
    Float32Array.from({ length: size * 3 }, (_, i) => Math.sin(i + from)),
    [size, 3],
  );
const BATCHES = [[values(2, 0)], [values(4, 10)], [values(2, 30)]];

/** Three layers, the last of which reads the first's output as well as the second's, and an offset of each one's input. */
function subject() {
  const input = tf.input({ shape: [3] });
  const dense = (index: number) => tf.layers.dense({ name: `${index}`, units: 3, activation: 'tanh' });
  const layers = [dense(0), dense(1), dense(2)] as const;
  const first = layers[0].apply(input) as tf.SymbolicTensor;
  const second = layers[1].apply(first) as tf.SymbolicTensor;
  const output = layers[2].apply(tf.layers.add().apply([first, second])) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: output });
  const weights = model.weights.map(({ shape }, i) =>
    tf.randomNormal(shape as number[], 0, 0.7, 'float32', i + 1),
  );
  model.setWeights(weights);
  return { model, layers, offsets: layers.map(offset) };
}

/** Each stage sees the outputs of a layer, after which the offset of that layer's own input changes: nothing of it may be kept. */
const stagesOf = ({ layers, offsets }: ReturnType<typeof subject>): GatherStage[] =>
  layers.map((layer, i) => ({
    requests: [
      { layer, of: 'output', statistic: sum },
      { layer: layers[0], of: 'output', statistic: gram },
    ],
    changes: [offsets[i]!],
  }));

async function inStages(made: ReturnType<typeof subject>, eager: boolean): Promise<number[][]> {
  const found: number[][] = [];
  const onStage = (stage: number, gathered: readonly Gathered[]): void => {
    found.push(gathered.flatMap(({ data }) => [...data]));
    made.offsets[stage]!.value = 0.5 + stage;
  };
  await gatherInStages(made.model, BATCHES, stagesOf(made), onStage, { eager });
  return found;
}

async function anewEachTime(made: ReturnType<typeof subject>): Promise<number[][]> {
  const found: number[][] = [];
  for (const [i, { requests }] of stagesOf(made).entries()) {
    const gathered = await gather(made.model, BATCHES, requests, { eager: true });
    found.push(gathered.flatMap(({ data }) => [...data]));
    made.offsets[i]!.value = 0.5 + i;
  }
  return found;
}

test.each([
  ['compiled', false],
  ['eager', true],
])('is gathering anew after each change, %s', async (_, eager) => {
  const expected = await anewEachTime(subject());
  const found = await inStages(subject(), eager);
  expect(found.map(({ length }) => length)).toEqual([12, 12, 12]);
  found.forEach((stage, i) => stage.forEach((value, j) => expect(value).toBeCloseTo(expected[i]![j]!, 5)));
  const [first, second] = found.map((stage) => stage.slice(3)) as [number[], number[], number[]];
  expect(Math.abs(first[0]! - second[0]!)).toBeGreaterThan(0.1); // the changes are seen
});

test('the same bits twice, and nothing is left behind', async () => {
  const once = await inStages(subject(), false);
  const made = subject();
  const attached = attachmentsOf(made.model).length;
  await expectNoLeak(async () => {
    made.offsets.forEach((each) => (each.value = 0));
    expect(await inStages(made, false)).toEqual(once);
  });
  expect(attachmentsOf(made.model)).toHaveLength(attached);
});

test('a failure between stages is told, and nothing is left behind', async () => {
  const made = subject();
  const attached = attachmentsOf(made.model).length;
  const fail = () => {
    throw new Error('in between');
  };
  await expectNoLeak(async () => {
    await expect(gatherInStages(made.model, BATCHES, stagesOf(made), fail)).rejects.toThrow('in between');
  });
  expect(attachmentsOf(made.model)).toHaveLength(attached);
});

test('goes through a model that cannot be compiled op by op', async () => {
  class Reads extends tf.layers.Layer {
    static readonly className = 'ReadsInStages';
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      const [x] = [inputs].flat() as [tf.Tensor];
      return x.mul(Math.max(...x.dataSync()));
    }
  }
  const layer = new Reads({ inputShape: [3] } as object);
  const model = tf.sequential({ layers: [layer] });
  const shift = offset(layer);
  const request = { layer, of: 'input', statistic: sum } as const;
  const stage = { requests: [request], changes: [shift] };
  const found: number[] = [];
  const batch = [hostTensor(Float32Array.of(1, 2, 3), [1, 3])];
  await gatherInStages(model, [batch], [stage, stage], (_, [total]) => {
    found.push(...total!.data);
    shift.value = 1;
  });
  expect(found).toEqual([1, 2, 3, 2, 3, 4]);
});
