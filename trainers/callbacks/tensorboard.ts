import type { EventWriter } from '../../lib/tensorboard/event-writer';
import { eventWriter } from '../../lib/tensorboard/event-writer';
import { eventLengths, EventLengths, truncateEvents } from '../../lib/tensorboard/event-file';
import type { HParam } from '../../lib/tensorboard/messages';
import type { Callback, LogEntry, Training } from '../callback';

/** Options of {@link tensorboard}. */
export interface TensorboardOptions {
  /** The folder of the event file; it belongs to this run alone. */
  readonly folder: string;
  /** Optimizer steps between two histograms of every trainable weight; one epoch by default, Infinity for none. */
  readonly histogramEvery?: number;
  /** Shown as the text `config`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /**
   * What the HParams dashboard shows of the run beside its last scores, in a table of all runs below one folder: learning rate, method,
   * seed. Lists are shown as texts, and what is undefined is not. None by default, and then it does not know the run.
   */
  readonly hparams?: Readonly<Record<string, HParam | readonly HParam[] | undefined>>;
  /** The time in milliseconds, for tests; `Date.now` by default. */
  readonly now?: () => number;
}

/** Optimizer steps over which the speed is averaged. */
const SPEED_STEPS = 10;

/**
 * Writes everything that is logged as TensorBoard events, and with it `train/steps-per-second`, `weights/<path>` histograms, the config and
 * the hyper-parameters. A run that starts from a checkpoint drops the events logged after that checkpoint; one that starts from the
 * beginning drops all. Either goes on in a new file, which a TensorBoard that runs meanwhile reads.
 */
export function tensorboard(options: TensorboardOptions): Callback {
  const { folder, now = Date.now } = options;
  let kept: EventLengths = {}; // what an earlier part of this run wrote
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
      truncateEvents(folder, kept);
      const isNew = Object.keys(kept).length === 0;
      writer = eventWriter(folder, { fromStep: isNew ? 0 : training.step + 1 });
      speedFrom = { step: training.step, time: now() };
      if (isNew && options.hparams) writer.hparams(plain(options.hparams));
      if (isNew && options.config) training.log('config', asMarkdown(options.config));
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
      return { values: { files: writer ? eventLengths(folder) : kept } };
    },
    restore({ values }) {
      kept = (values as { files: EventLengths }).files;
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

function plain(values: NonNullable<TensorboardOptions['hparams']>): Record<string, HParam> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(' ') : (value as HParam)]),
  );
}

/** JSON as a Markdown code block. */
function asMarkdown(config: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(config, null, 2).replace(/^/gm, '    ');
}
