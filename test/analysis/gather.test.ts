import * as tf from '@tensorflow/tfjs';
import { gather, GatherData, Gathered } from '../../lib/analysis/gather';
import { count, gram, maxAbs, Statistic, sum } from '../../lib/analysis/statistics';
import { attach, attachmentsOf } from '../../lib/core/attach';
import { HostTensor, hostTensor } from '../../lib/core/host-tensor';
import { layersOf } from '../../lib/core/layers';
import { seededRandom } from '../../lib/core/random';
import { revisionOf } from '../../lib/core/revision';
import { bert } from '../../lib/models/bert';
import { dropout } from '../../lib/models/layers/dropout';
import { expectNoLeak } from '../leaks';

beforeAll(() => tf.setBackend('cpu'));

const engines = [
  ['compiled', {}],
  ['eager', { eager: true }],
] as const;

const LENGTH = 4;
const model = bert({
  vocabSize: 20,
  layers: 2,
  hiddenSize: 8,
  heads: 2,
  maxPositions: LENGTH,
  initializerRange: 0.5,
});
const up = model.getLayer('encoder/1/ffn/up');

/** Six texts of one to four tokens: ids, attention mask, types. */
const next = seededRandom(1, 'ids');
const texts = [4, 1, 3, 2, 4, 2].map((length) => ({
  ids: Array.from({ length: LENGTH }, () => Math.floor(next() * 20)),
  mask: Array.from({ length: LENGTH }, (_, i) => Number(i < length)),
  types: [0, 0, 1, 1],
}));

function* batches(size: number): Iterable<HostTensor[]> {
  for (let from = 0; from < texts.length; from += size) {
    const batch = texts.slice(from, from + size);
    yield (['ids', 'mask', 'types'] as const).map((key) =>
      hostTensor(Int32Array.from(batch.flatMap((text) => text[key])), [batch.length, LENGTH]),
    );
  }
}

const padding = { rows: ([, mask]: readonly tf.Tensor[], x: tf.Tensor) => (x.rank === 3 ? mask : undefined) };

/** What stock tfjs gives to a layer: the vectors of the tokens, without padding unless it is wanted. */
function rowsInto(layer: tf.layers.Layer, { padded = false } = {}): number[][] {
  return tf.tidy(() => {
    const view = tf.model({ inputs: model.inputs, outputs: layer.input as tf.SymbolicTensor });
    const [xs] = [...batches(texts.length)].map((batch) =>
      batch.map(({ data, shape, dtype }) => tf.tensor(data, shape, dtype)),
    );
    const rows = (view.predict(xs!) as tf.Tensor).reshape([-1, 8]).arraySync() as number[][];
    const counts = texts.flatMap(({ mask }) => mask);
    return rows.length === counts.length && !padded ? rows.filter((_, i) => counts[i] === 1) : rows;
  });
}

function expectClose(actual: Gathered, expected: readonly number[], tolerance = 1e-5): void {
  const largest = Math.max(...expected.map(Math.abs));
  const errors = expected.map((value, i) => Math.abs(value - actual.data[i]!) / largest);
  expect(actual.data).toHaveLength(expected.length);
  expect(Math.max(...errors)).toBeLessThan(tolerance);
}

const columnsOf = (rows: number[][]): number[][] => rows[0]!.map((_, i) => rows.map((row) => row[i]!));

const gramOf = (rows: number[][]): number[] =>
  rows[0]!.flatMap((_, i) =>
    rows[0]!.map((__, j) => rows.reduce((total, row) => total + row[i]! * row[j]!, 0)),
  );

