import * as path from 'node:path';
import { performance } from 'node:perf_hooks';
import type * as tf from '@tensorflow/tfjs';
import { quantizeModel } from '../../lib/analysis/quantize-model';
import type { RowSelector } from '../../lib/analysis/record';
import type { Repair, RepairName } from '../../lib/analysis/repairs';
import { Compressed, compressedOf } from '../../lib/compress/compressed';
import type { Rules } from '../../lib/compress/rules';
import { assign } from '../../lib/core/assign';
import { hostOf, HostTensor } from '../../lib/core/host-tensor';
import { weightsOf } from '../../lib/core/weights';
import { ALLOWED_LOSS, describeCollapse, suspects } from '../accuracy-gate';
import { evaluate } from '../evaluate';
import { InferenceOptions } from '../inference';
import { footprintOf } from './footprint';
import { readWeights, Weights, writeWeights } from './handover';
import { Label, Outcome, RecipeOptions } from './setup';
import { trainFresh } from './train-fresh';
import { measured } from './train-method';
import { training, trainingFolder } from './trainings';

/** A way of quantizing. */
export interface PtqMethod {
  /** Of its row: `static`, `weight-only-4`. */
  readonly name: string;
  readonly rules: Rules;
  readonly repair?: readonly (RepairName | Repair)[];
}

/** What every way of quantizing a trained model shares. */
export interface QuantizingOptions extends RecipeOptions {
  /** Of the first weights, the order of the data, and dropout. */
  readonly seed: number;
  /** Training examples for ranges and repairs, without their labels; 512 by default. */
  readonly calibration?: number;
  /** Which rows of what layers read count in repairs. */
  readonly rows?: RowSelector;
  /** How the quantized models are run for the reported score. */
  readonly inference?: InferenceOptions;
  /** How much of the first metric may be lost before layers are named; 0.02 by default. */
  readonly allowedLoss?: number;
}

const denseOf = (seed: number, count: number): Label => ({
  method: 'dense',
  role: 'baseline',
  seed,
  index: 0,
  count,
});

const weightsFile = (folder: string, seed: number) =>
  path.join(trainingFolder(folder, denseOf(seed, 0)), 'weights.safetensors');

/** The model in floats, trained, or as it is where the setup has no epochs; its weights are kept for `quantizeTrained`. */
export function trainDense(options: QuantizingOptions, count: number): Promise<Outcome> {
  const { setup, folder, observer, seed } = options;
  const label = denseOf(seed, count);
  const keep: NonNullable<typeof observer>['onTrained'] = async (trained, ...rest) => {
    writeWeights(weightsFile(folder, seed), valuesOf(compressedOf(trained).model));
    await observer?.onTrained?.(trained, ...rest);
  };
  const kept = { ...options, observer: { ...observer, onTrained: keep } };
  return setup.epochs > 0 ? trainFresh(kept, label) : training(kept, label, () => scoreAsIs(kept, label));
}

function valuesOf(model: tf.LayersModel): Weights {
  return new Map(
    weightsOf(model).map(({ path: name, variable }) => [name, hostOf(variable).data as Float32Array]),
  );
}

/** A new model with the weights that `trainDense` kept; the caller's to dispose. */
export async function trainedModel({ setup, folder, seed }: QuantizingOptions): Promise<tf.LayersModel> {
  const weights = readWeights(weightsFile(folder, seed));
  const model = await setup.model(seed);
  weightsOf(model).forEach(({ path: name, variable }) => assign(variable, weights.get(name)!));
  return model;
}

async function scoreAsIs(options: QuantizingOptions, label: Label): Promise<Outcome> {
  const model = await options.setup.model(label.seed);
  try {
    const outcome = await scored(options, model, label);
    await options.observer?.onTrained?.(model, label, outcome);
    return outcome;
  } finally {
    model.dispose();
  }
}

/** What a model that was not trained comes to. */
async function scored(
  options: QuantizingOptions,
  subject: tf.LayersModel | Compressed,
  label: Label,
  seconds = 0,
): Promise<Outcome> {
  const { setup, inference } = options;
  const { dev, loss, metrics } = setup;
  const { method, seed } = label;
  const scores = await evaluate(subject, dev, { loss, metrics, ...inference });
  const footprint = await footprintOf(options, subject, label);
  return { method, seed, ...measured(subject), metrics: scores, ...footprint, steps: 0, seconds, losses: [] };
}

/** Where a row stands, and what it is compared with. */
export interface RowPlace {
  readonly index: number;
  readonly count: number;
  readonly dense: Outcome;
}

/** Quantizes the trained model in one way: a row. */
export function quantizeTrained(
  options: QuantizingOptions,
  method: PtqMethod,
  { index, count, dense }: RowPlace,
): Promise<Outcome> {
  const label = { method: method.name, role: 'method', seed: options.seed, index, count } as const;
  return training(options, label, async () => {
    const model = await trainedModel(options);
    try {
      return await quantizeOne(options, method, { label, dense, model });
    } finally {
      model.dispose();
    }
  });
}

interface Trained {
  readonly label: Label;
  readonly dense: Outcome;
  readonly model: tf.LayersModel;
}

async function quantizeOne(
  options: QuantizingOptions,
  { rules, repair }: PtqMethod,
  { label, dense, model }: Trained,
): Promise<Outcome> {
  const { observer, rows } = options;
  const data = await calibrationData(options);
  const start = performance.now();
  const compressed = await quantizeModel(model, { rules, repair, data, rows });
  const seconds = (performance.now() - start) / 1000;
  try {
    const outcome = await scored(options, compressed, label, seconds);
    await gate(options, label, { model, rules, data }, dense, outcome);
    await observer?.onTrained?.(compressed, label, outcome);
    return outcome;
  } finally {
    compressed.model.dispose();
  }
}

/** Inputs of the first training examples, in the order of training. */
export async function calibrationData({
  setup,
  seed,
  calibration = 512,
}: QuantizingOptions): Promise<HostTensor[][]> {
  const batches: HostTensor[][] = [];
  let examples = 0;
  for await (const { xs, size } of setup.data(seed).epoch(0)) {
    batches.push(xs);
    examples += size;
    if (examples >= calibration) break;
  }
  return batches;
}

/** Batches that are enough to tell layers apart. */
const GATE_BATCHES = 2;

async function gate(
  { setup, observer, allowedLoss = ALLOWED_LOSS }: QuantizingOptions,
  label: Label,
  subject: { readonly model: tf.LayersModel; readonly rules: Rules; readonly data: HostTensor[][] },
  before: Outcome,
  outcome: Outcome,
): Promise<void> {
  const [metric] = Object.keys(setup.metrics);
  if (metric === undefined) return;
  const scores = { metric, before: before.metrics[metric]!, after: outcome.metrics[metric]! };
  if (scores.before - scores.after <= allowedLoss) return;
  const worst = await suspects(subject.model, subject.rules, subject.data.slice(0, GATE_BATCHES));
  observer?.onNotice?.(`${label.method}: ${describeCollapse(scores, worst)}`, label);
}
