import { Option } from 'commander';
import type { Batch } from '../datasets/batch';
import { sourceOf } from '../datasets/source-of';
import type { Measure } from '../lib/analysis/measures/measure';
import { outputNoise } from '../lib/analysis/measures/output-noise';
import { scoreLoss } from '../lib/analysis/measures/score-loss';
import { configured } from '../lib/core/config';
import { evaluate } from '../trainers/evaluate';
import { metrics } from '../trainers/metrics';
import type { Task } from './task';

/** A measure on batches of a task. */
type Made = (batches: readonly Batch[], task: Pick<Task, 'setup' | 'dataset'>) => Measure;

interface NamedMeasure {
  /** What is lost, for people. */
  readonly what: (metric: string) => string;
  readonly on: Made;
}

/**
 * Measures that see what a model answers. Those of the second order, such as Fisher information, are about small changes: of a trained toy model
 * they expected the loss to rise by 6e-9 where pruning every layer to 90 % brought it to chance.
 */
const MEASURES = {
  noise: {
    what: () => "noise in the outputs for training rows, as a share of the outputs' power",
    on: (batches) => outputNoise({ data: batches.map(({ xs }) => xs) }),
  },
  score: {
    what: (metric) => `${metric} lost on training rows`,
    on: (batches, { setup: { loss }, dataset: { metric } }) => {
      const options = { loss, metrics: { [metric]: metrics[metric] } };
      return scoreLoss({
        score: async (answers) => (await evaluate(answers, sourceOf(batches), options))[metric]!,
      });
    },
  },
} as const satisfies Readonly<Record<string, NamedMeasure>>;

export type MeasureName = keyof typeof MEASURES;

/** The option of the command line. */
export const measureOption = (): Option =>
  new Option(
    '--measure <name>',
    "what a layer loses, on training rows: noise, in the outputs, as a share of their power; score, of the task's metric, which is coarse",
  ).choices(Object.keys(MEASURES));

/** What a measure's losses are, for people. */
export const describeMeasure = (name: MeasureName, { dataset }: Pick<Task, 'dataset'>): string =>
  MEASURES[name].what(dataset.metric);

/** A measure by its name, for a recipe. */
export function measureOf(name: MeasureName, task: Pick<Task, 'setup' | 'dataset'>) {
  const { metric } = task.dataset;
  const on = (batches: readonly Batch[]) => MEASURES[name].on(batches, task);
  return configured(on, name, name === 'score' ? { metric } : {});
}
