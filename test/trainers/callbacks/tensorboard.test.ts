import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { decodeEvent } from '../../../lib/tensorboard/messages';
import { readRecords } from '../../../lib/tensorboard/record';
import type { CallbackState, Training } from '../../../trainers/callback';
import { tensorboard, TensorboardOptions } from '../../../trainers/callbacks/tensorboard';
import { fakeTraining } from '../fake-training';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whittle-events-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** Step, tag and kind of everything written. */
function events(): [number, string, string][] {
  return fs.readdirSync(folder).flatMap((file) =>
    [...readRecords(fs.readFileSync(path.join(folder, file)))].flatMap(({ data }) => {
      const { step, summary } = decodeEvent(data);
      return (summary?.value ?? []).map(({ tag, simpleValue, histo }): [number, string, string] => [
        Number(step ?? 0),
        String(tag),
        histo ? 'histogram' : simpleValue === undefined ? 'text' : String(simpleValue),
      ]);
    }),
  );
}

function begin(
  options: Partial<TensorboardOptions> = {},
  training: Partial<Training> = {},
  state?: CallbackState,
) {
  const callback = tensorboard({ folder, histogramEvery: Infinity, ...options });
  const fake = fakeTraining(training);
  if (state) callback.restore?.(state);
  callback.onTrainBegin?.(fake.training);
  const log = (step: number, value: number) =>
    callback.onLog?.(fake.at(step), [{ tag: 'train/loss', value }]);
  const stateNow = () => structuredClone(callback.state?.() ?? {});
  return { callback, log, stateNow, ...fake };
}

it('writes numbers, distributions and texts under the step', () => {
  const { callback, at } = begin();
  callback.onLog?.(at(3), [
    { tag: 'train/loss', value: 0.5 },
    { tag: 'weights/w', value: Float32Array.of(1, 2) },
    { tag: 'note', value: 'hello' },
  ]);
  callback.dispose?.();
  expect(events()).toEqual([
    [3, 'train/loss', '0.5'],
    [3, 'weights/w', 'histogram'],
    [3, 'note', 'text'],
  ]);
});

it('drops what was logged after the checkpoint that it goes on from', () => {
  const first = begin();
  void first.log(1, 1);
  const state = first.stateNow();
  void first.log(2, 2);
  first.callback.dispose?.();
  const second = begin({}, {}, state);
  void second.log(2, 4);
  second.callback.dispose?.();
  expect(events()).toEqual([
    [1, 'train/loss', '1'],
    [2, 'train/loss', '4'],
  ]);
});

it('drops everything when the run starts from the beginning', () => {
  const first = begin();
  void first.log(1, 1);
  first.callback.dispose?.();
  const second = begin();
  void second.log(1, 2);
  second.callback.dispose?.();
  expect(events()).toEqual([[1, 'train/loss', '2']]);
});

it('logs the config once, as a Markdown code block', () => {
  const first = begin({ config: { seed: 1 } });
  expect(first.logs).toEqual([['config', '    {\n      "seed": 1\n    }']]);
  const state = first.stateNow();
  first.callback.dispose?.();
  const second = begin({ config: { seed: 1 } }, {}, state);
  expect(second.logs).toEqual([]);
  second.callback.dispose?.();
});

it('logs the speed over ten steps', () => {
  let time = 0;
  const { callback, at, logs } = begin({ now: () => time });
  for (let step = 1; step <= 25; step++) {
    time += step <= 10 ? 500 : 100;
    void callback.onStepEnd?.(at(step));
  }
  callback.dispose?.();
  expect(logs).toEqual([
    ['train/steps-per-second', 2],
    ['train/steps-per-second', 10],
  ]);
});

it('logs the weights at its cadence, once per epoch by default', () => {
  const weights = Float32Array.of(1);
  const parameters = { list: [{ path: 'a/kernel', weights }] } as unknown as Training['parameters'];
  const stepsWithHistogram = (histogramEvery?: number) => {
    const { callback, at, logs } = begin({ histogramEvery }, { parameters });
    const steps = [1, 2, 3, 4, 5].filter((step) => {
      const before = logs.length;
      void callback.onStepEnd?.(at(step));
      return logs.length > before;
    });
    callback.dispose?.();
    return steps;
  };
  expect(stepsWithHistogram(2)).toEqual([2, 4]);
  expect(stepsWithHistogram(undefined)).toEqual([5]);
});

it('goes on in a new file after a resume, and notes from which step on', () => {
  const first = begin();
  void first.log(1, 1);
  const state = first.stateNow();
  const names = fs.readdirSync(folder);
  first.callback.dispose?.();
  const second = begin({}, { step: 1 }, state);
  void second.log(2, 2);
  expect(second.stateNow()).toEqual({
    values: { files: expect.objectContaining({ [names[0]!]: expect.any(Number) }) },
  });
  second.callback.dispose?.();
  const later = fs.readdirSync(folder).filter((name) => !names.includes(name));
  expect([names.length, later.length]).toEqual([1, 1]);
  const [, start] = [...readRecords(fs.readFileSync(path.join(folder, later[0]!)))];
  expect(decodeEvent(start!.data)).toMatchObject({ step: 2, sessionLog: { status: 1 } });
});

it('tells the HParams dashboard of the run, once', () => {
  const hparams = { learningRate: 1e-3, method: 'qat', bits: [7, 4], level: undefined };
  const first = begin({ hparams });
  const state = first.stateNow();
  first.callback.dispose?.();
  begin({ hparams }, {}, state).callback.dispose?.();
  const tags = events().map(([, tag]) => tag);
  expect(tags).toEqual(['_hparams_/session_start_info']);
  const all = Buffer.concat(fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name))));
  const shown = ['learningRate', 'method', 'qat', 'bits', '7 4', 'level'].map((text) => all.includes(text));
  expect(shown).toEqual([true, true, true, true, true, false]);
});
