import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { fractionOfOriginal, fractionOfRemaining } from '../../../lib/pruning/rewind';
import { compressedOf } from '../../../lib/compress/compressed';
import { defaultTargets } from '../../../lib/pruning/targets';
import type { Callback } from '../../../trainers/callback';
import { lotteryTicket, LotteryTicketOptions } from '../../../trainers/recipes/lottery-ticket';
import { learningRateRewinding, resetWeights } from '../../../trainers/recipes/rewinding';
import type { Label } from '../../../trainers/recipes/setup';
import { smallSetup, temporaryFolder, withoutSeconds } from './small-setup';
import { firstWeights, HIDDEN, masked, tracer, zeros } from './tracer';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

/** Runs the recipe and watches the weights of every training. */
async function watched(options: Partial<LotteryTicketOptions> = {}) {
  const { listener, ...seen } = tracer();
  const outcomes = await lotteryTicket({
    setup: smallSetup(),
    folder,
    seeds: [1],
    levels: 2,
    sparsity: fractionOfRemaining(0.4),
    head: 'rewound',
    listener,
    ...options,
  });
  return { outcomes, ...seen };
}

it('prunes level by level, counted on the weights, with controls where they are asked for', async () => {
  const { outcomes } = await watched({ controls: [2] });
  expect(outcomes.map(({ method, level }) => `${method} ${level}`)).toEqual([
    'dense 0',
    'ticket 1',
    'ticket 2',
    'shuffled 2',
    'reinit 2',
  ]);
  const levels = [0, 64 / 160, 102 / 160, 102 / 160, 102 / 160]; // round(0.4 · 160), round(0.64 · 160)
  expect(outcomes.map(({ sparsity }) => sparsity)).toEqual(levels);
  expect(outcomes[2]).toMatchObject({ seed: 1, steps: 12, parameters: 202, bytes: 4 * 202 });
  expect(outcomes[2]!.metrics).toEqual({ loss: expect.any(Number), accuracy: expect.any(Number) });
  expect(outcomes[2]!.losses).toHaveLength(12);
});

it('logs the sparsity of masks, in all and by layer, once', async () => {
  const logged: string[] = [];
  const watch = ({ method, level }: Label): Callback => ({
    name: 'watch',
    onLog: (training, entries) =>
      entries
        .filter(({ tag }) => tag.startsWith('sparsity/'))
        .forEach(({ tag, value }) =>
          logged.push(`${method} ${level} at ${training.step}: ${tag} ${Number(value)}`),
        ),
  });
  await watched({ levels: 1, listener: { callbacks: (label) => [watch(label)] } });
  expect(logged).toEqual([
    'dense 0 at 0: sparsity/total 0',
    'ticket 1 at 0: sparsity/total 0.4',
    expect.stringMatching(/^ticket 1 at 0: sparsity\/hidden\/0\/kernel 0\.\d+$/),
    expect.stringMatching(/^ticket 1 at 0: sparsity\/hidden\/1\/kernel 0\.\d+$/),
  ]);
});

it('spells "of original" as well', async () => {
  const { outcomes } = await watched({ sparsity: fractionOfOriginal(0.1) });
  expect(outcomes.map(({ sparsity }) => sparsity)).toEqual([0, 0.1, 0.2]);
});

it('rewinds to the very bits of the first weights, under masks that only grow', async () => {
  const { trace } = await watched();
  const first = await firstWeights(1);
  expect(trace('dense', 0).first).toEqual(first);
  const [one, two] = [trace('ticket', 1), trace('ticket', 2)];
  expect(one.first).toEqual(masked(first, one.masks));
  expect(two.first).toEqual(masked(first, two.masks));
  for (const path of HIDDEN) {
    expect(one.masks[path]!.every((keep, i) => keep >= two.masks[path]![i]!)).toBe(true);
  }
});

it('prunes the trained weights of smallest magnitude, over all targets, and trains only what is left', async () => {
  const { trace } = await watched();
  const trained = trace('dense', 0).steps.at(-1)!;
  const magnitudes = HIDDEN.flatMap((path) => trained[path]!.map(Math.abs));
  const threshold = [...magnitudes].sort((a, b) => a - b)[63]!;
  const { masks, steps } = trace('ticket', 1);
  expect(HIDDEN.flatMap((path) => masks[path]!)).toEqual(
    magnitudes.map((value) => Number(value > threshold)),
  );
  for (const weights of steps) expect(weights).toEqual(masked(weights, masks));
  expect(Object.keys(masks)).toEqual(HIDDEN);
});

it('rewinds to a later step of the dense training where asked', async () => {
  const { trace } = await watched({ rewinding: resetWeights(3), controls: [1] });
  const { masks, first } = trace('ticket', 1);
  expect(first).toEqual(masked(trace('dense', 0).steps[2]!, masks));
  expect(trace('shuffled', 1).first).toEqual(masked(trace('dense', 0).steps[2]!, trace('shuffled', 1).masks));
});

