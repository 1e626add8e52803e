import * as ort from 'onnxruntime-node';
import type * as Probe from '../../lib/compile/probe';

/** A probe that has found out nothing yet. */
function fresh(): typeof Probe {
  let probe: typeof Probe | undefined;
  jest.isolateModules(() => {
    jest.doMock('onnxruntime-node', () => ort);
    probe = require('../../lib/compile/probe') as typeof Probe;
  });
  return probe!;
}

afterEach(() => jest.restoreAllMocks());

/** Every session's sums, as another processor would have computed them. */
function processor(compute: (true_: number) => number): void {
  const create = ort.InferenceSession.create.bind(ort.InferenceSession);
  jest.spyOn(ort.InferenceSession, 'create').mockImplementation(async (...args: unknown[]) => {
    const session = await create(args[0] as Uint8Array);
    const run = session.run.bind(session);
    jest.spyOn(session, 'run').mockImplementation(async (...feeds: unknown[]) => {
      const { o0 } = await run(feeds[0] as ort.InferenceSession.FeedsType);
      return { o0: new ort.Tensor('float32', (o0!.data as Float32Array).map(compute), o0!.dims) };
    });
    return session;
  });
}

const SUM = 255 * 127 * 511;
const TRUTHS = [SUM, -SUM, 255 * 127];
/** Sums of one probe: three columns of one row and of 33. */
const SUMS = 3 * 34;

test('finds this processor right or wrong by plain arithmetic on extreme codes', async () => {
  const seen: number[] = [];
  processor((value) => (seen.push(value), value));
  const path = await fresh().integerPath();
  const right = TRUTHS.every((value, column) => seen[column] === value);
  expect(path === 'int8').toBe(right);
  expect(seen).toHaveLength(right ? SUMS : 2 * SUMS);
});

test('finds a processor that computes true sums exact', async () => {
  let i = 0;
  processor(() => TRUTHS[i++ % 3]!);
  expect(await fresh().integerPath()).toBe('int8');
});

test('takes uint8 weights where only int8 ones saturate', async () => {
  let i = 0;
  processor(() => (i++ < SUMS ? 0 : TRUTHS[(i - 1) % 3]!));
  expect(await fresh().integerPath()).toBe('uint8');
});

test('finds a processor that saturates out', async () => {
  processor((value) => Math.sign(value) * Math.min(Math.abs(value), (32767 * 511) / 2));
  expect(await fresh().integerPath()).toBe('simulated');
});

test('is done once', async () => {
  const { integerPath } = fresh();
  const create = jest.spyOn(ort.InferenceSession, 'create');
  expect(integerPath()).toBe(integerPath());
  await integerPath();
  const calls = create.mock.calls.length;
  await integerPath();
  expect(create).toHaveBeenCalledTimes(calls);
});

test('is told in a sentence', () => {
  const { describeIntegerPath } = fresh();
  expect(describeIntegerPath('int8')).toMatch(/multiply integers.*exact/);
  expect(describeIntegerPath('uint8')).toMatch(/uint8 × uint8.*saturates/);
  expect(describeIntegerPath('simulated')).toMatch(/simulated in floats.*saturate/);
});
