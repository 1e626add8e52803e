import { deepEqual, ok } from 'node:assert';
import { seededRandom } from '../../lib/core/random';
import { globalDistribution } from '../../lib/pruning/distribution';
import { countPruned } from '../../lib/pruning/mask';
import { outputChannels } from '../../lib/pruning/patterns/output-channels';
import { prune, PrunableWeight, PruneOptions } from '../../lib/pruning/prune';
import { blockFisher } from '../../lib/pruning/saliencies/block-fisher';
import { diagonalFisher } from '../../lib/pruning/saliencies/diagonal-fisher';
import { squaredInputs, wanda } from '../../lib/pruning/saliencies/wanda';
import { randomSaliency, Saliency } from '../../lib/pruning/saliency';
import { cubicDecay, linearDecay } from '../../lib/pruning/schedule';
import { Stats, statsOf } from '../../lib/pruning/weight-statistics';
import { askPython, inFolder } from './ask-python';

export const name = 'pruning';

/** None of them falls on half a weight or half an output, where torch rounds to even, and we round up. */
const AMOUNTS = [0.1, 0.3, 0.63, 0.8];
const SHAPES = [
  [70, 31],
  [31, 13],
] as const;
const [ROWS, EXAMPLES, STEPS] = [200, 12, 10];
const BLOCKS = { blockSize: 16, damping: 0.01 };

type Masks = readonly (readonly number[])[];

interface Answer {
  /** By amount, by weight. */
  readonly unstructured: readonly Masks[];
  readonly global: readonly Masks[];
  readonly structured: readonly Masks[];
  /** Counts. */
  readonly random: Masks;
  readonly wanda: readonly number[];
  readonly fisher: readonly number[];
  readonly blockFisher: readonly number[];
  readonly cubic: readonly number[];
  readonly linear: readonly number[];
}

const random = seededRandom(1, 'pruning');
const draw = (size: number) => Float32Array.from({ length: size }, () => random() - 0.5);

/** Prunes matrices as torch.nn.utils.prune does, along torch.ao's schedules, and scores them as numpy does that follows the papers. */
export async function check(python: string): Promise<string> {
  const weights = SHAPES.map((shape): PrunableWeight => ({ shape, data: draw(shape[0] * shape[1]) }));
  const [inputs, gradients] = [ROWS * 70, EXAMPLES * 70 * 31].map(draw) as [Float32Array, Float32Array];
  const job = {
    weights: weights.map(({ data, shape }) => [[...data], shape]),
    inputs: [[...inputs], [ROWS, 70]],
    gradients: [[...gradients], [EXAMPLES, ...SHAPES[0]]],
    ...{ amounts: AMOUNTS, steps: STEPS, ...BLOCKS },
  };
  const answer = inFolder((folder) => askPython(python, 'pruning.py', folder, job)) as Answer;
  expectMasks(weights, answer);
  const scored = expectScores(weights[0]!, { inputs, gradients }, answer);
  expectSchedules(answer);
  return `masks and counts are torch's at ${AMOUNTS.join(', ')}, schedules torch.ao's, Wanda's mask numpy's; scores differ by at most ${scored}`;
}

function expectMasks(weights: readonly PrunableWeight[], answer: Answer): void {
  const named = new Map(weights.map((weight, i) => [`${i}/kernel`, weight]));
  const masks = (options: PruneOptions) =>
    AMOUNTS.map((amount) => [...prune(amount, named, new Map(), options).values()].map((mask) => [...mask]));
  deepEqual(masks({}), answer.unstructured, 'l1_unstructured');
  deepEqual(masks({ distribution: globalDistribution() }), answer.global, 'global_unstructured');
  deepEqual(masks({ pattern: outputChannels }), answer.structured, 'ln_structured');
  const counts = masks({ saliency: randomSaliency(1) }).map((all) =>
    all.map((mask) => countPruned(Uint8Array.from(mask))),
  );
  deepEqual(counts, answer.random, 'random_unstructured');
}

/** The largest relative difference of Fisher scores. */
function expectScores(
  weight: PrunableWeight,
  { inputs, gradients }: Readonly<Record<'inputs' | 'gradients', Float32Array>>,
  answer: Answer,
): string {
  const squares = new Float32Array(70);
  inputs.forEach((x, i) => (squares[i % 70]! += x * x));
  const stats = statsOf('w', new Map([[squaredInputs, squares]]));
  const options = { saliency: wanda };
  const [mask] = prune(0.5, new Map([['w', { ...weight, stats }]]), new Map(), options).values();
  deepEqual([...mask!], answer.wanda, 'Wanda');
  const scoresBy = (saliency: Saliency) =>
    saliency({ ...weight, path: 'w', stats: statsOfExamples(saliency, weight, gradients) });
  const worst = Math.max(
    differenceOf(scoresBy(diagonalFisher), answer.fisher),
    differenceOf(scoresBy(blockFisher(BLOCKS)), answer.blockFisher),
  );
  ok(worst < 1e-4, `Fisher scores differ by up to ${worst}`);
  return worst.toExponential(1);
}

function statsOfExamples({ needs = [] }: Saliency, weight: PrunableWeight, gradients: Float32Array): Stats {
  const { data: weights, shape } = weight;
  const gathered = needs.map((need) => {
    ok(need.of === 'gradients');
    const total = new Float32Array(need.sizeOf?.(shape) ?? weights.length);
    for (let at = 0; at < gradients.length; at += weights.length) {
      const gradient = gradients.subarray(at, at + weights.length);
      need.add(total, { weights, gradient, shape, count: 1 });
    }
    return [need, total] as const;
  });
  return statsOf('w', new Map(gathered));
}

const differenceOf = (own: Float32Array, other: readonly number[]) =>
  Math.max(...other.map((score, i) => Math.abs(own[i]! / score - 1)));

function expectSchedules({ cubic, linear }: Answer): void {
  const curves = { cubic: [cubicDecay, cubic], linear: [linearDecay, linear] } as const;
  for (const [which, [make, levels]] of Object.entries(curves)) {
    const schedule = make({ finalSparsity: 0.9, endStep: STEPS });
    levels.forEach((level, step) =>
      ok(
        Math.abs(schedule(step) - level) < 1e-6,
        `${which} at step ${step}: ${schedule(step)}, torch ${level}`,
      ),
    );
  }
}
