import * as tf from '@tensorflow/tfjs';
import { HostTensor, hostOf } from '../../../lib/core/host-tensor';
import { forwardThrough } from '../../../lib/forward/forward';
import { bert } from '../../../lib/models/bert';
import { attentionImportance, attentionStatistics } from '../../../lib/structure/scores/attention-statistics';
import { expectNoLeak } from '../../leaks';
import { tiny } from '../../models/family-cases';
import { batch, shake } from '../../models/reference';
import { scopeEachTest } from '../../scope';

scopeEachTest();

const LENGTHS = [4, 3];

const model = () => {
  const made = bert({ ...tiny('bert'), heads: [2, 0], headSize: 4 });
  shake(made);
  return made;
};

/** What each real token of each text pays to each, by one head, in plain numbers. */
function probabilitiesOf(subject: tf.LayersModel, head: number): number[][][] {
  const names = ['query', 'key'].map((part) => `encoder/0/attention/${part}`);
  const [, query, key] = forwardThrough(subject, batch(), { pass: 'inference', layers: names });
  const ofHead = (x: tf.Tensor) => x.slice([0, 0, 4 * head], [-1, -1, 4]).arraySync() as number[][][];
  const [q, k] = [ofHead(query!), ofHead(key!)];
  return LENGTHS.map((length, text) =>
    q[text]!.slice(0, length).map((row) => {
      const products = k[text]!.slice(0, length).map((other) =>
        row.reduce((sum, x, i) => sum + x * other[i]!, 0),
      );
      const powers = products.map((product) => Math.exp(product / 2)); // √4
      const total = powers.reduce((a, b) => a + b, 0);
      return powers.map((power) => power / total);
    }),
  );
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe('attentionStatistics', () => {
  it('are those of the formulas, over real tokens', async () => {
    const subject = model();
    const found = await attentionStatistics(subject, [batch().map(hostOf)]);
    for (const head of [0, 1]) {
      const rows = probabilitiesOf(subject, head).flat();
      const entropies = rows.map((row) => -row.reduce((sum, p) => sum + p * Math.log(p), 0));
      const expected = {
        mean: mean(rows.map(mean)),
        variance: mean(rows.map((row) => mean(row.map((p) => (p - 1 / row.length) ** 2)))),
        entropy: mean(entropies),
        confidence: mean(rows.map((row) => Math.max(...row))),
        focus: mean(entropies.map((entropy, i) => Math.log(rows[i]!.length) - entropy)),
      };
      for (const [name, value] of Object.entries(expected)) {
        expect(found[name as keyof typeof expected][0]![head]).toBeCloseTo(value, 5);
      }
    }
    expect(found.entropy[1]).toEqual([]);
    expect(found.mean[0]![0]).toBeCloseTo(found.mean[0]![1]!, 6);
  });

  it('do not depend on the batches', async () => {
    const subject = model();
    const whole = await attentionStatistics(subject, [batch().map(hostOf)]);
    const rows = [0, 1].map((row) => batch().map((x) => hostOf(x.slice([row, 0], [1, -1]))));
    const single = await attentionStatistics(subject, rows);
    const numbers = (of: typeof whole) => Object.values(of).flat(2);
    numbers(whole).forEach((value, i) => expect(numbers(single)[i]).toBeCloseTo(value, 5));
  });

  it('are of real tokens alone, whatever else is in the batch', async () => {
    const subject = model();
    const first = batch().map((x) => hostOf(x.slice([0, 0], [1, -1])));
    const [ids, mask, types] = first as [HostTensor, HostTensor, HostTensor];
    const padding = [ids, { ...mask, data: mask.data.map(() => 0) as Int32Array }, types];
    const found = await attentionStatistics(subject, [first, padding]);
    expect(found).toEqual(await attentionStatistics(subject, [first]));
  });

  it('score heads alone, leave nothing behind and need data', async () => {
    const subject = model();
    const xs = batch().map(hostOf);
    await expectNoLeak(async () => void (await attentionStatistics(subject, [xs])));
    const { heads, neurons } = await attentionImportance(subject, [xs], 'confidence');
    expect(heads).toEqual((await attentionStatistics(subject, [xs])).confidence);
    expect(neurons).toEqual([[], []]);
    await expect(attentionStatistics(subject, [])).rejects.toThrow('Expected at least one batch');
  });
});
