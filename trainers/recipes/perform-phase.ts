import { performance } from 'node:perf_hooks';
import type * as tf from '@tensorflow/tfjs';
import { compressedOf } from '../../lib/compress/compressed';
import { undoOnFailure } from '../../lib/core/conclude';
import { evaluate } from '../evaluate';
import { captureModel, ModelState, restoreModel } from '../model-state';
import { footprintOf } from './footprint';
import { keepStep } from './keep-step';
import type { Attached, Finished, Phase, States } from './phase';
import { modelOfState, PhaseState, readState, stateOf, topologyBeside, writeState } from './phase-state';
import type { PhaseContext } from './phase-context';
import { firstState } from './seeds';
import { Label, Outcome, Setup, stepsOf } from './setup';
import { openSubject, Subject, untrained } from './subject';
import { measured, trainMethod } from './train-method';

/** Brings a model from where a phase begins to what it ends with, and scores that. */
export async function performPhase(context: PhaseContext, phase: Phase, label: Label): Promise<Outcome> {
  const start = await startOf(context, phase);
  const isApart = phase.epochs !== undefined || phase.learningRate !== undefined;
  const isOwn = phase.attach || phase.taught || phase.trains === false || isApart;
  const isShared = !isOwn && !start.topology && !start.tokenizer;
  if (!isShared) return performAlone(context, phase, label, start);
  const { shared } = await context.seedOf(phase);
  const subject = await shared();
  restoreModel(subject.model, subject.parameters, start.tensors);
  return trainAndFinish(context, phase, { label, subject, start, attached: {} });
}

async function startOf(context: PhaseContext, phase: Phase): Promise<PhaseState> {
  const { first } = await context.seedOf(phase);
  const before = phase.after ? context.stateAfter(phase.after) : { tensors: first };
  const tensors = await phase.start?.(await statesOf(context, phase, before.tensors));
  return tensors ? { ...before, tensors } : before;
}

async function statesOf(context: PhaseContext, phase: Phase, before: ModelState): Promise<States> {
  const { first, shared } = await context.seedOf(phase);
  return {
    first,
    before,
    at: (other) => readState(context.stepFile(other)).tensors,
    firstOf: (seed, model = context.options.setup.model) => firstState(model, seed),
    model: async () => (await shared()).model,
  };
}

/** With a model of its own, and a teacher where it learns from one. */
async function performAlone(
  context: PhaseContext,
  phase: Phase,
  label: Label,
  start: PhaseState,
): Promise<Outcome> {
  const setup = setupOf(context, phase, start.tokenizer);
  const { taught } = phase;
  if (!taught) return performWith(context, phase, { label, start, setup });
  const teacher = await modelOfState(setup, label.seed, context.stateAfter(taught.by));
  try {
    return await performWith(context, phase, { label, start, setup, teacher });
  } finally {
    teacher.dispose();
  }
}

interface Beginning {
  readonly label: Label;
  readonly start: PhaseState;
  readonly setup: Setup;
  readonly teacher?: tf.LayersModel;
}

async function performWith(
  context: PhaseContext,
  phase: Phase,
  { label, start, setup, teacher }: Beginning,
): Promise<Outcome> {
  const model = await modelOfState(setup, label.seed, start);
  const attach = async () => (await phase.attach?.(model, stepsOf(setup, label.seed))) ?? {};
  const learn = () => (teacher ? { ...setup, loss: phase.taught!.loss(teacher, model) } : setup);
  const prepare = async () => ({ learning: learn(), attached: await attach() });
  const { learning, attached } = await undoOnFailure(prepare, () => void model.dispose());
  const open = phase.trains === false ? untrained : openSubject;
  const subject = await open(learning, model); // after what may have parameters of its own
  try {
    return await trainAndFinish(context, phase, { label, subject, start, attached });
  } finally {
    attached.detach?.();
    subject.dispose();
  }
}

/** What a phase is trained with. */
function setupOf({ options }: PhaseContext, phase: Phase, tokenizer: string | undefined): Setup {
  const setup = tokenized(options.setup, tokenizer);
  const { epochs = setup.epochs, learningRate = setup.learningRate } = phase;
  return { ...setup, epochs, learningRate };
}

