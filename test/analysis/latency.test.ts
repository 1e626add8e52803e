import * as tf from '@tensorflow/tfjs';
import {
  convert,
  hostTensor,
  measureLatency,
  mlp,
  outputNoise,
  prepare,
  search,
  sensitivity,
  staticInt8,
  weightOnly,
  withLatency,
} from '../../index';
import { inTurns } from '../../lib/analysis/latency';
import { expectNoLeak } from '../leaks';
import { scopeEachTest } from '../scope';

scopeEachTest();

const model = () => mlp({ inputSize: 4, hiddenSizes: [6], outputSize: 3, seed: 1 });
const batch = [
  hostTensor(
    Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)),
    [8, 4],
  ),
];
const schemes = { float: 'skip', int8: staticInt8(), w8: weightOnly() } as const;

/** Takes turns with others, and says when. */
const told = (name: string, turns: string[]) => ({
  run: async () => {
    turns.push(name);
    return batch[0]!;
  },
});

describe('measureLatency', () => {
  test('of a model and a compressed one', async () => {
    const floats = model();
    const prepared = prepare(floats, weightOnly());
    const compressed = convert(prepared);
    prepared.detach();
    const times = await measureLatency([floats, compressed], batch, { runs: 3, threads: 1 });
    expect(times).toHaveLength(2);
    expect(times.every((time) => time > 0 && time < 1000)).toBe(true);
  });

  test('models take turns, after a run of each that does not count', async () => {
    const turns: string[] = [];
    await inTurns([told('a', turns), told('b', turns)], batch, { runs: 2 });
    expect(turns).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  });

  test('short runs go on', async () => {
    const turns: string[] = [];
    const [times] = await inTurns([told('a', turns)], batch, { runs: 1, seconds: 0.02 });
    expect(times!.length).toBeGreaterThan(1);
    await expect(inTurns([], batch, { seconds: NaN })).rejects.toThrow('Expected seconds to measure');
  });

  test.each([0, 1.5, NaN])('refuses %d runs', async (runs) => {
    await expect(measureLatency([model()], batch, { runs })).rejects.toThrow('Expected at least one run');
  });
});

describe('withLatency', () => {
  const tableOf = (subject: tf.LayersModel) =>
    sensitivity(subject, { schemes, measure: outputNoise({ data: [batch] }), calibration: [batch] });
  const options = { schemes, batch, runs: 3, threads: 1 };

  test('gives each row what its choice adds, to be searched by', async () => {
    const subject = model();
    const table = await tableOf(subject);
    const timed = await withLatency(table, subject, options);
    expect(timed.rows).toEqual(table.rows.map((row) => ({ ...row, latencyMs: expect.any(Number) })));
    const added = timed.rows.map(({ latencyMs }) => latencyMs!);
    expect(added.every(Number.isFinite)).toBe(true);
    expect(
      timed.rows.filter(({ choice }) => choice === 'float').every(({ latencyMs }) => latencyMs === 0),
    ).toBe(true);
    expect(new Set(added).size).toBeGreaterThan(2); // measured, one by one
    const { latencyMs, loss } = search(timed, { latencyMs: Infinity });
    expect([latencyMs, loss]).toEqual([timed.latencyMs, 0]);
    expect(() => search(timed, { latencyMs: -1000 })).toThrow('Expected a budget of at least');
  });

  test('of choices that are all floats', async () => {
    const subject = model();
    const table = await sensitivity(subject, {
      schemes: { float: 'skip' },
      measure: outputNoise({ data: [batch] }),
    });
    const timed = await withLatency(table, subject, options);
    expect(timed.latencyMs).toBeGreaterThan(0);
  });

  test('leaves nothing behind', async () => {
    const subject = model();
    const table = await tableOf(subject);
    await expectNoLeak(async () => void (await withLatency(table, subject, options)));
    expect(() => prepare(subject, weightOnly()).detach()).not.toThrow();
  });
});
