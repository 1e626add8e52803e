import * as fs from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { weightsOf } from '../../../lib/core/weights';
import { fractionOfOriginal, fractionOfRemaining } from '../../../lib/pruning/rewind';
import { lotteryTicket, LotteryTicketOptions } from '../../../trainers/recipes/lottery-ticket';
import { lateResetting, learningRateRewinding, resetWeights } from '../../../trainers/recipes/rewinding';
import { smallSetup, temporaryFolder } from './small-setup';
import { HIDDEN, masked, tracer, zeros } from './tracer';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

async function watched(options: Partial<LotteryTicketOptions> = {}) {
  const { listener, ...seen } = tracer();
  const outcomes = await lotteryTicket({
    ...{ setup: smallSetup(), folder, seeds: [1], levels: 2, sparsity: fractionOfRemaining(0.4) },
    ...{ head: 'rewound', listener, ...options },
  });
  const outcome = (method: string, level: number) =>
    outcomes.find((each) => each.method === method && each.level === level)!;
  return { outcomes, outcome, ...seen };
}

/** Of the setup's schedule: 12 steps, 2 of warm-up. */
const RATES = [0, 0.025, ...Array.from({ length: 10 }, (_, i) => (0.05 * (10 - i)) / 10)];
const rounded = (values: readonly number[]) => values.map((value) => Number(value.toFixed(12)));

