import * as path from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import type { BatchSource } from '../../datasets/batch';
import { identityOf, Json } from '../../lib/core/config';
import { UserError } from '../../lib/core/errors';
import { expectKept } from './keep-step';
import { performPhase } from './perform-phase';
import type { Phase } from './phase';
import type { PhaseContext, PhasesOptions } from './phase-context';
import { modelOfState, PhaseState, readState, STATE_FILE } from './phase-state';
import { openSeed, Seed } from './seeds';
import { Label, Outcome, Setup } from './setup';
import { stage } from './stage';
import { trainingFolder } from './training-folder';

/**
 * Runs a recipe's phases, one after another. Each has a folder; a finished one is never run again, a broken one goes on from its
 * checkpoint, and one that was run with something else is refused. Phases that attach nothing share one model and one engine per seed,
 * which is compiled once.
 *
 * @example
 * const [dense, pruned] = await runPhases({ setup, folder }, [densePhase(0), prunePhase({ … })]);
 */
export function runPhases(
  options: Omit<PhasesOptions, 'count'>,
  phases: readonly Phase[],
): Promise<Outcome[]> {
  return withPhases({ ...options, count: phases.length }, async (run) => {
    const outcomes: Outcome[] = [];
    for (const phase of phases) outcomes.push(await run.run(phase));
    return outcomes;
  });
}

/** `runPhases` for recipes that find their next phase by what the last one left. */
export async function withPhases<T>(options: PhasesOptions, use: (phases: Phases) => Promise<T>): Promise<T> {
  const phases = new Phases(options);
  try {
    return await use(phases);
  } finally {
    phases.dispose();
  }
}

/** The phases of one call of a recipe. */
export class Phases implements PhaseContext {
  private readonly seeds = new Map<number, Seed>();
  private readonly outcomes = new Map<Phase, Outcome>();

  readonly options: PhasesOptions;

  constructor(options: PhasesOptions) {
    this.options = { ...options, setup: withOneSource(options.setup) };
  }

  /** @throws UserError for a folder of a phase with another identity, and for a phase after, or taught by, one that was not run or hands nothing on. */
  async run(phase: Phase): Promise<Outcome> {
    this.expectOrder(phase);
    const { listener, count } = this.options;
    const label: Label = { ...phase.label, index: this.outcomes.size, count };
    const { outcome, reused } = await stage(this.folderOf(phase), await this.identityOf(phase), () =>
      performPhase(this, phase, label),
    );
    if (phase.keepsStep) expectKept(phase.keepsStep, this.stepFile(phase));
    this.outcomes.set(phase, outcome);
    listener?.onOutcome?.(outcome, label, reused);
    return outcome;
  }

  /** Finds something out about a model as a phase left it, once: what `find` gives is kept, and must be JSON. */
  async between<T>(
    phase: Phase,
    name: string,
    identity: Json,
    find: (model: tf.LayersModel) => Promise<T>,
  ): Promise<T> {
    const place: Phase = { label: { ...phase.label, method: name }, identity, after: phase };
    const { outcome } = await stage(this.folderOf(place), await this.identityOf(place), async () => {
      const model = await modelOfState(this.options.setup, phase.label.seed, this.stateAfter(phase));
      try {
        return await find(model);
      } finally {
        model.dispose();
      }
    });
    return outcome;
  }

  async seedOf({ label: { seed } }: Phase): Promise<Seed> {
    const found = this.seeds.get(seed) ?? (await openSeed(this.options.setup, seed));
    this.seeds.set(seed, found);
    return found;
  }

  outcomeOf(phase: Phase | undefined): Outcome | undefined {
    return phase && this.outcomes.get(phase);
  }

  folderOf({ label }: Phase): string {
    return trainingFolder(this.options.folder, label);
  }

  stateFile(phase: Phase): string {
    return path.join(this.folderOf(phase), STATE_FILE);
  }

  stepFile(phase: Phase): string {
    return path.join(this.folderOf(phase), `step-${phase.keepsStep}.safetensors`);
  }

  stateAfter(phase: Phase): PhaseState {
    return readState(this.stateFile(phase));
  }

  dispose(): void {
    for (const seed of this.seeds.values()) seed.dispose();
  }

  private async identityOf(phase: Phase): Promise<Json> {
    const { identity } = await this.seedOf(phase);
    return { setup: identity, phases: identitiesOf(phase) };
  }

  private expectOrder({ label, after, taught }: Phase): void {
    const isThere = (phase?: Phase) => !phase || (this.outcomes.has(phase) && phase.handsOn);
    const missing = [after, taught?.by].find((phase) => !isThere(phase));
    if (!missing) return;
    throw new UserError(
      `Expected the phase "${missing.label.method}" to be run before "${label.method}", with handsOn: true.`,
    );
  }
}

/** A setup whose data of a seed are one source for all phases, which is read once to know what it holds. */
function withOneSource(setup: Setup): Setup {
  const sources = new Map<number, BatchSource>();
  const data = (seed: number) => {
    const source = sources.get(seed) ?? setup.data(seed);
    sources.set(seed, source);
    return source;
  };
  return { ...setup, data };
}

/** What a phase and those before it are, by their names. */
function identitiesOf(phase: Phase): Json {
  const { label, identity, after, epochs, learningRate, startStep, taught } = phase;
  const training = {
    ...(epochs === undefined ? {} : { epochs }),
    ...(learningRate ? { learningRate: identityOf(learningRate(KNOWN_BY)) } : {}),
    ...(startStep ? { startStep } : {}),
    ...(taught ? { taughtBy: nameOf(taught.by.label), loss: identityOf(taught.loss) } : {}),
  };
  return {
    ...(after ? (identitiesOf(after) as object) : {}),
    [nameOf(label)]: Object.keys(training).length === 0 ? identity : { ...training, identity },
  };
}

/** A rate that depends on how many steps there are is known by what it is for so many. */
const KNOWN_BY = 1000;

const nameOf = ({ method, level }: Phase['label']) => (level ? `${method} ${level}` : method);
