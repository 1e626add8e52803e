import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { truncateEvents } from '../../lib/tensorboard/event-file';
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
const steps = () => events().map((event) => (event.summary ? (event.step ?? 0) : undefined));

describe('eventWriter', () => {
  it('starts one file, named for TensorBoard, with the version of the format', () => {
    const before = Date.now() / 1000;
    eventWriter(path.join(folder, 'a/b')).close();
    folder = path.join(folder, 'a/b');
    expect(fs.readdirSync(folder)).toEqual([
      expect.stringMatching(/^events\.out\.tfevents\.\d{10}\.whittle$/),
    ]);
    const [first, ...others] = events();
    expect(first?.fileVersion).toBe('brain.Event:2');
    expect(first?.wallTime).toBeGreaterThanOrEqual(before);
    expect(first?.wallTime).toBeLessThanOrEqual(Date.now() / 1000);
    expect(others).toEqual([]);
    folder = path.dirname(path.dirname(folder));
  });

  it('writes scalars, with NaN as such', () => {
    const writer = eventWriter(folder);
    writer.scalar('train/loss', 7, 0.5);
    writer.scalar('train/loss', 2 ** 40, NaN);
    writer.close();
    expect(steps()).toEqual([undefined, 7, 2 ** 40]);
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

  it('knows its length at every moment', () => {
    const writer = eventWriter(folder);
    for (let step = 0; step < 3; step++) {
      writer.scalar('a', step, step);
      writer.flush();
      expect(writer.bytes()).toBe(fs.statSync(fileOf()).size);
    }
    writer.close();
  });

  it('goes on in the same file', () => {
    const first = eventWriter(folder);
    first.scalar('a', 1, 1);
    first.close();
    const length = first.bytes();
    const second = eventWriter(folder);
    expect(second.bytes()).toBe(length);
    second.scalar('a', 2, 2);
    second.close();
    expect(fs.readdirSync(folder)).toHaveLength(1);
    expect(steps()).toEqual([undefined, 1, 2]);
  });

  it('drops a record cut by a kill before it goes on', () => {
    const first = eventWriter(folder);
    first.scalar('a', 1, 1);
    first.scalar('a', 2, 2);
    first.close();
    fs.truncateSync(fileOf(), first.bytes() - 5);
    const second = eventWriter(folder);
    second.scalar('a', 3, 3);
    second.close();
    expect(steps()).toEqual([undefined, 1, 3]);
    expect(second.bytes()).toBe(fs.statSync(fileOf()).size);
  });
});

describe('truncateEvents', () => {
  const write = (count: number) => {
    const writer = eventWriter(folder);
    const lengths = Array.from({ length: count }, (_, step) => {
      writer.scalar('a', step, step);
      return writer.bytes();
    });
    writer.close();
    return lengths;
  };

  it('comes back to the moment of a checkpoint', () => {
    const lengths = write(4);
    truncateEvents(folder, lengths[1]!);
    expect(steps()).toEqual([undefined, 0, 1]);
    expect(fs.statSync(fileOf()).size).toBe(lengths[1]);
  });

  it('drops a record whole when the cut goes through it', () => {
    const lengths = write(4);
    truncateEvents(folder, lengths[2]! - 1);
    expect(fs.statSync(fileOf()).size).toBe(lengths[1]);
  });

  it('leaves a shorter file with its whole records', () => {
    const lengths = write(2);
    truncateEvents(folder, lengths[1]! + 1000);
    expect(fs.statSync(fileOf()).size).toBe(lengths[1]);
  });

  it('empties a file at 0, which then starts anew under its name', () => {
    write(2);
    const name = fileOf();
    truncateEvents(folder, 0);
    expect(fs.statSync(name).size).toBe(0);
    write(1);
    expect(fileOf()).toBe(name);
    expect(events()[0]?.fileVersion).toBe('brain.Event:2');
    expect(steps()).toEqual([undefined, 0]);
  });

  it('leaves folders without events, or missing ones, alone', () => {
    truncateEvents(folder, 10);
    truncateEvents(path.join(folder, 'missing'), 10);
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});
