import * as fs from 'node:fs';
import { makeFolder } from '../core/make-folder';
import { namingFile } from '../core/naming-file';
import { newEventFile } from './event-file';
import { histogramOf } from './histogram';
import { encodeEvent, encodeHParams } from './messages';
import type { EventMessage, HParam, SummaryValueMessage, TensorMessage } from './messages';
import { frameRecord } from './record';

/** TensorFlow's number of the status of a session that starts. */
const START = 1;
/** TensorFlow's numbers of the two dtypes used here. */
const DT_FLOAT = 1;
const DT_STRING = 7;
const NO_VALUES: TensorMessage = { dtype: DT_FLOAT, tensorShape: { dim: [{ size: 0 }] } };

/** Writes one run's TensorBoard events. Each call appends at once, so a killed run keeps what it logged. */
export interface EventWriter {
  /** A point of a curve; `step` is the optimizer step. NaN is logged as such. */
  scalar(tag: string, step: number, value: number): void;
  /** The distribution of the finite values, in 30 equal buckets; NaN and infinities are left out. */
  histogram(tag: string, step: number, values: Float32Array): void;
  /** A text, shown as Markdown. */
  text(tag: string, step: number, markdown: string): void;
  /** The run's hyper-parameters, once, for the HParams dashboard, which finds the metrics among the scalars. */
  hparams(values: Readonly<Record<string, HParam>>): void;
  /** Returns once what was written is on the disk, not only with the operating system. */
  flush(): void;
  /** Closes the file; nothing can be written after it. */
  close(): void;
}

/** Options of {@link eventWriter}. */
export interface EventWriterOptions {
  /** The first optimizer step that is logged here: from there on, what a reader has of earlier files is void. 0 by default. */
  readonly fromStep?: number;
}

/**
 * Begins an event file (`events.out.tfevents.<seconds>.whittle`), after those that the folder has; the folder is made if there is none.
 * A run that goes on is several files, for a TensorBoard that runs meanwhile reads new files, but is lost in one that became shorter
 * (`truncateEvents`). Only the file's name and the events' wall times depend on the clock.
 *
 * Format: TFRecord framing of `Event` messages, as in TensorFlow's `events_writer.cc`.
 *
 * @example
 * const events = eventWriter('runs/first');
 * events.scalar('train/loss', 1, 0.69);
 * events.close();
 */
export function eventWriter(folder: string, { fromStep = 0 }: EventWriterOptions = {}): EventWriter {
  makeFolder(folder);
  const name = newEventFile(folder);
  const file = fs.openSync(name, 'ax');
  const append = (event: Omit<EventMessage, 'wallTime'>) => {
    const record = frameRecord(encodeEvent({ wallTime: Date.now() / 1000, ...event }));
    namingFile(name, () => fs.writeFileSync(file, record));
  };
  const summary = (step: number, value: SummaryValueMessage) => append({ step, summary: { value: [value] } });
  append({ fileVersion: 'brain.Event:2' });
  append({ step: fromStep, sessionLog: { status: START } });

  return {
    scalar: (tag, step, value) => summary(step, { tag, simpleValue: value }),
    histogram: (tag, step, values) => summary(step, { tag, histo: histogramOf(values) }),
    text: (tag, step, markdown) => summary(step, textValue(tag, markdown)),
    hparams: (values) => summary(0, hparamsValue(values)),
    flush: () => namingFile(name, () => fs.fsyncSync(file)),
    close: () => fs.closeSync(file),
  };
}

function textValue(tag: string, markdown: string): SummaryValueMessage {
  return {
    tag,
    tensor: { dtype: DT_STRING, tensorShape: { dim: [] }, stringVal: [Buffer.from(markdown, 'utf8')] },
    metadata: { pluginData: { pluginName: 'text' } },
  };
}

function hparamsValue(values: Readonly<Record<string, HParam>>): SummaryValueMessage {
  return {
    tag: '_hparams_/session_start_info',
    tensor: NO_VALUES,
    metadata: { pluginData: { pluginName: 'hparams', content: encodeHParams(values, Date.now() / 1000) } },
  };
}
