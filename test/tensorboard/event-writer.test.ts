import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { eventLengths, truncateEvents } from '../../lib/tensorboard/event-file';
import { eventWriter } from '../../lib/tensorboard/event-writer';
import { decodeEvent } from '../../lib/tensorboard/messages';
import { readRecords } from '../../lib/tensorboard/record';

let folder: string;
beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'events-'))));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const fileOf = () => path.join(folder, fs.readdirSync(folder)[0]!);
const events = () => [...readRecords(fs.readFileSync(fileOf()))].map(({ data }) => decodeEvent(data));
const values = () => events().flatMap((event) => event.summary?.value ?? []);
// A step of 0 is protobuf's default, which is left out of the bytes.
const stepsIn = (file: string) =>
  [...readRecords(fs.readFileSync(path.join(folder, file)))]
    .map(({ data }) => decodeEvent(data))
    .flatMap((event) => (event.summary ? [event.step ?? 0] : []));
const names = () => fs.readdirSync(folder).sort();
const steps = () => names().map(stepsIn);
const sizes = () => names().map((name) => fs.statSync(path.join(folder, name)).size);

describe('eventWriter', () => {
  it('starts one file, named for TensorBoard, with the version of the format', () => {
    const before = Date.now() / 1000;
    eventWriter(path.join(folder, 'a/b')).close();
    folder = path.join(folder, 'a/b');
    expect(fs.readdirSync(folder)).toEqual([
      expect.stringMatching(/^events\.out\.tfevents\.\d{10}\.whittle$/),
    ]);
    const [first, start, ...others] = events();
    expect(first?.fileVersion).toBe('brain.Event:2');
    expect(first?.wallTime).toBeGreaterThanOrEqual(before);
    expect(first?.wallTime).toBeLessThanOrEqual(Date.now() / 1000);
    expect(start).toMatchObject({ sessionLog: { status: 1 } });
    expect(others).toEqual([]);
    folder = path.dirname(path.dirname(folder));
  });

  it('writes scalars, with NaN as such', () => {
    const writer = eventWriter(folder);
    writer.scalar('train/loss', 7, 0.5);
    writer.scalar('train/loss', 2 ** 40, NaN);
    writer.close();
    expect(steps()).toEqual([[7, 2 ** 40]]);
    expect(values()).toEqual([
      { tag: 'train/loss', simpleValue: 0.5 },
      { tag: 'train/loss', simpleValue: NaN },
    ]);
  });

  it('writes histograms', () => {
    const writer = eventWriter(folder);
    writer.histogram('weights/kernel', 3, Float32Array.of(2, 2, NaN));
    writer.close();
    expect(values()).toEqual([
      {
        tag: 'weights/kernel',
        histo: { min: 2, max: 2, num: 2, sum: 4, sumSquares: 8, bucketLimit: [2], bucket: [2] },
      },
    ]);
  });

  it('writes text as a string tensor for the text plugin', () => {
    const writer = eventWriter(folder);
    writer.text('config', 0, 'µ **bold**');
    writer.close();
    const [value] = values();
    expect(value?.metadata?.pluginData.pluginName).toBe('text');
    expect(value?.tensor?.dtype).toBe(7);
    expect(Buffer.from(value!.tensor!.stringVal![0]!).toString('utf8')).toBe('µ **bold**');
  });

  it('writes hyper-parameters as the HParams plugin reads them', () => {
    const writer = eventWriter(folder);
    writer.hparams({ engine: 'compiled' });
    writer.close();
    const [value] = values();
    expect(value?.tag).toBe('_hparams_/session_start_info');
    expect(value?.metadata?.pluginData.pluginName).toBe('hparams');
    // A map entry: field 1 is the key, field 2 the Value, whose field 3 is a string.
    const entry = Buffer.from('\x0a\x06engine\x12\x0a\x1a\x08compiled', 'ascii');
    expect(Buffer.from(value!.metadata!.pluginData.content!).includes(entry)).toBe(true);
  });

  it('begins another file, read after all others, and says from which step on they are void', () => {
    const parts = [1, 2, 3].map((step) => {
      const writer = eventWriter(folder, { fromStep: step });
      writer.scalar('a', step, step);
      writer.close();
      return names();
    });
    expect(parts.map(({ length }) => length)).toEqual([1, 2, 3]);
    parts.slice(1).forEach((later, i) => expect(later.slice(0, -1)).toEqual(parts[i]));
    expect(steps()).toEqual([[1], [2], [3]]);
    const file = fs.readFileSync(path.join(folder, names()[1]!));
    const [, start] = [...readRecords(file)].map(({ data }) => decodeEvent(data));
    expect(start).toMatchObject({ step: 2, sessionLog: { status: 1 } });
  });

  it('has everything on the disk that was written, at every moment', () => {
    const writer = eventWriter(folder);
    for (let step = 0; step < 3; step++) {
      writer.scalar('a', step, step);
      writer.flush();
      expect(Object.values(eventLengths(folder))).toEqual(sizes());
      expect(steps()).toEqual([Array.from({ length: step + 1 }, (_, i) => i)]);
    }
    writer.close();
  });
});

describe('truncateEvents', () => {
  const write = (count: number) => {
    const writer = eventWriter(folder);
    const lengths = Array.from({ length: count }, (_, step) => {
      writer.scalar('a', step, step);
      return eventLengths(folder);
    });
    writer.close();
    return lengths;
  };
  const shifted = (lengths: Readonly<Record<string, number>>, by: number) =>
    Object.fromEntries(Object.entries(lengths).map(([name, bytes]) => [name, bytes + by]));

  it('comes back to the moment of a checkpoint', () => {
    const lengths = write(4);
    truncateEvents(folder, lengths[1]!);
    expect(steps()).toEqual([[0, 1]]);
    expect(eventLengths(folder)).toEqual(lengths[1]);
  });

  it('comes back to it in several files: later ones are empty, earlier ones whole', () => {
    const before = write(2);
    const lengths = write(3);
    write(1);
    truncateEvents(folder, lengths[1]!);
    expect(steps()).toEqual([[0, 1], [0, 1], []]);
    truncateEvents(folder, before[1]!);
    expect(steps()).toEqual([[0, 1], [], []]);
    truncateEvents(folder, {});
    expect(sizes()).toEqual([0, 0, 0]);
    write(1);
    expect(steps()).toEqual([[], [], [], [0]]);
  });

  it('drops a record whole when the cut goes through it, and one that a kill cut', () => {
    const lengths = write(4);
    truncateEvents(folder, shifted(lengths[2]!, -1));
    expect(eventLengths(folder)).toEqual(lengths[1]);
    fs.truncateSync(fileOf(), sizes()[0]! - 5);
    truncateEvents(folder, lengths[1]!);
    expect(eventLengths(folder)).toEqual(lengths[0]);
  });

  it('leaves a shorter file with its whole records', () => {
    const lengths = write(2);
    truncateEvents(folder, shifted(lengths[1]!, 1000));
    expect(eventLengths(folder)).toEqual(lengths[1]);
  });

  it('leaves other files, folders without events, and missing ones alone', () => {
    fs.writeFileSync(path.join(folder, 'events.out.tfevents.1.other'), 'x');
    truncateEvents(folder, {});
    truncateEvents(path.join(folder, 'missing'), {});
    expect(names()).toEqual(['events.out.tfevents.1.other']);
  });
});
