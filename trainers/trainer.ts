import type { Batch } from '../datasets/batch';
import { conclude, runAll, undoOnFailure } from '../lib/core/conclude';
import { UserError } from '../lib/core/errors';
import type { Evaluation } from './callback';
import { expectDifferentNames } from './callback-names';
import { Checkpoints, openCheckpoints } from './checkpoint';
import { compiledEngine } from './engines/compiled';
import { expectFiniteLoss, expectFiniteScore, expectFiniteWeights } from './finite';
import { expectLogits } from './expect-logits';
import { Interrupted } from './interrupted';
import { expectAllTrained, parametersOf } from './parameters';
import { disposalsOf, Run } from './run';
import type { TrainOptions } from './train-options';

export type { CheckpointOptions, TrainOptions } from './train-options';

/** What a run came to; the trained model is the one that was given. */
export interface TrainResult {
  /** Optimizer steps done. */
  readonly step: number;
  /** Mean training loss of each step since `startStep`. */
  readonly losses: readonly number[];
  /** Those of the dev set, the last one at the last step; none without one. */
  readonly evaluations: readonly Evaluation[];
  /** Why training ended before its last step, if it did. */
  readonly stopped?: string;
}

/**
 * Trains a model, counted in optimizer steps. The order in a step is fixed: learning rate → forward and backward → `onGradients` →
 * optimizer, masks included → `onStepEnd` → evaluation → log → checkpoint. Everything else is a callback's.
 *
 * Same options, same bits, on one processor and with one number of threads; and a run that was killed anywhere and started again ends
 * with the same bits as one that never stopped, given a `checkpoint` folder.
 *
 * @throws UserError for options that do not fit together, a loss or gradient that is not finite, weights or a dev loss that are not at
 * the end, labels and ids that the loss or the model has no place for, a loss of logits of a model that ends in softmax or sigmoid, and a checkpoint folder of another run, without a whole checkpoint, or in another process's use; Interrupted when a callback broke the run off.
 *
 * @example
 * await train({
 *   model, loss: softmaxCrossEntropy, data: fromTensors(xs, ys, { batchSize: 32, seed: 1 }),
 *   optimizer: adamW(), learningRate: constantRate(1e-3), epochs: 3,
 * });
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const run = await begin(options);
  return conclude(
    () => trainToEnd(run),
    () => run.dispose(),
  );
}

async function trainToEnd(run: Run): Promise<TrainResult> {
  const { checkpoint } = run.options;
  const checkpoints = checkpoint && openCheckpoints(checkpoint);
  return conclude(
    () => trainFrom(run, checkpoints),
    () => checkpoints?.close(),
  );
}

async function trainFrom(run: Run, checkpoints: Checkpoints | undefined): Promise<TrainResult> {
  run.resetOptimizer();
  await checkpoints?.restore(run);
  await run.call('onTrainBegin');
  await run.flushLog();
  while (!run.finished) await trainEpoch(run, checkpoints);
  expectFiniteScore(run);
  await save(run, checkpoints);
  if (run.interruption) throw interrupted(run);
  await run.call('onTrainEnd');
  await run.flushLog();
  return { step: run.step, losses: run.losses, evaluations: run.evaluations, stopped: run.stopped };
}

async function trainEpoch(run: Run, checkpoints?: Checkpoints): Promise<void> {
  const { data } = run;
  const { epoch, cursor } = run.position;
  if (cursor === 0) await run.call('onEpochBegin');
  for await (const batches of groups(data.epoch(epoch, cursor), run.plan.accumulation)) {
    await trainStep(run, batches, checkpoints);
    if (run.finished || run.epoch !== epoch) return;
  }
  throw new UserError(
    `The training data promised ${data.batchesPerEpoch} batches per epoch and gave fewer in epoch ${epoch}.`,
  );
}

async function trainStep(run: Run, batches: readonly Batch[], checkpoints?: Checkpoints): Promise<void> {
  const { learningRate, evaluateEvery = run.stepsPerEpoch, checkpoint } = run.options;
  run.learningRate = learningRate(run.step);
  await run.call('onStepBegin');
  await run.backward(batches);
  expectFiniteLoss(run);
  await run.call('onGradients');
  run.update();
  await run.call('onStepEnd');
  const isLast = run.step === run.totalSteps || run.stopped !== undefined;
  if (isLast) await expectFiniteWeights(run);
  if (run.step % evaluateEvery === 0 || isLast) await run.evaluate();
  await run.flushLog();
  if (run.step % (checkpoint?.every ?? run.stepsPerEpoch) === 0) await save(run, checkpoints);
  await signalsDelivered();
}

/** What no training could go on from, or end with, is not kept. */
async function save(run: Run, checkpoints: Checkpoints | undefined): Promise<void> {
  await expectFiniteWeights(run);
  await checkpoints?.save(run);
}

/** Lets the event loop turn: an engine may block it for the whole step, and a Ctrl-C must be heard. */
function signalsDelivered(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A run of valid options; where there can be none, the callbacks and what was made for it are let go of. */
async function begin(options: TrainOptions): Promise<Run> {
  const { model, optimizer, loss, engine = compiledEngine(), callbacks = [] } = options;
  const undo = disposalsOf(callbacks);
  return undoOnFailure(
    async () => {
      validate(options);
      expectLogits(model, loss);
      if (options.parameters) expectAllTrained(model, options.parameters);
      const parameters = options.parameters ?? parametersOf(model, { slots: optimizer.slots });
      if (!options.parameters) undo.push(() => parameters.dispose());
      const made = await engine(model, parameters, loss);
      undo.unshift(() => made.dispose());
      return new Run(options, parameters, made);
    },
    () => runAll(undo),
  );
}

/** Groups of `size` items; the last one has what is left. */
async function* groups<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

function interrupted({ interruption, step, totalSteps, options }: Run): Interrupted {
  const place = `Stopped by ${interruption} after step ${step} of ${totalSteps}`;
  return new Interrupted(
    options.checkpoint
      ? `${place}; the same command goes on from there (${options.checkpoint.folder}).`
      : `${place}; nothing was saved, for the run has no checkpoint folder.`,
  );
}

function validate({ steps, epochs, callbacks = [], ...options }: TrainOptions): void {
  if ((steps === undefined) === (epochs === undefined)) {
    throw new UserError(
      `Give either steps or epochs to train; received steps ${steps} and epochs ${epochs}.`,
    );
  }
  const { startStep = 0, accumulation = 1, evaluateEvery = 1 } = options;
  expectWhole({ steps: steps ?? 0, epochs: epochs ?? 0, startStep }, 0);
  expectWhole({ accumulation, evaluateEvery, 'checkpoint.every': options.checkpoint?.every ?? 1 }, 1);
  expectDifferentNames(callbacks);
}

function expectWhole(values: Readonly<Record<string, number>>, least: number): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new UserError(`Expected ${name} to be a whole number >= ${least}, received ${value}.`);
  }
}
