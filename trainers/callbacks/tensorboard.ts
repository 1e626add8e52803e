import type { EventWriter } from '../../lib/tensorboard/event-writer';
import { eventWriter } from '../../lib/tensorboard/event-writer';
import { truncateEvents } from '../../lib/tensorboard/event-file';
import type { Callback, LogEntry, Training } from '../callback';

export interface TensorboardOptions {
  /** The folder of the event file; it belongs to this run alone. */
  readonly folder: string;
  /** Optimizer steps between two histograms of every trainable weight; one epoch by default, Infinity for none. */
  readonly histogramEvery?: number;
  /** Shown as the text `config`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The time in milliseconds, for tests; `Date.now` by default. */
  readonly now?: () => number;
}

/** Optimizer steps over which the speed is averaged. */
const SPEED_STEPS = 10;

/**
 * Writes everything that is logged as TensorBoard events, and with it `train/steps-per-second`, `weights/<path>` histograms and
 * the config. A run that starts from a checkpoint drops the events logged after that checkpoint; one that starts from the
 * beginning drops all.
 */
export function tensorboard(options: TensorboardOptions): Callback {
  const { folder, now = Date.now } = options;
  let keep = 0; // bytes of an earlier part of this run
  let writer: EventWriter | undefined;
  let speedFrom = { step: 0, time: 0 };

  const logSpeed = (training: Training) => {
    const steps = training.step - speedFrom.step;
    if (steps < SPEED_STEPS) return;
    training.log('train/steps-per-second', (steps * 1000) / (now() - speedFrom.time));
    speedFrom = { step: training.step, time: now() };
  };

  return {
    name: 'tensorboard',
    onTrainBegin(training) {
      truncateEvents(folder, keep);
      writer = eventWriter(folder);
      speedFrom = { step: training.step, time: now() };
      if (keep === 0 && options.config) training.log('config', asMarkdown(options.config));
    },
    onStepEnd(training) {
      logSpeed(training);
      if (training.step % (options.histogramEvery ?? training.stepsPerEpoch) === 0) logWeights(training);
    },
    onLog({ step }, entries) {
      for (const entry of entries) write(writer as EventWriter, step, entry);
    },
    state() {
      writer?.flush();
      return { values: { bytes: writer?.bytes() ?? keep } };
    },
    restore({ values }) {
      keep = (values as { bytes: number }).bytes;
    },
    dispose() {
      writer?.flush();
      writer?.close();
      writer = undefined;
    },
  };
}

function logWeights(training: Training): void {
  for (const { path, weights } of training.parameters.list) training.log(`weights/${path}`, weights);
}

function write(writer: EventWriter, step: number, { tag, value }: LogEntry): void {
  if (typeof value === 'number') writer.scalar(tag, step, value);
  else if (typeof value === 'string') writer.text(tag, step, value);
  else writer.histogram(tag, step, value);
}

/** JSON as a Markdown code block. */
function asMarkdown(config: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(config, null, 2).replace(/^/gm, '    ');
}
