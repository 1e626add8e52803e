import * as path from 'node:path';
import { performance } from 'node:perf_hooks';
import type * as tf from '@tensorflow/tfjs';
import { compressedOf } from '../../lib/compress/compressed';
import type { Json } from '../../lib/core/config';
import { UserError } from '../../lib/core/errors';
import { evaluate } from '../evaluate';
import type { InferenceOptions } from '../inference';
import { captureModel, ModelState, restoreModel } from '../model-state';
import { footprintOf } from './footprint';
import { keepStep } from './keep-step';
import type { Attached, Finished, Phase, States } from './phase';
import {
  modelOfTopology,
  placeState,
  PhaseState,
  readState,
  stateOf,
  topologyBeside,
  writeState,
} from './phase-state';
import { Label, Outcome, RecipeOptions, stepsOf } from './setup';
import { setupIdentity } from './setup-identity';
import { stage } from './stage';
import { openSubject, Subject, untrained } from './subject';
import { trainingFolder } from './training-folder';
import { measured, trainMethod } from './train-method';

export interface PhasesOptions extends RecipeOptions {
  /** How many phases there will be, for people. */
  readonly count: number;
  /** How what was not trained, or was converted, is run for the reported score. */
  readonly inference?: InferenceOptions;
}

/**
 * Runs a recipe's phases, one after another. Each has a folder; a finished one is never run again, a broken one goes on from its
 * checkpoint, and one that was run with something else is refused. Phases that attach nothing share one model and one engine per seed,
 * which is compiled once.
 *
 * @example
 * const [dense, pruned] = await runPhases({ setup, folder }, [densePhase(0), prunePhase({ … })]);
 */
