import type * as tf from '@tensorflow/tfjs';
import type { Batch, BatchSource } from '../../datasets/batch';
import { gather } from '../../lib/analysis/gather';
import type { RowSelector } from '../../lib/analysis/record';
import { UserError } from '../../lib/core/errors';
import { weightFacts } from '../../lib/core/facts-of';
import { Weight, weightsOf } from '../../lib/core/weights';
import {
  GradientStatistic,
  InputStatistic,
  statsOf,
  WeightStatistic,
} from '../../lib/pruning/weight-statistics';
import type { Training } from '../callback';
import type { Parameter } from '../parameters';
import type { Gatherer } from './gatherer';
import { gradientSums } from './gradient-sums';

/** A pass over data in which weights are scored, each time that masks are made. */
export interface ScoringOptions {
  /** All of it as a sample, where it can tell (`BatchSource.sample`), else its epoch 0: the same batches each time. */
  readonly data: BatchSource;
  /** How many batches of it, the first ones, which a sample spreads over texts of all lengths. Default: all. */
  readonly batches?: number;
  /** Which rows of a layer's input count, for statistics of inputs. Default: all, padding too. */
  readonly rows?: RowSelector;
}

type Gathered = Map<string, Map<WeightStatistic, Float32Array>>;

/**
 * Gathers with the weights as they are when masks are made, without a step: statistics of gradients in passes forward and backward, where
 * every example counts once, with dropout masks that depend on the number of the batch alone; statistics of inputs in a pass of
 * inference.
 *
 * @throws UserError for a number of batches that is none, or more than the data has.
 */
export function scoringPass(statistics: readonly WeightStatistic[], scoring: ScoringOptions): Gatherer {
  expectBatches(scoring);
  const ofGradients = statistics.filter((statistic) => statistic.of === 'gradients');
  const ofInputs = statistics.filter((statistic) => statistic.of === 'inputs');
  let targets: readonly Parameter[] = [];
  return {
    begin(training, all) {
      targets = all;
      if (ofInputs.length > 0) layersOfTargets(training, targets);
    },
    seeGradients: () => undefined,
    async take(training) {
      const gathered = await sumGradients(training, targets, ofGradients, scoring);
      await addInputs(gathered, training, targets, ofInputs, scoring);
      return (path) => statsOf(path, gathered.get(path) ?? new Map());
    },
    state: () => ({}),
    restore: () => undefined,
  };
}

async function sumGradients(
  { engine }: Training,
  targets: readonly Parameter[],
  statistics: readonly GradientStatistic[],
  scoring: ScoringOptions,
): Promise<Gathered> {
  const sums = gradientSums(targets, statistics);
  if (statistics.length === 0) return sums.take();
  let tick = 0;
  for await (const batch of batchesOf(scoring)) {
    await engine.gradients(batch, { accumulate: false, clock: { seed: 0, tick: tick++ } });
    sums.add({ accumulated: 1, count: batch.size });
  }
  return sums.take();
}

async function addInputs(
  gathered: Gathered,
  training: Training,
  targets: readonly Parameter[],
  statistics: readonly InputStatistic[],
  scoring: ScoringOptions,
): Promise<void> {
  if (statistics.length === 0) return;
  const layers = layersOfTargets(training, targets);
  const wanted = [...new Set(layers.values())].flatMap((layer) =>
    statistics.map((statistic) => ({ layer, statistic })),
  );
  const requests = wanted.map(({ layer, statistic }) => ({
    layer,
    of: 'input' as const,
    statistic: statistic.statistic,
  }));
  const values = await gather(training.model, inputsOf(scoring), requests, { rows: scoring.rows });
  for (const { path } of targets) {
    wanted.forEach(({ layer, statistic }, i) => {
      if (layer === layers.get(path)) gathered.get(path)!.set(statistic, Float32Array.from(values[i]!.data));
    });
  }
}

/** The layers whose inputs the targets are multiplied with, by path. @throws UserError for a target without. */
function layersOfTargets({ model }: Training, targets: readonly Parameter[]): Map<string, tf.layers.Layer> {
  const all = weightsOf(model);
  return new Map(
    targets.map(({ path }) => {
      const weight = all.find((each) => each.path === path);
      if (weight && multipliesInput(weight, all)) return [path, weight.layer];
      throw new UserError(
        `Expected kernels of dense layers and convolutions to gather inputs of, got "${path}"` +
          (weight ? '; name other targets.' : ', which a transform trains.'),
      );
    }),
  );
}

/** Whether it is its layer's only kernel, [..., in, out]: those of cells and separable layers are multiplied with states and other values. */
function multipliesInput(weight: Weight, all: readonly Weight[]): boolean {
  const facts = weightFacts(weight);
  const products = all.filter((each) => each.layer === weight.layer && 'channels' in weightFacts(each));
  return facts.role === 'kernel' && facts.channels.join() === `${weight.rank - 1}` && products.length === 1;
}

async function* inputsOf(scoring: ScoringOptions) {
  for await (const { xs } of batchesOf(scoring)) yield xs;
}

async function* batchesOf({ data, batches = data.batchesPerEpoch }: ScoringOptions): AsyncGenerator<Batch> {
  let left = batches;
  for await (const batch of data.sample?.(data.examples) ?? data.epoch(0)) {
    yield batch;
    if (--left === 0) return;
  }
}

function expectBatches({ data: { batchesPerEpoch }, batches = 1 }: ScoringOptions): void {
  if (Number.isInteger(batches) && batches >= 1 && batches <= batchesPerEpoch) return;
  throw new UserError(
    `Expected scoring.batches as a whole number from 1 to the ${batchesPerEpoch} batches of the data, got ${batches}.`,
  );
}