/** A setup whose texts are cut by another tokenizer. */
function tokenized(setup: Setup, tokenizer: string | undefined): Setup {
  if (tokenizer === undefined) return setup;
  if (!setup.tokenizedBy)
    throw new Error('Expected a setup with tokenizedBy after a phase that ends with a tokenizer.');
  return { ...setup, ...setup.tokenizedBy(JSON.parse(tokenizer)) };
}

interface Ready {
  readonly label: Label;
  readonly subject: Subject;
  readonly start: PhaseState;
  readonly attached: Attached;
}

async function trainAndFinish(context: PhaseContext, phase: Phase, ready: Ready): Promise<Outcome> {
  const { label, subject, start, attached } = ready;
  const began = performance.now();
  const trained = phase.trains === false ? undefined : await train(context, phase, ready);
  const finished = (await attached.end?.()) ?? subject.model;
  try {
    const given = attached.tokenizer?.();
    const tokenizer = given === undefined ? start.tokenizer : JSON.stringify(given);
    const setup = tokenized(context.options.setup, tokenizer);
    const seconds = trained?.seconds ?? (performance.now() - began) / 1000;
    const isAsTrained = finished === subject.model && tokenizer === start.tokenizer;
    const known = isAsTrained ? trained?.metrics : undefined; // those of the training
    const scores = await scoresOf(context, setup, { finished, label, known });
    const made = phase.identity === null ? {} : { options: phase.identity };
    const outcome: Outcome = {
      ...(trained ?? UNTRAINED),
      ...scores,
      ...attached.facts?.(),
      ...made,
      seconds,
    };
    await attached.scored?.(outcome, { label, before: context.outcomeOf(phase.after) });
    if (phase.handsOn) await keep(context, phase, { finished, subject, tokenizer });
    await context.options.listener?.onTrained?.(finished, label, outcome);
    return outcome;
  } finally {
    if (finished !== subject.model) compressedOf(finished).model.dispose();
  }
}

/** What there is of a training that was none. */
const UNTRAINED = { steps: 0, losses: [] } as const satisfies Partial<Outcome>;

function train(
  context: PhaseContext,
  phase: Phase,
  { label, subject, start, attached }: Ready,
): Promise<Outcome> {
  const { listener } = context.options;
  const { keepsStep, startStep } = phase;
  const callbacks = [
    ...(phase.callbacks?.(stepsOf(subject.setup, label.seed), start.tensors) ?? []),
    ...(attached.callbacks ?? []),
    ...(keepsStep ? [keepStep(keepsStep, context.stepFile(phase))] : []),
  ];
  return trainMethod(subject, label, { folder: context.folderOf(phase), listener, callbacks, startStep });
}

interface Ended {
  readonly finished: Finished;
  readonly label: Label;
  /** Its scores, where they are known. */
  readonly known: Outcome['metrics'] | undefined;
}

/** What a finished model comes to. */
async function scoresOf(
  { options }: PhaseContext,
  setup: Setup,
  { finished, label, known }: Ended,
): Promise<Omit<Outcome, 'seconds' | keyof typeof UNTRAINED>> {
  const { loss, metrics, dev } = setup;
  const { method, seed, level } = label;
  return {
    ...{ method, seed, ...(level === undefined ? {} : { level }) },
    ...measured(finished),
    metrics: known ?? (await evaluate(finished, dev, { loss, metrics, ...options.inference })),
    ...(await footprintOf({ ...options, setup }, finished, label)),
  };
}

interface Kept {
  readonly finished: Finished;
  readonly subject: Subject;
  readonly tokenizer: string | undefined;
}

async function keep(
  context: PhaseContext,
  phase: Phase,
  { finished, subject, tokenizer }: Kept,
): Promise<void> {
  const { first } = await context.seedOf(phase);
  const { model } = compressedOf(finished);
  writeState(context.stateFile(phase), {
    tensors: model === subject.model ? await captureModel(model, subject.parameters) : await stateOf(model),
    topology: topologyBeside(model, first),
    tokenizer,
  });
}
