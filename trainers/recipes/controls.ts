import { streamKey } from '../../lib/core/random';
import { randomMasks, shuffledMasks } from '../../lib/pruning/control-masks';
import type { MaskSet } from '../../lib/pruning/mask';
import type { ControlName } from './control-names';
import type { Phase } from './phase';
import { phaseOf, Place, pruned, rewound, TicketPlan } from './ticket';
import { weightsIn } from './ticket-state';

type ControlPhase = (plan: TicketPlan, place: Place) => Phase;

/** The controls that begin with what the level before the ticket leaves. */
const BESIDE: Readonly<Partial<Record<ControlName, ControlPhase>>> = {
  random: (plan, place) => drawnPhase(plan, place, 'random', randomMasks),
  shuffled: (plan, place) => drawnPhase(plan, place, 'shuffled', shuffledMasks),
  reinit: reinitPhase,
};

/** The controls of a level that stand beside its ticket, in the order asked for. */
export function controlsBeside(names: readonly ControlName[], plan: TicketPlan, place: Place): Phase[] {
  return names.flatMap((name) => BESIDE[name]?.(plan, place) ?? []);
}

/** The dense model, trained again as often as the ticket of a level was. */
export function denseAgain(plan: TicketPlan, dense: Phase, level: number): Phase[] {
  const { seed } = dense.label;
  const phases: Phase[] = [];
  for (let each = 1; each <= level; each++) {
    const place = { seed, level: each, dense, after: phases.at(-1) ?? dense };
    phases.push(againPhase({ ...plan, identity: () => ({}) }, place));
  }
  return phases;
}

function againPhase(plan: TicketPlan, place: Place): Phase {
  return {
    ...phaseOf(plan, place, { method: 'dense-again', role: 'control' }),
    handsOn: true,
    start: (states) => rewound(plan, place, states, new Map()),
  };
}

function drawnPhase(
  plan: TicketPlan,
  place: Place,
  method: ControlName,
  draw: (masks: MaskSet, seed: number) => MaskSet,
): Phase {
  const key = streamKey(place.seed, place.level, 'random');
  return {
    ...phaseOf(plan, place, { method, role: 'control' }),
    start: async (states) => rewound(plan, place, states, draw(await plan.masks(states, place), key)),
  };
}

function reinitPhase(plan: TicketPlan, place: Place): Phase {
  const key = streamKey(place.seed, place.level, 'reinit');
  const anew = { ...plan, rewinding: { ...plan.rewinding, startStep: 0 } };
  return {
    ...phaseOf(anew, place, { method: 'reinit', role: 'control' }),
    start: async (states) => {
      const weights = weightsIn(await states.firstOf(key, plan.reinitialized));
      return pruned(states.first, weights, await plan.masks(states, place));
    },
  };
}
