import * as tf from '@tensorflow/tfjs';
import { weightsOf } from '../../../lib/core/weights';
import { bert } from '../../../lib/models/bert';
import { setMasks } from '../../../lib/pruning/model-masks';
import { maskSet } from '../../../lib/pruning/mask';
import { maskUnits } from '../../../lib/structure/mask-units';
import { weightNorms } from '../../../lib/structure/scores/weight-norms';
import { tiny } from '../../models/family-cases';
import { shake } from '../../models/reference';
import { scopeEachTest } from '../../scope';

scopeEachTest();

const model = () => {
  const made = bert({ ...tiny('bert'), heads: [2, 0], headSize: 4 });
  shake(made);
  return made;
};

/** All weights of a head or a neuron, by tfjs's own slices. */
function unitWeights(
  subject: tf.LayersModel,
  part: string,
  columns: string[],
  out: string,
  at: number[],
): number[] {
  const of = (path: string) =>
    weightsOf(subject).find((weight) => weight.path === `encoder/0/${part}/${path}`)!.variable;
  return [
    ...columns.flatMap((name) => [of(`${name}/kernel`).gather(at, 1), of(`${name}/bias`).gather(at)]),
    of(`${out}/kernel`).gather(at, 0),
  ].flatMap((x) => [...x.dataSync()]);
}

it('are the L1 and L2 norms of all that would be cut', () => {
  const subject = model();
  const [one, two] = [weightNorms(subject, 1), weightNorms(subject, 2)];
  const head = unitWeights(subject, 'attention', ['query', 'key', 'value'], 'output', [4, 5, 6, 7]);
  const neuron = unitWeights(subject, 'ffn', ['up'], 'down', [9]);
  expect(head).toHaveLength(4 * 4 * 8 + 3 * 4);
  for (const [found, weights] of [
    [[one.heads[0]![1], two.heads[0]![1]], head],
    [[one.neurons[0]![9], two.neurons[0]![9]], neuron],
  ] as const) {
    expect(found[0]).toBeCloseTo(
      weights.reduce((sum, w) => sum + Math.abs(w), 0),
      4,
    );
    expect(found[1]).toBeCloseTo(Math.hypot(...weights), 4);
  }
  expect([one.heads[1], one.neurons[1]!.length]).toEqual([[], 12]);
});

it('count what layers compute with: what is masked is 0', () => {
  const subject = model();
  maskUnits(subject, { heads: [[0], []], neurons: [[3], []] });
  const path = 'encoder/1/ffn/down/kernel';
  const mask = new Uint8Array(96).fill(0, 0, 96);
  setMasks(subject, maskSet([[path, mask]], [path])); // latent
  const { heads, neurons } = weightNorms(subject, 1);
  expect([heads[0]![0], neurons[0]![3]]).toEqual([0, 0]);
  const up = unitWeights(subject, 'ffn', ['up'], 'down', [3]);
  expect(up.every((w) => w === 0)).toBe(true);
  const before = weightNorms(model(), 1);
  expect(neurons[1]![3]).toBeLessThan(before.neurons[1]![3]!);
});
