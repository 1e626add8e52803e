import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { maskSet, MaskSet } from '../../../lib/pruning/mask';
import { loadMasks, saveMasks } from '../../../lib/pruning/mask-file';
import { fractionOfRemaining } from '../../../lib/pruning/rewind';
import { lotteryTicket } from '../../../trainers/recipes/lottery-ticket';
import { readTicket } from '../../../trainers/recipes/read-ticket';
import { learningRateRewinding } from '../../../trainers/recipes/rewinding';
import type { Setup } from '../../../trainers/recipes/setup';
import { transferTicket, TransferTicketOptions } from '../../../trainers/recipes/transfer-ticket';
import { smallSetup, temporaryFolder, withoutSeconds } from './small-setup';
import { firstWeights, HIDDEN, masked, tracer, zeros } from './tracer';

let folder: string;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => fs.rmSync(folder, { recursive: true }));

const at = (...names: string[]) => path.join(folder, ...names);

/** The same model on data in another order, for half as long: another task. */
const other = (): Setup => ({ ...smallSetup(), data: () => smallSetup().data(2), epochs: 1 });

async function foundTicket(): Promise<MaskSet> {
  await lotteryTicket({
    ...{ setup: smallSetup(), folder: at('source'), seeds: [1], levels: 1, head: 'rewound' as const },
    sparsity: fractionOfRemaining(0.4),
  });
  return readTicket(at('source', 'seed-1', 'ticket-1'));
}

async function watched(options: Partial<TransferTicketOptions> & Pick<TransferTicketOptions, 'masks'>) {
  const { listener, ...seen } = tracer();
  const outcomes = await transferTicket({
    ...{ setup: other(), folder: at('target'), seeds: [1], head: 'rewound', listener, ...options },
  });
  return { outcomes, ...seen };
}

it('a ticket of one task is read, saved, and trained on another, with its controls', async () => {
  const found = await foundTicket();
  saveMasks(at('ticket.safetensors'), found);
  expect(loadMasks(at('ticket.safetensors'))).toEqual(found);
  expect(readTicket(at('ticket.safetensors'))).toEqual(found);

  const { outcomes, trace } = await watched({ masks: () => readTicket(at('ticket.safetensors')) });
  expect(outcomes.map(({ method, level, sparsity }) => [method, level, sparsity])).toEqual([
    ['dense', 0, 0],
    ['ticket', 1, 0.4],
    ['shuffled', 1, 0.4],
    ['reinit', 1, 0.4],
  ]);
  const { first, masks, steps } = trace('ticket', 1);
  expect(masks).toEqual(Object.fromEntries([...found].map(([name, mask]) => [name, [...mask]])));
  expect(first).toEqual(masked(await firstWeights(1), masks));
  expect(steps.at(-1)).toEqual(masked(steps.at(-1)!, masks));
  for (const name of HIDDEN) {
    expect(zeros(trace('shuffled', 1).masks[name]!)).toBe(zeros(masks[name]!));
  }
  const tensors = tf.memory().numTensors;
  const again = await watched({ masks: () => found });
  expect(again.traces).toEqual([]); // found finished
  expect(withoutSeconds(again.outcomes)).toEqual(withoutSeconds(outcomes));
  expect(tf.memory().numTensors).toBe(tensors);
});

it('begins with what the dense model of its own task has learned, where that is asked for', async () => {
  const half = maskSet([['hidden/1/kernel', Uint8Array.from({ length: 100 }, (_, i) => i % 2)]]);
  const { trace } = await watched({ masks: () => half, rewinding: learningRateRewinding(), controlsBy: [] });
  const { first, masks } = trace('ticket', 1);
  expect(first).toEqual(masked(trace('dense', 0).steps.at(-1)!, masks));
  expect(Object.keys(masks)).toEqual(['hidden/1/kernel']);
});

it('refuses another ticket in the same folder', async () => {
  const masks = (keep: number) => maskSet([['hidden/1/kernel', new Uint8Array(100).fill(1).fill(0, keep)]]);
  await watched({ masks: () => masks(50), controlsBy: [] });
  await expect(watched({ masks: () => masks(51), controlsBy: [] })).rejects.toThrow(
    'to be of the same training',
  );
});

it.each<[string, () => MaskSet, string]>([
  [
    'a path of another model',
    () => maskSet([['hidden/2/kernel', new Uint8Array(100)]]),
    'got one of "hidden/2/kernel"',
  ],
  ['another size', () => maskSet([['hidden/1/kernel', new Uint8Array(3)]]), '100'],
  ['no masks', () => new Map(), 'masks of a ticket for seed 1, got none'],
  [
    'latent masks',
    () => maskSet([['hidden/1/kernel', new Uint8Array(100)]], ['hidden/1/kernel']),
    'hard masks of a ticket, got latent ones',
  ],
])('refuses %s before anything is trained', async (_, masks, message) => {
  await expect(watched({ masks })).rejects.toThrow(message);
  expect(fs.existsSync(at('target'))).toBe(false);
});

it('says what is no ticket', () => {
  expect(() => readTicket(at('nothing'))).toThrow(
    `Expected a ticket at ${at('nothing')}, found nothing there.`,
  );
  expect(() => readTicket(folder)).toThrow('to be the folder of a ticket, such as <run>/seed-0/ticket-1');
});
