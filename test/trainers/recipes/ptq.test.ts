import * as fs from 'node:fs';
import * as path from 'node:path';
import { compressedOf } from '../../../lib/compress/compressed';
import { dynamicInt8, staticInt8, weightOnly } from '../../../lib/compress/scheme';
import { perChannelGroup, perTensor } from '../../../lib/quantization/granularity';
import { minMax } from '../../../lib/quantization/observers/min-max';
import { int4, ternary } from '../../../lib/quantization/spec';
import { ptq, PtqMethod, PtqOptions } from '../../../trainers/recipes/ptq';
import { smallSetup, temporaryFolder, withoutSeconds } from './small-setup';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const methods: readonly PtqMethod[] = [
  { name: 'dynamic', rules: dynamicInt8() },
  { name: 'static', rules: staticInt8({ input: () => minMax() }), repair: ['equalize', 'bias-correction'] },
  { name: 'weight-only', rules: weightOnly(int4(perChannelGroup(16))), repair: ['gptq'] },
];

const quantize = (options: Partial<PtqOptions> = {}) =>
  ptq({ setup: smallSetup(), folder, seed: 1, methods, ...options });

it('quantizes the model that was trained in every way, and hands over its codes', async () => {
  const handed: [string, number][] = [];
  const outcomes = await quantize({
    listener: {
      onTrained: (trained, { method }) => void handed.push([method, compressedOf(trained).weights.size]),
    },
  });
  expect(outcomes.map(({ method, bits, steps }) => [method, bits, steps])).toEqual([
    ['dense', undefined, 12],
    ['dynamic', 7, 0],
    ['static', 7, 0],
    ['weight-only', 4, 0],
  ]);
  expect(handed).toEqual([
    ['dense', 0],
    ['dynamic', 3],
    ['static', 3],
    ['weight-only', 3],
  ]);
  const [dense, ...others] = outcomes;
  others.forEach(({ metrics, bytes }) => {
    expect(metrics.accuracy).toBeGreaterThan(dense!.metrics.accuracy! - 0.1);
    expect(bytes).toBeLessThan(dense!.bytes / 2);
  });
});

it('goes on after the rows that are there, with the same outcomes', async () => {
  const whole = await quantize();
  for (const name of ['static', 'weight-only']) {
    fs.rmSync(path.join(folder, 'seed-1', name), { recursive: true, force: true });
  }
  const reused: string[] = [];
  const again = await quantize({
    listener: { onOutcome: ({ method }, _, isReused) => void (isReused && reused.push(method)) },
  });
  expect(reused).toEqual(['dense', 'dynamic']);
  expect(withoutSeconds(again)).toEqual(withoutSeconds(whole));
});

it('takes a model as it is where there are no epochs', async () => {
  const [dense, dynamic] = await quantize({ setup: { ...smallSetup(), epochs: 0 } });
  expect(dense).toMatchObject({ method: 'dense', steps: 0, losses: [] });
  expect(dynamic!.metrics.loss).toBeCloseTo(dense!.metrics.loss!, 1);
});

it('refuses two methods of one name', async () => {
  await expect(quantize({ methods: [methods[0]!, methods[0]!] })).rejects.toThrow(
    'Expected methods with names of their own',
  );
});

it('refuses rules that do not fit before anything is trained', async () => {
  const wrong = [{ name: 'wrong', rules: [{ match: 'nowhere', use: 'skip' as const }] }];
  await expect(quantize({ methods: wrong })).rejects.toThrow('Expected the rule "nowhere" to match a layer');
  expect(fs.readdirSync(folder)).toEqual([]);
});

it('says loudly what costs too much, with the layers to leave in floats', async () => {
  const notices: string[] = [];
  const crude = [{ name: 'crude', rules: weightOnly(ternary(perTensor())) }];
  const listener = { onNotice: (notice: string) => void notices.push(notice) };
  const [dense, row] = await quantize({ methods: crude, listener, allowedLoss: -1 });
  const [before, after] = [dense!, row!].map(({ metrics }) => metrics.accuracy!.toFixed(4));
  expect(notices).toHaveLength(1);
  expect(notices[0]).toMatch(
    new RegExp(
      `^crude: QUANTIZATION COSTS TOO MUCH: accuracy fell from ${before} to ${after}\\. The outputs suffer most from ` +
        '(hidden/0|hidden/1|output) \\(-?[\\d.]+ dB\\), ',
    ),
  );
  expect(await quantize({ methods: crude, listener, allowedLoss: 1 })).toHaveLength(2);
  expect(notices).toHaveLength(1);
});