it('by late resetting a ticket has the weights of the step, and the rest of its schedule', async () => {
  const { trace, outcome } = await watched({
    rewinding: lateResetting(3),
    controls: [2],
    controlsBy: ['shuffled', 'reinit'],
  });
  const [dense, ticket, shuffled] = [trace('dense', 0), trace('ticket', 2), trace('shuffled', 2)];
  expect(rounded(dense.rates)).toEqual(rounded(RATES));
  for (const { first, masks, rates } of [ticket, shuffled]) {
    expect(first).toEqual(masked(dense.steps[2]!, masks));
    expect(rates).toEqual(dense.rates.slice(3));
  }
  expect(outcome('ticket', 2)).toMatchObject({ steps: 9 });
  expect(outcome('ticket', 2).losses.map(({ step }) => step)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(trace('reinit', 2).rates).toEqual(dense.rates); // which has had none of the steps
  expect(outcome('reinit', 2)).toMatchObject({ steps: 12 });
});

it('weights that are reset have the whole schedule anew', async () => {
  const { trace, outcome } = await watched({ rewinding: resetWeights(3), levels: 1 });
  const { first, masks, rates } = trace('ticket', 1);
  expect(first).toEqual(masked(trace('dense', 0).steps[2]!, masks));
  expect(rates).toEqual(trace('dense', 0).rates);
  expect(outcome('ticket', 1).steps).toBe(12);
});

it('rewound to step 0 both are the same, to the bit', async () => {
  const { trace } = await watched({ rewinding: resetWeights(), levels: 1 });
  fs.rmSync(folder, { recursive: true });
  const late = await watched({ rewinding: lateResetting(0), levels: 1 });
  expect(late.trace('ticket', 1).steps).toEqual(trace('ticket', 1).steps);
});

it('under no masks late resetting is the dense training gone on with, but for the moments', async () => {
  const plain = {
    ...smallSetup(),
    optimizer: (await import('../../../trainers/optimizer')).sgd({ momentum: 0 }),
  };
  const { trace } = await watched({
    ...{ setup: plain, rewinding: lateResetting(5), levels: 1, sparsity: (level) => 1e-9 * level },
  });
  expect(trace('ticket', 1).steps).toEqual(trace('dense', 0).steps.slice(5));
});

it.each([0, 4])(
  'by rewinding the learning rate to step %i weights go on as they were trained',
  async (step) => {
    const { trace, outcome } = await watched({ rewinding: learningRateRewinding(step) });
    for (const level of [1, 2]) {
      const before = trace(level === 1 ? 'dense' : 'ticket', level - 1).steps.at(-1)!;
      const { first, masks, rates } = trace('ticket', level);
      expect(first).toEqual(masked(before, masks));
      expect(rates).toEqual(trace('dense', 0).rates.slice(step));
      expect(outcome('ticket', level).steps).toBe(12 - step);
    }
  },
);

it('the dense model is trained again beside it, as often, without masks', async () => {
  const options = { rewinding: learningRateRewinding(), controls: [2], controlsBy: ['dense-again'] as const };
  const { trace, outcomes } = await watched(options);
  expect(outcomes.map(({ method, level }) => `${method} ${level}`)).toEqual([
    ...['dense 0', 'ticket 1', 'ticket 2', 'dense-again 1', 'dense-again 2'],
  ]);
  expect(trace('dense-again', 1).first).toEqual(trace('dense', 0).steps.at(-1));
  expect(trace('dense-again', 2).first).toEqual(trace('dense-again', 1).steps.at(-1));
  expect(outcomes.at(-1)).toMatchObject({ sparsity: 0, steps: 12 });
  expect(trace('dense-again', 2).masks).toEqual({});
});

it('where weights and schedule are rewound, that is the dense training from the step on, but for the moments', async () => {
  const options = {
    rewinding: lateResetting(3),
    levels: 1,
    controls: [1],
    controlsBy: ['dense-again'] as const,
  };
  const { trace, outcome } = await watched(options);
  expect(trace('dense-again', 1).first).toEqual(trace('dense', 0).steps[2]);
  expect(outcome('dense-again', 1)).toMatchObject({ sparsity: 0, steps: 9 });
  expect(trace('dense-again', 1).steps).not.toEqual(trace('dense', 0).steps.slice(3));
});

it('random masks have the sparsity of the ticket in all, and shuffled ones in every layer', async () => {
  const { trace } = await watched({ controls: [2], controlsBy: ['random', 'shuffled'] });
  const counts = (method: string) => HIDDEN.map((path) => zeros(trace(method, 2).masks[path]!));
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  expect(counts('shuffled')).toEqual(counts('ticket'));
  expect(sum(counts('random'))).toBe(sum(counts('ticket')));
  expect(counts('random')).not.toEqual(counts('ticket'));
});

it('one level is one-shot pruning, by either spelling of the rate', async () => {
  const { outcomes, trace } = await watched({ levels: 1, sparsity: fractionOfRemaining(0.9) });
  expect(outcomes.map(({ sparsity }) => sparsity)).toEqual([0, 0.9]);
  fs.rmSync(folder, { recursive: true });
  const original = await watched({ levels: 1, sparsity: fractionOfOriginal(0.9) });
  expect(original.trace('ticket', 1).steps).toEqual(trace('ticket', 1).steps);
});

it("step 0 is what the setup's model begins with: pretrained weights, and the classifier of the seed", async () => {
  const small = smallSetup();
  const pretrained = async (seed: number): Promise<tf.LayersModel> => {
    const [model, source] = [await small.model(seed), await small.model(99)];
    const known = new Map(weightsOf(source).map(({ path, variable }) => [path, variable]));
    for (const { path, variable } of weightsOf(model)) {
      if (!path.startsWith('output')) variable.assign(known.get(path)!);
    }
    source.dispose();
    return model;
  };
  const { trace } = await watched({ setup: { ...small, model: pretrained }, seeds: [1, 2], levels: 1 });
  const [one, two] = [trace('ticket', 1, 1), trace('ticket', 1, 2)];
  const weights = async (seed: number) => {
    const model = await small.model(seed);
    const values = weightsOf(model).map(({ path, variable }) => [path, [...variable.dataSync()]] as const);
    model.dispose();
    return Object.fromEntries(values);
  };
  const body = await weights(99);
  for (const { first, masks, label } of [one, two]) {
    for (const path of HIDDEN) expect(first[path]).toEqual(masked(body, masks)[path]);
    expect(first['output/kernel']).toEqual((await weights(label.seed))['output/kernel']);
  }
});

describe('an early bird', () => {
  const bird = { every: 1, window: 2, threshold: 0.3 };

  it('ends a dense training of its own, which tickets are drawn from; scores stay beside the whole one', async () => {
    const { outcomes, outcome, trace } = await watched({
      earlyBird: bird,
      rewinding: learningRateRewinding(),
    });
    expect(outcomes.map(({ method, level }) => `${method} ${level}`)).toEqual([
      ...['dense 0', 'early-bird 0', 'ticket 1', 'ticket 2'],
    ]);
    const { steps } = outcome('early-bird', 0);
    expect(steps).toBeGreaterThanOrEqual(3);
    expect(steps).toBeLessThan(12);
    expect(trace('early-bird', 0).steps).toEqual(trace('dense', 0).steps.slice(0, steps));
    const { first, masks } = trace('ticket', 1);
    expect(first).toEqual(masked(trace('early-bird', 0).steps.at(-1)!, masks));
    expect(outcome('ticket', 1).sparsity).toBe(0.4);
  });

  it('and where masks never settle, it is the whole training', async () => {
    const { outcome, trace } = await watched({ earlyBird: { ...bird, window: 11, threshold: 1e-6 } });
    expect(outcome('early-bird', 0).steps).toBe(12);
    expect(trace('early-bird', 0).steps).toEqual(trace('dense', 0).steps);
  });
});
