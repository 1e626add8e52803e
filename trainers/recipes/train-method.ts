import type * as tf from '@tensorflow/tfjs';
import { Compressed, compressedOf } from '../../lib/compress/compressed';
import { report } from '../../lib/compress/report';
import type { Callback } from '../callback';
import { train } from '../trainer';
import { checkpointFolder } from './stage';
import { Label, Listener, Outcome, stepsOf } from './setup';
import { stopwatch } from './stopwatch';
import type { Subject } from './subject';

export interface TrainMethodOptions {
  readonly folder: string;
  readonly listener?: Listener;
  /** The method's own callbacks, before the listener's. */
  readonly callbacks?: readonly Callback[];
  /** Steps that count as done; 0 by default. */
  readonly startStep?: number;
}

/** Points of an outcome's loss curve. */
const CURVE_POINTS = 100;

/** Trains a subject as its setup says, from the weights and masks that it has, and tells what came of it. */
export async function trainMethod(
  subject: Subject,
  label: Label,
  { folder, listener = {}, callbacks = [], startStep = 0 }: TrainMethodOptions,
): Promise<Outcome> {
  const { setup, model, parameters, engine } = subject;
  const data = setup.data(label.seed);
  const steps = stepsOf(setup, label.seed);
  const watch = stopwatch();
  const all = [watch, ...callbacks, ...(listener.callbacks?.(label, folder) ?? [])];
  const { step, losses, evaluations } = await train({
    model,
    parameters,
    engine,
    loss: setup.loss,
    data,
    dev: setup.dev,
    metrics: setup.metrics,
    optimizer: setup.optimizer,
    learningRate: setup.learningRate(steps),
    steps,
    startStep,
    clipNorm: setup.clipNorm,
    seed: label.seed,
    callbacks: all,
    checkpoint: {
      folder: checkpointFolder(folder),
      every: setup.checkpointEvery,
      onNotice: listener.onNotice && ((notice) => listener.onNotice!(notice, label)),
    },
    evaluateEvery: setup.evaluateEvery,
  });
  const kept = all.map((callback) => callback.keptEvaluation?.()).find(Boolean) ?? evaluations.at(-1)!;
  return {
    method: label.method,
    seed: label.seed,
    ...(label.level === undefined ? {} : { level: label.level }),
    ...measured(model),
    metrics: kept.metrics,
    steps: step - startStep,
    seconds: watch.seconds,
    losses: thinned(losses, startStep),
  };
}

/** Zeros, width and bytes of what was trained, counted on the weights (the codes, where there are codes). */
export function measured(
  subject: tf.LayersModel | Compressed,
): Pick<Outcome, 'sparsity' | 'layers' | 'parameters' | 'zeros' | 'bits' | 'bytes'> {
  const { rows, targets, total } = report(subject);
  return {
    sparsity: targets.sparsity,
    layers: rows.filter(({ target }) => target).map(({ path, sparsity }) => ({ path, sparsity })),
    parameters: total.parameters,
    zeros: total.zeros,
    bits: widthOf(compressedOf(subject)),
    bytes: total.bytes,
  };
}

/** The bits of a code, where all have the same. */
function widthOf({ weights }: Compressed): number | undefined {
  const widths = new Set([...weights.values()].map(({ spec }) => spec.bits));
  return widths.size === 1 ? [...widths][0] : undefined;
}

/** The means of equal stretches of steps, each under its last step, of a training that begins after some. */
function thinned(losses: readonly number[], startStep: number): Outcome['losses'] {
  const stretch = Math.max(1, Math.ceil(losses.length / CURVE_POINTS));
  return Array.from({ length: Math.ceil(losses.length / stretch) }, (_, i) => {
    const part = losses.slice(i * stretch, (i + 1) * stretch);
    return {
      step: startStep + i * stretch + part.length,
      loss: part.reduce((sum, loss) => sum + loss, 0) / part.length,
    };
  });
}
