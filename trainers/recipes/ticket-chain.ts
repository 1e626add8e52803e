import { UserError } from '../../lib/core/errors';
import { expectWhole } from '../../lib/pruning/window';
import { CONTROL_NAMES, ControlName } from './control-names';
import { controlsBeside, denseAgain } from './controls';
import { densePhase } from './dense';
import type { TicketOptions } from './lottery-ticket-options';
import type { Phase } from './phase';
import { resetWeights, Rewinding } from './rewinding';
import { stepsOf } from './setup';
import { sparsityLog, ticketPhase, TicketPlan } from './ticket';

export interface Chain {
  readonly levels: number;
  /** Those that have controls. */
  readonly controls: readonly number[];
  readonly controlsBy: readonly ControlName[];
  /** A training that the first level begins with instead of the dense one. */
  readonly search?: Phase;
}

const HEADS: readonly TicketOptions['head'][] = ['rewound', 'kept'];

/** What there is beside a ticket if nothing is said. */
const CONTROLS: readonly ControlName[] = ['shuffled', 'reinit'];

/** What was left open. */
export function withDefaults<T extends Omit<TicketOptions, 'folder'>>(options: T) {
  return {
    ...options,
    rewinding: options.rewinding ?? resetWeights(),
    controlsBy: options.controlsBy ?? CONTROLS,
  };
}

/** The dense model of a seed, which tickets are compared with, and whose steps they are rewound to. */
export function denseOf(seed: number, { weightsOf: step = 0 }: Rewinding): Phase {
  return densePhase(seed, {
    label: { method: 'dense', role: 'baseline', seed, level: 0 },
    handsOn: true,
    keepsStep: step > 0 ? step : undefined,
    callbacks: () => [sparsityLog(new Map())],
  });
}

/** All trainings of one seed, each level after the one before. */
export function ticketChain(plan: TicketPlan, dense: Phase, chain: Chain): Phase[] {
  const { levels, controls, controlsBy, search } = chain;
  const phases = search ? [dense, search] : [dense];
  let after = search ?? dense;
  for (let level = 1; level <= levels; level++) {
    const place = { seed: dense.label.seed, level, dense, after };
    after = ticketPhase(plan, place);
    phases.push(after, ...(controls.includes(level) ? controlsBeside(controlsBy, plan, place) : []));
  }
  const last = controlsBy.includes('dense-again') ? Math.max(0, ...controls) : 0;
  return [...phases, ...denseAgain(plan, dense, last)];
}

/** @throws UserError for seeds, controls, and steps that do not fit. */
export function expectTickets({
  setup,
  seeds,
  rewinding,
  head,
  controlsBy,
}: ReturnType<typeof withDefaults<Omit<TicketOptions, 'folder'>>>): void {
  seeds.forEach((seed) => expectWhole('a seed', seed, 0));
  if (seeds.length === 0 || new Set(seeds).size < seeds.length) {
    throw new UserError(`Expected different seeds, at least one, got ${seeds.join(', ') || 'none'}.`);
  }
  expectControls(controlsBy);
  if (!HEADS.includes(head)) {
    throw new UserError(`Expected \`head\` to be ${HEADS.join(' or ')}, got ${JSON.stringify(head)}.`);
  }
  const { weightsOf, startStep } = rewinding;
  if (controlsBy.includes('dense-again') && head === 'rewound' && weightsOf === 0) {
    throw new UserError(
      'Expected the control dense-again where something of a dense model is kept: with all of it rewound to step 0 it is the dense model ' +
        'itself; leave it out.',
    );
  }
  const [step, steps] = [weightsOf ?? startStep, stepsOf(setup, seeds[0]!)];
  if (step < steps) return;
  throw new UserError(`Expected the step to rewind to below the ${steps} steps of a training, got ${step}.`);
}

function expectControls(names: readonly ControlName[]): void {
  const known = names.every((name) => CONTROL_NAMES.includes(name));
  if (known && new Set(names).size === names.length) return;
  throw new UserError(`Expected each control once, of ${CONTROL_NAMES.join(', ')}, got ${names.join(', ')}.`);
}
