import type { Json } from '../../lib/core/config';
import { identityOf } from '../../lib/core/config';
import { MaskSet, sparsityOf } from '../../lib/pruning/mask';
import { rewind, zeroPruned } from '../../lib/pruning/rewind';
import type { Callback } from '../callback';
import type { ModelState } from '../model-state';
import type { TicketOptions } from './lottery-ticket-options';
import type { Phase, States } from './phase';
import type { Rewinding } from './rewinding';
import type { Label } from './setup';
import { headsOf, masksIn, weightsIn, withValues } from './ticket-state';

/** Where a training of a chain stands. */
export interface Place {
  readonly seed: number;
  readonly level: number;
  /** The chain's first. */
  readonly dense: Phase;
  /** The level before. */
  readonly after: Phase;
}

/** What the trainings of all chains share. */
export interface TicketPlan extends Pick<TicketOptions, 'head' | 'reinitialized'> {
  readonly rewinding: Rewinding;
  /** What decides a level's masks, as plain data. */
  identity(place: Place): { readonly [name: string]: Json };
  /** A level's masks. */
  masks(states: States, place: Place): MaskSet | Promise<MaskSet>;
}

/** The weights under a level's masks, rewound. */
export function ticketPhase(plan: TicketPlan, place: Place): Phase {
  return {
    ...phaseOf(plan, place, { method: 'ticket', role: 'method' }),
    handsOn: true, // the last level too: there may be more of them later
    start: async (states) => rewound(plan, place, states, await plan.masks(states, place)),
  };
}

/** A training of a chain, after the level before. */
export function phaseOf(
  { rewinding, head, identity }: TicketPlan,
  place: Place,
  { method, role }: Pick<Label, 'method' | 'role'>,
): Phase {
  const { seed, level, after } = place;
  const { startStep } = rewinding;
  return {
    label: { method, role, seed, level },
    identity: { ...identity(place), rewinding: identityOf(rewinding), head },
    after,
    startStep,
    callbacks: (_, start) => [sparsityLog(masksIn(start), startStep)],
  };
}

/** Logs the sparsity of masks that stay as they are, as training begins. */
export function sparsityLog(masks: MaskSet, startStep = 0): Callback {
  return {
    name: 'sparsity-log',
    onTrainBegin(training) {
      if (training.step > startStep) return;
      training.log('sparsity/total', sparsityOf(masks));
      for (const [path, mask] of masks) training.log(`sparsity/${path}`, sparsityOf(new Map([[path, mask]])));
    },
  };
}

/** Everything as it was at the step of the dense training, or as it is, but for the masks, and for the classifier where it is kept. */
export async function rewound(
  { rewinding: { weightsOf: step }, head }: TicketPlan,
  { dense }: Place,
  states: States,
  masks: MaskSet,
): Promise<ModelState> {
  const weights = weightsIn(states.before);
  if (step === undefined) return pruned(states.before, weights, masks);
  const origin = step > 0 ? states.at(dense) : states.first; // with moving averages, and what is attached
  rewind(weights, weightsIn(origin), masks, { keep: head === 'kept' ? headsOf(await states.model()) : [] });
  return withValues(origin, weights, masks);
}

/** A state with these weights, which are written, under masks. */
export function pruned(state: ModelState, weights: Map<string, Float32Array>, masks: MaskSet): ModelState {
  weights.forEach((values, path) => zeroPruned(values, masks.get(path)));
  return withValues(state, weights, masks);
}