it('leaves the classifier as it was trained where asked', async () => {
  const { trace } = await watched({ head: 'kept', rewinding: resetWeights(3) });
  for (const level of [1, 2]) {
    const before = trace(level === 1 ? 'dense' : 'ticket', level - 1).steps.at(-1)!;
    expect(trace('ticket', level).first['output/kernel']).toEqual(before['output/kernel']);
    expect(trace('ticket', level).first['output/bias']).toEqual(before['output/bias']);
    expect(trace('ticket', level).first['hidden/0/bias']).toEqual(
      trace('dense', 0).steps[2]!['hidden/0/bias'],
    );
  }
});

it('controls: masks shuffled inside of layers, and the same masks on another initialization', async () => {
  const { trace } = await watched({ controls: [1, 2] });
  const first = await firstWeights(1);
  for (const level of [1, 2]) {
    const [ticket, shuffled, reinit] = ['ticket', 'shuffled', 'reinit'].map((method) => trace(method, level));
    for (const path of HIDDEN) {
      expect(zeros(shuffled!.masks[path]!)).toBe(zeros(ticket!.masks[path]!));
      expect(shuffled!.masks[path]).not.toEqual(ticket!.masks[path]);
    }
    expect(shuffled!.first).toEqual(masked(first, shuffled!.masks));
    expect(reinit!.masks).toEqual(ticket!.masks);
    for (const path of HIDDEN) expect(reinit!.first[path]).not.toEqual(ticket!.first[path]);
    expect(reinit!.first).toEqual(masked(reinit!.first, ticket!.masks));
  }
});

it('re-initializes from the given factory', async () => {
  const setup = smallSetup();
  const seeds: number[] = [];
  const { trace } = await watched({
    controls: [1],
    reinitialized: async (seed) => {
      seeds.push(seed);
      return setup.model(1); // the first weights themselves
    },
  });
  expect(seeds).toHaveLength(1);
  expect(trace('reinit', 1).first).toEqual(trace('ticket', 1).first);
});

it('gives each seed its own chain, the same whether other seeds run or not', async () => {
  const both = await watched({ seeds: [1, 2] });
  expect(both.trace('dense', 0, 2).first).toEqual(await firstWeights(2));
  expect(both.trace('ticket', 1, 2).masks).not.toEqual(both.trace('ticket', 1, 1).masks);
  fs.rmSync(folder, { recursive: true });
  const alone = await watched({ seeds: [2] });
  expect(withoutSeconds(alone.outcomes)).toEqual(withoutSeconds(both.outcomes.slice(3)));
});

it('never trains a finished level again', async () => {
  const { outcomes } = await watched({ controls: [1] });
  const { engine, ...setup } = smallSetup();
  const noEngine = Object.assign(() => Promise.reject(new Error('an engine was made')), {
    config: engine.config, // by which it is known
  });
  const reused: boolean[] = [];
  const again = await lotteryTicket({
    setup: { ...setup, engine: noEngine },
    folder,
    seeds: [1],
    levels: 2,
    sparsity: fractionOfRemaining(0.4),
    head: 'rewound',
    controls: [1],
    listener: { onOutcome: (_, __, found) => reused.push(found) },
  });
  expect(again).toEqual(outcomes);
  expect(reused).toEqual([true, true, true, true, true]);
});

it('goes on from a finished run with more levels, and trains nothing again', async () => {
  await watched({ controls: [2] });
  const { outcomes, traces } = await watched({ levels: 3, controls: [3] });
  expect(traces.map(({ label }) => `${label.method} ${label.level}`)).toEqual([
    ...['ticket 3', 'shuffled 3', 'reinit 3'],
  ]);
  fs.rmSync(folder, { recursive: true });
  const whole = await watched({ levels: 3, controls: [3] });
  expect(withoutSeconds(outcomes)).toEqual(withoutSeconds(whole.outcomes));
});

it('trains only what is missing', async () => {
  const { outcomes } = await watched();
  fs.rmSync(path.join(folder, 'seed-1', 'ticket-2'), { recursive: true });
  const again = await watched();
  expect(again.traces.map(({ label }) => `${label.method} ${label.level}`)).toEqual(['ticket 2']);
  expect(withoutSeconds(again.outcomes)).toEqual(withoutSeconds(outcomes));
});