describe.each(engines)('gather, %s', (_, engine) => {
  test.each([1, 4, 6])(
    'the Gram matrix of a dense layer’s input in a BERT, in batches of %d',
    async (size) => {
      const pooler = model.getLayer('pooler');
      const requests = [
        { layer: up, of: 'input', statistic: gram },
        { layer: pooler, of: 'input', statistic: gram },
        { layer: up, of: 'input', statistic: count },
        { layer: pooler, of: 'input', statistic: count },
      ] as const;
      const [ofUp, ofPooler, tokens, examples] = await gather(model, batches(size), requests, {
        ...engine,
        ...padding,
      });
      expect(ofUp.shape).toEqual([8, 8]);
      expectClose(ofUp, gramOf(rowsInto(up)));
      expectClose(ofPooler, gramOf(rowsInto(pooler)));
      expect([...tokens.data, ...examples.data]).toEqual([16, 6]);
    },
  );

  test('a statistic of one’s own, in a few lines', async () => {
    const sumOfSquares: Statistic = { of: (x, counts) => x.square().mul(counts).sum(0), join: 'sum' };
    const lowest: Statistic = {
      of: (x, counts) => x.add(tf.scalar(9).sub(counts.mul(9))).min(0),
      join: 'min',
    };
    const requests = [
      { layer: up, of: 'input', statistic: sumOfSquares },
      { layer: up, of: 'input', statistic: lowest },
    ] as const;
    const [squares, low] = await gather(model, batches(4), requests, { ...engine, ...padding });
    const columns = columnsOf(rowsInto(up));
    expectClose(
      squares,
      columns.map((column) => column.reduce((total, x) => total + x * x, 0)),
    );
    expectClose(
      low,
      columns.map((column) => Math.min(...column)),
    );
  });

  test('sums, maxima and all rows, of an output', async () => {
    const layer = model.getLayer('encoder/0/ffn/norm');
    const requests = [sum, maxAbs, count].map((statistic) => ({ layer, of: 'output', statistic }) as const);
    const [total, largest, rows] = await gather(model, batches(6), requests, engine);
    const columns = columnsOf(rowsInto(model.getLayer('encoder/1/attention/query'), { padded: true }));
    expect([...rows!.data]).toEqual([24]);
    expectClose(
      total!,
      columns.map((column) => column.reduce((all, x) => all + x, 0)),
    );
    expectClose(
      largest!,
      columns.map((column) => Math.max(...column.map(Math.abs))),
    );
  });

  test('a million rows to 1e-6, in one batch and in many', async () => {
    const width = 2;
    const identity = tf.sequential({
      layers: [tf.layers.activation({ activation: 'linear', inputShape: [width] })],
    });
    const draw = seededRandom(7, 'rows');
    const values = Float32Array.from({ length: 1e6 * width }, () => draw());
    const rows = Array.from({ length: width }, (__, i) => i);
    const exact = new Float64Array(width * width);
    for (let at = 0; at < values.length; at += width)
      for (const i of rows) for (const j of rows) exact[i * width + j]! += values[at + i]! * values[at + j]!;
    for (const size of [1e6, 1e5]) {
      const data = Array.from({ length: 1e6 / size }, (__, i) => [
        hostTensor(values.subarray(i * size * width, (i + 1) * size * width), [size, width]),
      ]);
      const request = { layer: identity.layers[0]!, of: 'input', statistic: gram } as const;
      const [{ data: found }] = await gather(identity, data, [request], engine);
      found.forEach((value, i) => expect(Math.abs(value / exact[i]! - 1)).toBeLessThan(1e-6));
    }
  });

  test('without dropout, through what is attached, and nothing is left behind', async () => {
    const dropped = tf.sequential({
      layers: [
        tf.layers.reshape({ targetShape: [2], inputShape: [2] }),
        dropout({ name: 'drop', rate: 0.5 }),
        tf.layers.dense({ units: 1, name: 'last' }),
      ],
    });
    const layer = dropped.getLayer('last');
    const twice = {
      revision: '',
      apply: (x: tf.Tensor) => x.mul(2),
      state: () => ({}),
      dispose: () => undefined,
    };
    const attachment = attach(layer, 'input', twice);
    const [json, revision] = [dropped.toJSON(), revisionOf(dropped)];
    const x = tf.tensor2d([
      [1, -2],
      [3, 5],
    ]);
    await expectNoLeak(async () => {
      const [{ data }] = await gather(dropped, [[x]], [{ layer, of: 'input', statistic: sum }], engine);
      expect([...data]).toEqual([8, 6]);
    });
    expect([dropped.toJSON(), revisionOf(dropped)]).toEqual([json, revision]);
    attachment.detach();
  });

  test('inside wrappers and nested models, and of all applications of a shared layer', async () => {
    const inner = tf.layers.dense({ units: 2, name: 'inner', kernelInitializer: 'identity' });
    const nest = tf.sequential({ layers: [tf.layers.timeDistributed({ layer: inner, inputShape: [2, 2] })] });
    const input = tf.input({ shape: [2, 2] });
    const twice = tf.model({ inputs: input, outputs: nest.apply(nest.apply(input)) as tf.SymbolicTensor });
    const x = hostTensor(Float32Array.of(1, 2, 3, 4), [1, 2, 2]);
    const requests = [sum, count].map((statistic) => ({ layer: inner, of: 'input', statistic }) as const);
    const [total, rows] = await gather(twice, [[x]], requests, engine);
    expect([...total!.data, ...rows!.data]).toEqual([8, 12, 4]);
  });

  const broken: Statistic = {
    of: () => {
      throw new Error('inside');
    },
    join: 'sum',
  };
  const whole: Statistic = { of: (x) => x, join: 'sum' };
  const request = { layer: up, of: 'input', statistic: sum } as const;
  test.each([
    ['a statistic that throws', batches(6), { ...request, statistic: broken }, {}, 'inside'],
    ['a shape that depends on the batch', batches(4), { ...request, statistic: whole }, {}, 'then [8, 8]'],
    ['no data', [], request, {}, 'at least one batch'],
    ['data of another model', [[tf.zeros([1, 4], 'int32')]], request, {}, 'Expected 3 input tensor(s)'],
    [
      'rows of another shape',
      batches(6),
      { ...request, layer: model.getLayer('pooler') },
      { rows: ([, mask]: readonly tf.Tensor[]) => mask },
      'Expected rows of shape [6] for the input of layer "pooler", got [6, 4]',
    ],
    [
      'a layer of several inputs',
      batches(6),
      { ...request, layer: model.getLayer('encoder/0/attention/core') },
      {},
      'one input tensor',
    ],
    [
      'a layer of another model',
      batches(6),
      { ...request, layer: tf.layers.reLU({ name: 'r' }) },
      {},
      'got "r", which it does not hold',
    ],
  ] as const)('refuses %s, and leaves the model alone', async (__, data, wrong, options, message) => {
    const [tensors, revision] = [tf.memory().numTensors, revisionOf(model)];
    const run = gather(model, data as GatherData, [wrong], { ...engine, ...options });
    await expect(run).rejects.toThrow(message);
    expect(attachmentsOf(model)).toEqual([]);
    expect([tf.memory().numTensors, revisionOf(model), tf.getBackend()]).toEqual([tensors, revision, 'cpu']);
  });
});

test('gather goes on op by op where a model cannot be compiled', async () => {
  class Reads extends tf.layers.Layer {
    static readonly className = 'Reads';
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      const [x] = [inputs].flat() as [tf.Tensor];
      return x.mul(Math.max(...x.dataSync()));
    }
  }
  const reading = tf.sequential({ layers: [new Reads({ inputShape: [2] } as object)] });
  const request = { layer: layersOf(reading).at(-1)!, of: 'output', statistic: sum } as const;
  const [{ data }] = await gather(reading, [[tf.tensor2d([[1, 2]])]], [request]);
  expect([...data]).toEqual([2, 4]);
});
