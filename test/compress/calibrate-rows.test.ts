import * as tf from '@tensorflow/tfjs';
import type { RowSelector } from '../../lib/analysis/record';
import { quantizeModel } from '../../lib/analysis/quantize-model';
import { calibrate } from '../../lib/compress/calibrate';
import { prepare } from '../../lib/compress/prepare';
import { staticInt8 } from '../../lib/compress/scheme';
import { HostTensor, hostTensor } from '../../lib/core/host-tensor';
import { entropy } from '../../lib/quantization/observers/entropy';
import { histogram } from '../../lib/quantization/observers/histogram';
import { learnedStep } from '../../lib/quantization/observers/learned-range';
import { minMax } from '../../lib/quantization/observers/min-max';
import { movingAverage } from '../../lib/quantization/observers/moving-average';
import { mse } from '../../lib/quantization/observers/mse';
import type { Observer } from '../../lib/quantization/observers/observer';
import { percentile } from '../../lib/quantization/observers/percentile';
import { isObserved, rangeFound } from '../../lib/quantization/transforms/activation-quantizer';
import { scopeEachTest } from '../scope';

scopeEachTest();

const rows: RowSelector = ([, mask], x) => (x.rank === 3 ? mask : undefined);

/** Two layers that go through tokens one by one, and the mask of the tokens. */
function tokenModel(length: number): tf.LayersModel {
  const [tokens, mask] = [tf.input({ shape: [length, 2] }), tf.input({ shape: [length] })];
  const first = tf.layers.dense({ name: 'first', units: 3, activation: 'relu' });
  const second = tf.layers.dense({ name: 'second', units: 1 });
  const marks = tf.layers.reshape({ targetShape: [length, 1] }).apply(mask) as tf.SymbolicTensor;
  const outputs = tf.layers.add().apply([second.apply(first.apply(tokens)) as tf.SymbolicTensor, marks]);
  const model = tf.model({ inputs: [tokens, mask], outputs: outputs as tf.SymbolicTensor });
  first.setWeights([tf.tensor2d([1, -2, 0.5, 0.25, 1, -1], [2, 3]), tf.zeros([3])]);
  return model;
}

/** Texts of tokens that are pairs of numbers, filled up to the same length with a number. */
function batchOf(texts: readonly (readonly number[][])[], length: number, padding: number): HostTensor[] {
  const pad = (text: readonly number[][]) => [
    ...text,
    ...Array<number[]>(length - text.length).fill([padding, -padding]),
  ];
  const marks = texts.flatMap((text) => pad(text).map((_, i) => Number(i < text.length)));
  return [
    hostTensor(Float32Array.from(texts.flatMap((text) => pad(text).flat())), [texts.length, length, 2]),
    hostTensor(Float32Array.from(marks), [texts.length, length]),
  ];
}

const token = (i: number): number[] => [Math.sin(i * 3) + 0.2, Math.cos(i * i)];
const tokensFrom = (from: number, count: number) => Array.from({ length: count }, (_, i) => token(from + i));
const BATCHES = [
  [tokensFrom(0, 4), tokensFrom(10, 1)],
  [tokensFrom(20, 2), tokensFrom(30, 3)],
];
const padded = (padding: number) => BATCHES.map((texts) => batchOf(texts, 4, padding));
/** The same tokens, each as a text of its own. */
const alone = BATCHES.map((texts) =>
  batchOf(
    texts.flat().map((each) => [each]),
    1,
    0,
  ),
);

async function rangesOf(
  input: () => Observer,
  data: HostTensor[][],
  options: Parameters<typeof calibrate>[2] = {},
): Promise<unknown> {
  const prepared = prepare(tokenModel(data[0]![0]!.shape[1]!), staticInt8({ input }));
  try {
    await calibrate(prepared, data, options);
    return [...prepared.inputs.values()].filter(isObserved).map(rangeFound);
  } finally {
    prepared.detach();
  }
}

const observers = { minMax, movingAverage, percentile, histogram, entropy, mse, learnedStep };

describe.each(Object.entries(observers))('%s', (_, observer) => {
  test.each([false, true])(
    'has the range of the tokens, whatever the padding is (eager: %s)',
    async (eager) => {
      const expected = await rangesOf(() => observer(), alone);
      for (const padding of [0, 1000, NaN])
        expect(await rangesOf(() => observer(), padded(padding), { rows, eager })).toEqual(expected);
      expect(await rangesOf(() => observer(), padded(1000), { eager })).not.toEqual(expected);
    },
  );

  test('learns nothing of a batch of padding alone', async () => {
    const expected = await rangesOf(() => observer(), alone);
    const empty = batchOf([[], []], 4, 7);
    const [one, other] = padded(3);
    expect(await rangesOf(() => observer(), [empty, one!, empty, other!], { rows })).toEqual(expected);
  });
});

test('quantizeModel leaves padding out', async () => {
  const bytes = async (data: HostTensor[][]) => {
    const compressed = await quantizeModel(tokenModel(4), {
      rules: staticInt8({ input: () => minMax() }),
      data,
      rows,
    });
    return compressed.model.layers.map((layer) => JSON.stringify(layer.getConfig()));
  };
  const scales = (configs: string[]) => configs.flatMap((config) => /"scale":[^,]*/.exec(config) ?? []);
  const found = scales(await bytes(padded(1000)));
  expect(found.length).toBeGreaterThan(0);
  expect(found).toEqual(scales(await bytes(padded(0))));
});

test('refuses rows for an observer that watches whole tensors only, and of another shape', async () => {
  const whole = (): Observer => ({ ...minMax(), observeRows: undefined });
  await expect(rangesOf(whole, padded(1), { rows })).rejects.toThrow(
    'Expected an observer of the input of "first" that can leave rows out',
  );
  const wrong: RowSelector = ([tokens]) => tokens;
  await expect(rangesOf(minMax, padded(1), { rows: wrong })).rejects.toThrow(
    'Expected rows of shape [2, 4] for the input of "first", got [2, 4, 2]',
  );
  const prepared = prepare(tokenModel(4), staticInt8({ input: whole }));
  await expect(calibrate(prepared, padded(1), { rows })).rejects.toThrow('leave rows out');
  await calibrate(prepared, padded(1)); // all rows again
  prepared.detach();
});
