import type * as tf from '@tensorflow/tfjs';
import type { Json } from '../../lib/core/config';
import { hostTensor } from '../../lib/core/host-tensor';
import { identityOf } from '../../lib/core/config';
import { streamKey } from '../../lib/core/random';
import { weightsOf } from '../../lib/core/weights';
import { globalDistribution } from '../../lib/pruning/distribution';
import { MaskSet, maskSet, sparsityOf } from '../../lib/pruning/mask';
import { PrunableWeight, prune } from '../../lib/pruning/prune';
import { randomMasks, rewind, zeroPruned } from '../../lib/pruning/rewind';
import { classifiersOf, defaultTargets } from '../../lib/pruning/targets';
import type { Callback } from '../callback';
import type { ModelState } from '../model-state';
import type { LotteryTicketOptions } from './lottery-ticket-options';
import type { Phase, States } from './phase';

/** Where a training of a chain stands. */
export interface Place {
  readonly seed: number;
  readonly level: number;
  /** The chain's first. */
  readonly dense: Phase;
  /** The level before. */
  readonly after: Phase;
}

/** What the level before leaves after pruning, rewound. */
export function ticketPhase(options: LotteryTicketOptions, place: Place): Phase {
  return {
    ...phaseOf(options, place, 'ticket'),
    handsOn: place.level < options.levels,
    start: async (states) => rewound(options, place, states, await prunedMasks(options, place, states)),
  };
}

/** A control: the same start with random masks of the same sparsity in every layer. */
export function randomPhase(options: LotteryTicketOptions, place: Place): Phase {
  const key = streamKey(place.seed, place.level, 'random');
  return {
    ...phaseOf(options, place, 'random'),
    start: async (states) =>
      rewound(options, place, states, randomMasks(await prunedMasks(options, place, states), key)),
  };
}

/** A control: the same masks with the first weights of another initialization. */
export function reinitPhase(options: LotteryTicketOptions, place: Place): Phase {
  const key = streamKey(place.seed, place.level, 'reinit');
  return {
    ...phaseOf(options, place, 'reinit'),
    start: async (states) => {
      const masks = await prunedMasks(options, place, states);
      const weights = weightsIn(await states.firstOf(key, options.reinitialized));
      weights.forEach((values, path) => zeroPruned(values, masks.get(path)));
      return withValues(states.first, weights, masks);
    },
  };
}

function phaseOf(
  options: LotteryTicketOptions,
  { seed, level, after }: Place,
  method: keyof typeof ROLES,
): Phase {
  const { sparsity, distribution = globalDistribution(), rewindStep = 0, head } = options;
  const identity: Json = {
    sparsity: sparsity(level),
    distribution: identityOf(distribution),
    rewindStep,
    head,
  };
  return {
    label: { method, role: ROLES[method], seed, level },
    identity,
    after,
    callbacks: (_, start) => [sparsityLog(masksIn(start))],
  };
}

const ROLES = { ticket: 'method', random: 'control', reinit: 'control' } as const;

/** Logs the sparsity of masks that stay as they are. */
export function sparsityLog(masks: MaskSet): Callback {
  return {
    name: 'sparsity-log',
    onTrainBegin(training) {
      if (training.step > 0) return;
      training.log('sparsity/total', sparsityOf(masks));
      for (const [path, mask] of masks) training.log(`sparsity/${path}`, sparsityOf(new Map([[path, mask]])));
    },
  };
}

/** What a level prunes of what the one before has learned. */
async function prunedMasks(
  options: LotteryTicketOptions,
  { level }: Place,
  states: States,
): Promise<MaskSet> {
  const { sparsity, distribution = globalDistribution() } = options;
  const targets = defaultTargets(await states.model());
  const weights = new Map(targets.map(({ path }) => [path, prunableOf(states.before, path)]));
  return prune(sparsity(level), weights, masksIn(states.before), { distribution });
}

function prunableOf(state: ModelState, path: string): PrunableWeight {
  const { data, shape } = state[WEIGHTS + path]!;
  return { data: data as Float32Array, shape };
}

/** Everything as it was at first, or at `rewindStep`, but for the masks, and for the classifier where it is kept. */
async function rewound(
  { rewindStep = 0, head }: LotteryTicketOptions,
  { dense }: Place,
  states: States,
  masks: MaskSet,
): Promise<ModelState> {
  const weights = weightsIn(states.before);
  const origin = rewindStep > 0 ? states.at(dense) : states.first; // with moving averages, and what is attached
  rewind(weights, weightsIn(origin), masks, { keep: head === 'kept' ? headsOf(await states.model()) : [] });
  return withValues(origin, weights, masks);
}

function headsOf(model: tf.LayersModel): string[] {
  const heads = classifiersOf(model);
  return weightsOf(model).flatMap(({ path, layer }) => (heads.has(layer) ? [path] : []));
}

const WEIGHTS = 'weights/';
const MASKS = 'masks/';

/** Copies of a state's weights of floats, those that are not trained too, by path. */
function weightsIn(state: ModelState): Map<string, Float32Array> {
  const entries = Object.entries(state).filter(
    ([name, { data }]) => name.startsWith(WEIGHTS) && data instanceof Float32Array,
  );
  return new Map(
    entries.map(([name, { data }]) => [name.slice(WEIGHTS.length), data.slice() as Float32Array]),
  );
}

function masksIn(state: ModelState): MaskSet {
  const entries = Object.entries(state).filter(([name]) => name.startsWith(MASKS));
  return maskSet(entries.map(([name, { data }]) => [name.slice(MASKS.length), data as Uint8Array]));
}

/** A state with other weights, and with these masks. */
function withValues(
  state: ModelState,
  weights: ReadonlyMap<string, Float32Array>,
  masks: MaskSet,
): ModelState {
  const shapeOf = (path: string) => state[WEIGHTS + path]!.shape;
  return {
    ...state,
    ...Object.fromEntries(
      [...weights].map(([path, data]) => [WEIGHTS + path, hostTensor(data, shapeOf(path))]),
    ),
    ...Object.fromEntries([...masks].map(([path, mask]) => [MASKS + path, hostTensor(mask, shapeOf(path))])),
  };
}
