import * as fs from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { compressedOf } from '../../../lib/compress/compressed';
import { staticInt8 } from '../../../lib/compress/scheme';
import { bertConfigOf } from '../../../lib/models/bert-config-of';
import { Loss, softmaxCrossEntropy } from '../../../trainers/losses';
import { compareOrders, CompareOrdersOptions } from '../../../trainers/recipes/compare-orders';
import type { Listener } from '../../../trainers/recipes/setup';
import { constantRate } from '../../../trainers/schedules';
import { parityOfTokens } from './parity-setup';
import { temporaryFolder } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const compare = (options: Partial<CompareOrdersOptions> = {}) =>
  compareOrders({
    ...{
      setup: parityOfTokens({ layers: 3 }, 16),
      folder,
      seed: 1,
      train: 2,
      sparsity: 0.8,
      begin: 0,
      end: 0.5,
    },
    ...{ frequency: 1, rules: staticInt8(), freezeObserversAt: 0.8, footprint: { runs: 1, threads: 1 } },
    ...options,
  });

it('gives every row the same further epochs, and the small model no more bytes than it is told', async () => {
  const layers: Record<string, number> = {};
  const notices: string[] = [];
  const listener: Listener = {
    onNotice: (notice) => notices.push(notice),
    onTrained: (trained, { method }) =>
      void (layers[method] = bertConfigOf(compressedOf(trained).model).layers),
  };
  const outcomes = await compare({ listener });
  expect(outcomes.map(({ method, steps, bits }) => [method, steps, bits])).toEqual([
    ['dense', 4, undefined],
    ['dense+trained', 4, undefined],
    ['ptq', 0, 7],
    ['gradual', 4, undefined],
    ['pruned-first', 2, undefined],
    ['prune-then-quantize', 2, 7],
    ['quantized-first', 2, 7],
    ['quantize-then-prune', 2, 7],
    ['joint', 4, 7],
    ['fewer-layers', 0, undefined],
    ['fewer-layers+trained', 4, 7],
  ]);
  expect(layers).toMatchObject({ dense: 3, 'fewer-layers': 2, 'fewer-layers+trained': 2 });
  const [one, both] = ['fewer-layers+trained', 'joint'].map(
    (name) => outcomes.find(({ method }) => method === name)!.footprint!.gzippedBytes,
  );
  const told = notices.filter((notice) => notice.startsWith('One layer is the nearest that there is'));
  expect(told).toHaveLength(one! > both! ? 1 : 0);
  const reused: boolean[] = [];
  const again = await compare({ listener: { onOutcome: (_, __, is) => void reused.push(is) } });
  expect(again).toEqual(outcomes);
  expect(reused).toEqual(outcomes.map(() => true));
}, 240_000); // memory is measured in a process of its own, row by row

it('teaches every training after the dense one, and prunes at a rate of its own', async () => {
  const [rates, pupils]: [Record<string, number>, string[]] = [{}, []];
  let method = '';
  const listener: Listener = {
    callbacks: (label) => [
      {
        name: 'watch',
        onTrainBegin: () => void (method = label.method),
        onStepEnd: ({ learningRate }) => void (rates[label.method] = learningRate),
      },
    ],
  };
  const teaching = (teacher: tf.LayersModel, student: tf.LayersModel): Loss => {
    expect(bertConfigOf(teacher).layers).toBe(3);
    return (logits, labels) => {
      if (pupils.at(-1) !== method) pupils.push(method);
      return softmaxCrossEntropy(logits, labels).add(
        tf.scalar(bertConfigOf(student).layers).mul(0),
      ) as tf.Scalar;
    };
  };
  await compare({ listener, teaching, pruningRate: () => constantRate(0.0123) });
  const taught = ['dense+trained', 'gradual', 'pruned-first', 'prune-then-quantize', 'quantized-first'];
  const more = ['quantize-then-prune', 'joint', 'fewer-layers+trained'];
  expect(pupils).toEqual([...taught, ...more]);
  const fast = Object.keys(rates).filter((name) => rates[name] === 0.0123);
  expect(fast).toEqual(['gradual', 'pruned-first', 'quantize-then-prune', 'joint']);
}, 240_000);

it('refuses one epoch, and a model of one layer', async () => {
  await expect(compare({ train: 1 })).rejects.toThrow('at least 2 whole epochs');
  await expect(compare({ setup: parityOfTokens({ layers: 1 }, 16) })).rejects.toThrow('at least 2 layers');
});
