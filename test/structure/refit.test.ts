import * as tf from '@tensorflow/tfjs';
import { HostTensor, hostOf } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { forward, forwardThrough } from '../../lib/forward/forward';
import { bert } from '../../lib/models/bert';
import type { BertConfig } from '../../lib/models/bert-config';
import { bertConfigOf } from '../../lib/models/bert-config-of';
import { setMasks } from '../../lib/pruning/model-masks';
import type { Cut } from '../../lib/structure/cut';
import { refitOutputs } from '../../lib/structure/refit';
import { shrink } from '../../lib/structure/shrink';
import { expectNoLeak } from '../leaks';
import { shake } from '../models/reference';
import { scopeEachTest } from '../scope';

scopeEachTest();

const config: BertConfig = {
  ...{ vocabSize: 40, layers: 2, hiddenSize: 8, heads: 4, intermediateSize: 12, maxPositions: 9, labels: 2 },
  ...{ initializerRange: 0.3, seed: 2 },
};

/** Examples of 4 to 9 tokens, of which some are padding. */
function data(sizes: readonly [batch: number, time: number][]): HostTensor[][] {
  let draw = 1;
  const next = () => (draw = (draw * 16807) % 2147483647);
  return sizes.map(([batch, time]) => {
    const lengths = Array.from({ length: batch }, () => 4 + (next() % (time - 3)));
    const places = Array.from({ length: batch * time }, (_, i) => [Math.floor(i / time), i % time] as const);
    const mask = places.map(([row, at]) => (at < lengths[row]! ? 1 : 0));
    const of = (values: number[]): HostTensor => ({
      ...{ dtype: 'int32', shape: [batch, time], data: Int32Array.from(values) },
    });
    return [of(mask.map((real) => real * (next() % 40))), of(mask), of(mask.map(() => 0))];
  });
}

const tensors = (batch: readonly HostTensor[]) =>
  batch.map(({ data, shape, dtype }) => tf.tensor(data, shape, dtype));

/** `(A + λ)⁻¹ B` by Gauss and Jordan. */
function solve(a: number[][], b: number[][]): number[][] {
  const rows = a.map((row, i) => [...row, ...b[i]!]);
  rows.forEach((row, i) => {
    const pivot = row[i]!;
    row.forEach((value, j) => (row[j] = value / pivot));
    rows.forEach((other, k) => {
      const factor = other[i]!;
      if (k !== i) other.forEach((value, j) => (other[j] = value - factor * row[j]!));
    });
  });
  return rows.map((row) => row.slice(a.length));
}

/** The same by the formula, block after block, op by op. */
function naive(dense: tf.LayersModel, smaller: tf.LayersModel, batches: HostTensor[][], ridge: number): void {
  const { layers, heads } = bertConfigOf(smaller);
  const firstLast = heads.findLastIndex((count) => count > 0); // from there on only the first token is read
  const blocks = Array.from({ length: layers }, (_, i) => [
    {
      sum: `encoder/${i}/attention/add`,
      layer: `encoder/${i}/attention/output`,
      input: `encoder/${i}/attention/core`,
      i,
    },
    { sum: `encoder/${i}/ffn/add`, layer: `encoder/${i}/ffn/down`, input: `encoder/${i}/ffn/gelu`, i },
  ]).flat();
  for (const { sum, layer, input, i } of blocks) {
    const [z, e]: [number[][], number[][]] = [[], []];
    for (const batch of batches) {
      const xs = tensors(batch);
      const names = smaller.layers.some(({ name }) => name === input) ? [sum, input] : [sum];
      const [, wanted] = forwardThrough(dense, xs, { pass: 'inference', layers: [sum], whole: true });
      const [, is, inputs] = forwardThrough(smaller, xs, { pass: 'inference', layers: names, whole: true });
      const [lacks, read] = [wanted!.sub(is!).arraySync(), inputs?.arraySync()] as [
        number[][][],
        number[][][],
      ];
      const mask = xs[1]!.arraySync() as number[][];
      mask.forEach((row, b) =>
        row.forEach((real, t) => {
          if (!real || (i >= firstLast && t > 0)) return;
          z.push([...(read?.[b]![t] ?? []), 1]);
          e.push(lacks[b]![t]!);
        }),
      );
    }
    const width = z[0]!.length;
    const gram = Array.from({ length: width }, (_, a) =>
      Array.from({ length: width }, (_, b) => z.reduce((total, row) => total + row[a]! * row[b]!, 0)),
    );
    const right = Array.from({ length: width }, (_, a) =>
      e[0]!.map((_, j) => z.reduce((total, row, r) => total + row[a]! * e[r]![j]!, 0)),
    );
    const mean = gram.slice(0, -1).reduce((total, row, a) => total + row[a]!, 0) / (width - 1);
    gram.forEach((row, a) => (row[a]! += a < width - 1 ? ridge * mean : 1e-6 * z.length));
    const change = solve(gram, right);
    for (const { path, name, variable } of weightsOf(smaller)) {
      if (!path.startsWith(`${layer}/`)) continue;
      variable.assign(variable.add(tf.tensor(name === 'bias' ? change.at(-1)! : change.slice(0, -1))));
    }
  }
}