export async function runPhases(
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

/** What is known of a seed once its first phase has begun. */
interface Seed {
  readonly first: ModelState;
  readonly identity: Json;
  /** Of the phases that attach nothing. */
  shared?: Subject;
}

const STATE = 'state.safetensors';

export class Phases {
  private readonly seeds = new Map<number, Seed>();
  private readonly outcomes = new Map<Phase, Outcome>();

  constructor(private readonly options: PhasesOptions) {}

  /** @throws UserError for a folder of a phase with another identity, and for a phase after one that was not run or hands nothing on. */
  async run(phase: Phase): Promise<Outcome> {
    this.expectOrder(phase);
    const { listener, count } = this.options;
    const label: Label = { ...phase.label, index: this.outcomes.size, count };
    const { outcome, reused } = await stage(this.folderOf(phase), await this.identityOf(phase), () =>
      this.perform(phase, label),
    );
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
      const model = await this.modelOf(phase, readState(this.file(phase, STATE)));
      try {
        return await find(model);
      } finally {
        model.dispose();
      }
    });
    return outcome;
  }

  private async identityOf(phase: Phase): Promise<Json> {
    const { identity } = await this.seedOf(phase);
    return { setup: identity, phases: identitiesOf(phase) };
  }

  dispose(): void {
    for (const { shared } of this.seeds.values()) shared?.dispose();
  }

  private expectOrder({ label, after }: Phase): void {
    if (!after || (this.outcomes.has(after) && after.handsOn)) return;
    throw new UserError(
      `Expected the phase "${after.label.method}" to be run before "${label.method}", with handsOn: true.`,
    );
  }

  private folderOf({ label }: Phase): string {
    return trainingFolder(this.options.folder, label);
  }

  private file(phase: Phase, name: string): string {
    return path.join(this.folderOf(phase), name);
  }

  private async seedOf({ label: { seed } }: Phase): Promise<Seed> {
    const found = this.seeds.get(seed);
    if (found) return found;
    const first = await firstState(this.options.setup.model, seed);
    const made: Seed = { first, identity: await setupIdentity(this.options.setup, seed, first) };
    this.seeds.set(seed, made);
    return made;
  }

  private async perform(phase: Phase, label: Label): Promise<Outcome> {
    const start = await this.startOf(phase);
    const isAlone = phase.attach || phase.trains === false || start.topology !== undefined;
    if (isAlone) return this.performAlone(phase, label, start);
    const subject = await this.sharedOf(phase);
    restoreModel(subject.model, subject.parameters, start.tensors);
    return this.trainAndFinish(phase, label, { subject, start });
  }

  private async startOf(phase: Phase): Promise<PhaseState> {
    const { first } = await this.seedOf(phase);
    const before = phase.after ? readState(this.file(phase.after, STATE)) : { tensors: first };
    const tensors = await phase.start?.(this.statesOf(phase, before.tensors));
    return tensors ? { ...before, tensors } : before;
  }

  private statesOf(phase: Phase, before: ModelState): States {
    const { first } = this.seeds.get(phase.label.seed)!;
    return {
      first,
      before,
      at: (other) => readState(this.file(other, stepFile(other))).tensors,
      firstOf: (seed, model = this.options.setup.model) => firstState(model, seed),
      model: async () => (await this.sharedOf(phase)).model,
    };
  }

  private async sharedOf(phase: Phase): Promise<Subject> {
    const seed = await this.seedOf(phase);
    const { setup } = this.options;
    return (seed.shared ??= await openSubject(setup, await setup.model(phase.label.seed)));
  }

  private async modelOf(
    { label: { seed } }: Phase,
    { topology, tensors }: PhaseState,
  ): Promise<tf.LayersModel> {
    const model =
      topology === undefined ? await this.options.setup.model(seed) : await modelOfTopology(topology);
    placeState(model, tensors);
    return model;
  }

  /** With a model of its own. */
  private async performAlone(phase: Phase, label: Label, start: PhaseState): Promise<Outcome> {
    const { setup } = this.options;
    const model = await this.modelOf(phase, start);
    const attached = (await phase.attach?.(model, stepsOf(setup, label.seed))) ?? {};
    const open = phase.trains === false ? untrained : openSubject;
    const subject = await open(setup, model); // after what may have parameters of its own
    try {
      return await this.trainAndFinish(phase, label, { subject, start, attached });
    } finally {
      attached.detach?.();
      subject.dispose();
    }
  }

  private async trainAndFinish(phase: Phase, label: Label, ready: Ready): Promise<Outcome> {
    const { subject, attached = {} } = ready;
    const began = performance.now();
    const trained = phase.trains === false ? undefined : await this.train(phase, label, ready);
    const finished = (await attached.end?.()) ?? subject.model;
    try {
      const own = finished === subject.model ? trained : undefined; // its scores are those of the training
      const seconds = trained?.seconds ?? (performance.now() - began) / 1000;
      const outcome = { ...(trained ?? UNTRAINED), ...(await this.scoresOf(finished, label, own)), seconds };
      await attached.scored?.(outcome, { label, before: phase.after && this.outcomes.get(phase.after) });
      if (phase.handsOn) await this.keep(phase, finished, subject);
      await this.options.listener?.onTrained?.(finished, label, outcome);
      return outcome;
    } finally {
      if (finished !== subject.model) compressedOf(finished).model.dispose();
    }
  }

  private train(phase: Phase, label: Label, { subject, start, attached = {} }: Ready): Promise<Outcome> {
    const { setup, listener } = this.options;
    const { keepsStep } = phase;
    const callbacks = [
      ...(phase.callbacks?.(stepsOf(setup, label.seed), start.tensors) ?? []),
      ...(attached.callbacks ?? []),
      ...(keepsStep ? [keepStep(keepsStep, this.file(phase, stepFile(phase)))] : []),
    ];
    return trainMethod(subject, label, { folder: this.folderOf(phase), listener, callbacks });
  }

  /** What a finished model comes to; its scores are known where it is as it was trained. */
  private async scoresOf(
    finished: Finished,
    label: Label,
    trained: Outcome | undefined,
  ): Promise<Omit<Outcome, 'seconds' | keyof typeof UNTRAINED>> {
    const { setup, inference } = this.options;
    const { loss, metrics, dev } = setup;
    const { method, seed, level } = label;
    return {
      ...{ method, seed, ...(level === undefined ? {} : { level }) },
      ...measured(finished),
      metrics: trained?.metrics ?? (await evaluate(finished, dev, { loss, metrics, ...inference })),
      ...(await footprintOf(this.options, finished, label)),
    };
  }

  private async keep(phase: Phase, finished: Finished, { model, parameters }: Subject): Promise<void> {
    const { first } = this.seeds.get(phase.label.seed)!;
    const kept = compressedOf(finished).model;
    writeState(this.file(phase, STATE), {
      tensors: kept === model ? await captureModel(model, parameters) : await stateOf(kept),
      topology: topologyBeside(kept, first),
    });
  }
}

interface Ready {
  readonly subject: Subject;
  readonly start: PhaseState;
  readonly attached?: Attached;
}

/** What there is of a training that was none. */
const UNTRAINED = { steps: 0, losses: [] } as const satisfies Partial<Outcome>;

const stepFile = ({ keepsStep }: Phase) => `step-${keepsStep}.safetensors`;

async function firstState(make: PhasesOptions['setup']['model'], seed: number): Promise<ModelState> {
  const model = await make(seed);
  try {
    return await stateOf(model);
  } finally {
    model.dispose();
  }
}

/** What a phase and those before it are, by their names. */
function identitiesOf(phase: Phase): Json {
  const { label, identity, after } = phase;
  const name = label.level ? `${label.method} ${label.level}` : label.method;
  return { ...(after ? (identitiesOf(after) as object) : {}), [name]: identity };
}
