import * as fs from 'node:fs';
import { findEventFile, newEventFile, truncateToWhole } from './event-file';
import { histogramOf } from './histogram';
import { encodeEvent, encodeHParams } from './messages';
import type { EventMessage, HParam, SummaryValueMessage, TensorMessage } from './messages';
import { frameRecord } from './record';

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
  /** Length of the file so far: what `truncateEvents` takes to come back to this moment. */
  bytes(): number;
  /** Closes the file; nothing can be written after it. */
  close(): void;
}

/**
 * Opens a folder's event file (`events.out.tfevents.<seconds>.whittle`), made with the folder if there is none; an
 * existing one goes on after its last whole record, so a resumed run stays one file and a record cut by a kill is
 * dropped. Only the file's name and the events' wall times depend on the clock.
 *
 * Format: TFRecord framing of `Event` messages, as in TensorFlow's `events_writer.cc`.
 *
 * @example
 * const events = eventWriter('runs/first');
 * events.scalar('train/loss', 1, 0.69);
 * events.close();
 */
export function eventWriter(folder: string): EventWriter {
  const { file, length } = openEventFile(folder);
  let written = length;

  const append = (event: Omit<EventMessage, 'wallTime'>) => {
    const record = frameRecord(encodeEvent({ wallTime: Date.now() / 1000, ...event }));
    fs.writeFileSync(file, record);
    written += record.length;
  };
  const summary = (step: number, value: SummaryValueMessage) => append({ step, summary: { value: [value] } });
  if (written === 0) append({ fileVersion: 'brain.Event:2' });

  return {
    scalar: (tag, step, value) => summary(step, { tag, simpleValue: value }),
    histogram: (tag, step, values) => summary(step, { tag, histo: histogramOf(values) }),
    text: (tag, step, markdown) => summary(step, textValue(tag, markdown)),
    hparams: (values) => summary(0, hparamsValue(values)),
    flush: () => fs.fsyncSync(file),
    bytes: () => written,
    close: () => fs.closeSync(file),
  };
}

function openEventFile(folder: string): { file: number; length: number } {
  fs.mkdirSync(folder, { recursive: true });
  const existing = findEventFile(folder);
  const length = existing === undefined ? 0 : truncateToWhole(existing);
  return { file: fs.openSync(existing ?? newEventFile(folder), 'a'), length };
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