const values = (model: tf.LayersModel) =>
  new Map(weightsOf(model).map(({ path, variable }) => [path, [...hostOf(variable).data]]));

const cuts: [string, Omit<Cut, 'layers'>][] = [
  [
    'some heads and neurons',
    {
      heads: [[1], [0, 2]],
      neurons: [
        [3, 4],
        [0, 1, 2, 3, 4, 5],
      ],
    },
  ],
  ['no head in the last layer', { heads: [[0], [0, 1, 2, 3]], neurons: [[], [7]] }],
  ['no neuron in the first layer', { neurons: [Array.from({ length: 12 }, (_, i) => i), [1]] }],
];

describe('refitOutputs', () => {
  it.each(cuts)('is the formula: %s', async (_, cut) => {
    const dense = bert(config);
    shake(dense);
    const [fitted, expected] = [shrink(dense, cut), shrink(dense, cut)];
    const batches = data([
      [8, 9],
      [6, 5],
      [8, 9],
    ]);
    naive(dense, expected, batches, 0.01);
    const before = values(fitted);
    await refitOutputs(dense, fitted, batches);
    const found = values(fitted);
    for (const [path, numbers] of values(expected)) {
      const isFitted = /attention\/output|ffn\/down/.test(path);
      if (!isFitted) expect(found.get(path)).toEqual(before.get(path));
      const largest = Math.max(...numbers.map(Math.abs));
      const away = Math.max(...numbers.map((value, i) => Math.abs(value - found.get(path)![i]!)));
      expect([path, away <= 1e-4 * largest]).toEqual([path, true]);
    }
  });

  it('brings the answers nearer to those of the dense model', async () => {
    const dense = bert(config);
    shake(dense);
    const smaller = shrink(dense, {
      heads: [[1, 2], [0]],
      neurons: [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
      ],
    });
    const batches = data([
      [64, 9],
      [64, 7],
    ]);
    const away = () =>
      tf.tidy(() =>
        batches
          .map(
            (batch) =>
              forward(dense, tensors(batch), false)
                .sub(forward(smaller, tensors(batch), false))
                .square()
                .mean()
                .dataSync()[0]!,
          )
          .reduce((a, b) => a + b),
      );
    const before = away();
    await refitOutputs(dense, smaller, batches);
    expect(away()).toBeLessThan(before / 2);
  });

  it('changes nothing of a model that lost nothing', async () => {
    const dense = bert(config);
    const same = shrink(dense, {});
    await refitOutputs(dense, same, data([[4, 6]]));
    for (const [path, numbers] of values(same)) {
      numbers.forEach((value, i) => expect(value).toBeCloseTo(values(dense).get(path)![i]!, 5));
    }
  });

  it('refuses what does not fit, and then has changed nothing', async () => {
    const dense = bert(config);
    const smaller = shrink(dense, { heads: [[0], []] });
    for (const ridge of [-1, NaN, Infinity]) {
      await expect(refitOutputs(dense, smaller, data([[4, 6]]), { ridge })).rejects.toThrow(
        `Expected \`ridge\` to be a number of at least 0, got ${ridge}`,
      );
    }
    const padding = data([[4, 6]]).map(([ids, mask, types]) => [
      ids!,
      { ...mask!, data: new Int32Array(24) },
      types!,
    ]);
    await expect(refitOutputs(dense, smaller, padding)).rejects.toThrow('got padding alone');
    await expect(refitOutputs(dense, smaller, [])).rejects.toThrow(
      'Expected batches to fit output projections on, got none.',
    );
    await expect(refitOutputs(dense, shrink(dense, { layers: [0] }), data([[4, 6]]))).rejects.toThrow(
      'Expected a model of 2 layers, 8 wide, as the dense one is, got 1 layers, 8 wide.',
    );
    const before = values(smaller);
    const [, bias] = weightsOf(dense).filter(({ path }) => path.startsWith('encoder/1/ffn/up'));
    bias!.variable.assign(tf.fill([12], NaN));
    await expect(refitOutputs(dense, smaller, data([[4, 6]]))).rejects.toThrow(
      'to fit the output of "encoder/1/ffn" on, got NaN',
    );
    expect(values(smaller)).toEqual(before);
    setMasks(smaller, new Map([['encoder/0/ffn/down/kernel', new Uint8Array(96).fill(1)]]));
    await expect(refitOutputs(dense, smaller, data([[4, 6]]))).rejects.toThrow(
      'without masks to fit, got one of "encoder/0/ffn/down/kernel"',
    );
  });
});

test('refitOutputs leaks nothing', async () => {
  const dense = bert(config);
  const smaller = shrink(dense, { heads: [[0], []] });
  await expectNoLeak(() => refitOutputs(dense, smaller, data([[4, 6]])));
});