it.each(['dense/state.safetensors', 'dense/step-2.safetensors'])(
  'refuses a flipped bit in %s, and says how to have it made again',
  async (name) => {
    const options = { rewinding: resetWeights(2), head: 'kept' as const };
    const { outcomes } = await watched(options);
    const file = path.join(folder, 'seed-1', name);
    const bytes = fs.readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    fs.writeFileSync(file, bytes);
    fs.rmSync(path.join(folder, 'seed-1', 'ticket-1'), { recursive: true });
    await expect(watched(options)).rejects.toThrow(
      `${file} has other bytes than were written; delete ${path.dirname(file)}, which makes`,
    );
    fs.rmSync(path.dirname(file), { recursive: true });
    expect(withoutSeconds((await watched(options)).outcomes)).toEqual(withoutSeconds(outcomes));
  },
);

it('says where a dense training did not keep the step that is asked for', async () => {
  await watched({ levels: 0 });
  await expect(watched({ rewinding: resetWeights(2) })).rejects.toThrow(
    'the training there did not keep it: it was begun to be rewound to another step',
  );
});

it('hands every trained model over, with what came of it, before that is told', async () => {
  const told: string[] = [];
  const [zeros, sparsities]: [number[], number[]] = [[], []];
  const { outcomes } = await watched({
    controls: [2],
    listener: {
      onTrained(model, { method, level = 0 }, { sparsity }) {
        told.push(`trained ${method} ${level}`);
        const targets = defaultTargets(compressedOf(model).model).flatMap(({ variable }) => [
          ...variable.dataSync(),
        ]);
        zeros.push(targets.filter((weight) => weight === 0).length / targets.length);
        sparsities.push(sparsity);
      },
      onOutcome: (_, { method, level = 0 }) => told.push(`outcome ${method} ${level}`),
    },
  });
  const names = outcomes.map(({ method, level }) => `${method} ${level}`);
  expect(told).toEqual(names.flatMap((name) => [`trained ${name}`, `outcome ${name}`]));
  expect(sparsities).toEqual(outcomes.map(({ sparsity }) => sparsity));
  zeros.forEach((share, i) => expect(share).toBeCloseTo(sparsities[i]!, 12));
});

it.each([0, 5])(
  'broken off in a level after %i more steps, it ends with the same outcomes',
  async (steps) => {
    const options = { controls: [2], rewinding: resetWeights(2), head: 'kept' as const };
    const { outcomes } = await watched(options);
    for (const method of ['dense 0', 'ticket 2', 'reinit 2']) {
      fs.rmSync(folder, { recursive: true });
      const breakOff = (label: Label): Callback => ({
        name: 'watch',
        onStepEnd(training) {
          if (`${label.method} ${label.level}` === method && training.step > steps)
            training.interrupt('a test');
        },
      });
      const listener = { callbacks: (label: Label) => [breakOff(label)] };
      await expect(watched({ ...options, listener })).rejects.toThrow('Stopped by a test');
      expect(withoutSeconds((await watched(options)).outcomes)).toEqual(withoutSeconds(outcomes));
    }
  },
);

it('leaves no checkpoints of what is finished, and no tensors', async () => {
  const before = tf.memory().numTensors;
  await watched({ controls: [1] });
  expect(tf.memory().numTensors).toBe(before);
  const files = fs.readdirSync(folder, { recursive: true }) as string[];
  expect(files.filter((file) => file.includes('checkpoints'))).toEqual([]);
});

it.each<[Partial<LotteryTicketOptions>, string]>([
  [{ levels: 1.5 }, 'levels of a lottery ticket'],
  [{ seeds: [] }, 'at least one, got none'],
  [{ seeds: [1, 1] }, 'different seeds'],
  [{ sparsity: fractionOfOriginal(0.5) }, 'got 1 at level 2'],
  [{ sparsity: () => 0.5 }, 'got 0.5 at level 2 after 0.5'],
  [{ controls: [3] }, 'controls at levels 1 to 2, got 3'],
  [
    { controls: [1], controlsBy: ['reinit', 'reinit'] },
    'each control once, of random, shuffled, reinit, dense-again, got reinit, reinit',
  ],
  [{ controls: [1], controlsBy: ['shufled' as 'shuffled'] }, 'dense-again, got shufled'],
  [{ head: 'kep' as 'kept' }, 'Expected `head` to be rewound or kept, got "kep"'],
  [{ earlyBird: { every: 3 } }, 'at least 6 masks of an early bird in the 12 steps of the training, got 4'],
  [{ controls: [1], controlsBy: ['dense-again'] }, 'the dense model itself'],
  [{ earlyBird: { threshold: 0.8 } }, 'above 0 and below 0.8, which is how far masks of sparsity 0.4'],
  [{ earlyBird: { every: 0 } }, 'every as a whole number of at least 1'],
  [{ rewinding: learningRateRewinding(12) }, 'rewind to below the 12 steps of a training, got 12'],
  [{ rewinding: resetWeights(12) }, 'rewind to below the 12 steps of a training, got 12'],
])('refuses %j', async (options, message) => {
  await expect(watched(options)).rejects.toThrow(message);
});
