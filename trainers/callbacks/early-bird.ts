import { configured } from '../../lib/core/config';
import { UserError } from '../../lib/core/errors';
import { Distribution, globalDistribution } from '../../lib/pruning/distribution';
import { MaskSet, masksFromTensors, masksToTensors } from '../../lib/pruning/mask';
import { farthestDistance, maskDistance } from '../../lib/pruning/mask-distance';
import { prune, PrunableWeight } from '../../lib/pruning/prune';
import { expectWhole } from '../../lib/pruning/window';
import type { Callback, Training } from '../callback';
import { targetsOf } from '../pruning/targets-of';

/** Options of {@link earlyBird}. */
export interface EarlyBirdOptions {
  /** Of the masks that are compared, a fraction in (0, 1): that of the ticket to be drawn. */
  readonly sparsity: number;
  /** How it is shared among the weights; `globalDistribution()` by default. */
  readonly distribution?: Distribution;
  /** Optimizer steps between two masks; an epoch by default. */
  readonly every?: number;
  /** Distances in a row that have to be below the threshold; 5 by default. */
  readonly window?: number;
  /** `maskDistance`, below which masks count as the same; 0.1 by default, the paper's for sparsities of 0.3 to 0.7. */
  readonly threshold?: number;
}

/** Distances in a row. */
const WINDOW = 5;

/**
 * Ends a dense training as soon as it is settled which weights magnitude would prune: every epoch a mask is made of the weights as they are,
 * which nothing is pruned by, and training ends when the last `window` distances between one mask and the next are all below the
 * threshold. Logs each as `early-bird/distance`. Masks hardly change in a warm-up either, while nothing is learned yet: `window · every` steps
 * should be more than it has.
 *
 * You et al., 2020 (arXiv:1909.11957), whose masks are of channels; of BERT: Chen et al., 2021 (arXiv:2101.00063).
 *
 * @throws UserError for options that are none, and for a threshold that no two masks of this sparsity are farther apart than; when
 * training begins, for a model without pruning targets, and a training too short for so many masks.
 *
 * @example await train({ ...training, callbacks: [earlyBird({ sparsity: 0.5 })] });
 */
export function earlyBird(options: EarlyBirdOptions): Callback {
  const { sparsity, distribution = globalDistribution(), every, window = WINDOW, threshold = 0.1 } = options;
  expectOptions({ sparsity, every, window, threshold });
  let last: MaskSet | undefined;
  let distances: number[] = []; // the last `window` of them
  let restored = false;
  const callback: Callback = {
    name: 'early-bird',
    onTrainBegin(training) {
      targetsOf(training, { targets: undefined, needs: [] });
      expectTime({ every, window }, training);
      if (!restored) [last, distances] = [undefined, []]; // of a training before
      restored = false;
    },
    onStepEnd(training) {
      if (training.step % (every ?? training.stepsPerEpoch) !== 0) return;
      const masks = prune(sparsity, weightsIn(training), new Map(), { distribution });
      if (last) {
        const distance = maskDistance(last, masks);
        training.log('early-bird/distance', distance);
        distances = [...distances, distance].slice(-window);
      }
      last = masks;
      const settled = distances.length === window && distances.every((distance) => distance < threshold);
      if (settled) training.stop(`an early bird: ${window} distances between masks below ${threshold}`);
    },
    state: () => ({ values: { distances }, tensors: Object.fromEntries(masksToTensors(last ?? new Map())) }),
    restore({ values, tensors = {} }) {
      distances = [...(values as unknown as { distances: readonly number[] }).distances];
      const masks = masksFromTensors(new Map(Object.entries(tensors)));
      last = masks.size > 0 ? masks : undefined;
      restored = true;
    },
  };
  return configured(callback, 'earlyBird', { sparsity, distribution, every, window, threshold });
}

/** @throws UserError for a training that ends before the masks of a window are made. */
export function expectTime(
  { every, window = WINDOW }: Pick<EarlyBirdOptions, 'every' | 'window'>,
  { totalSteps, stepsPerEpoch }: Pick<Training, 'totalSteps' | 'stepsPerEpoch'>,
): void {
  const masks = Math.floor(totalSteps / (every ?? stepsPerEpoch));
  if (masks > window) return;
  throw new UserError(
    `Expected at least ${window + 1} masks of an early bird in the ${totalSteps} steps of the training, got ${masks}, one every ` +
      `${every ?? stepsPerEpoch} steps; choose a smaller \`every\` or \`window\`, or train for longer.`,
  );
}

function weightsIn(training: Training): Map<string, PrunableWeight> {
  const { targets } = targetsOf(training, { targets: undefined, needs: [] });
  return new Map(targets.map(({ path, weights, variable: { shape } }) => [path, { data: weights, shape }]));
}

function expectOptions({
  sparsity,
  every = 1,
  window,
  threshold,
}: Pick<EarlyBirdOptions, 'sparsity' | 'every'> & { window: number; threshold: number }): void {
  if (!(sparsity > 0 && sparsity < 1)) {
    throw new UserError(
      `Expected the sparsity of an early bird as a fraction above 0 and below 1, got ${sparsity}.`,
    );
  }
  expectWhole('every', every, 1);
  expectWhole('window', window, 1);
  const [farthest, shown] = [farthestDistance(sparsity), (value: number) => Number(value.toFixed(6))];
  if (threshold > 0 && threshold < farthest) return;
  throw new UserError(
    `Expected the threshold of an early bird above 0 and below ${shown(farthest)}, which is how far masks of sparsity ${shown(sparsity)} ` +
      `can be apart, got ${threshold}.`,
  );
}
